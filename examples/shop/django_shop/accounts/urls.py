"""Addresses of customers."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from . import views

router = DefaultRouter()
router.register("customers", views.CustomerViewSet)

urlpatterns = [
    path("sign-in/", views.sign_in),
    path("profile/<int:pk>/", views.ProfileView.as_view()),
    *router.urls,
]
