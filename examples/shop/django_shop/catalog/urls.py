"""Addresses of products."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.product_list),
    path("search/", views.search),
    path("<int:pk>/rename/", views.rename),
    path("<int:pk>/price/", views.PriceView.as_view()),
    path("<int:pk>/delete/", views.DeleteView.as_view()),
]
