"""Addresses of orders."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from . import views

router = SimpleRouter()
router.register("", views.OrderViewSet, basename="order")

urlpatterns = [
    path("paid/", views.PaymentCallbackView.as_view()),
    path("", include(router.urls)),
]
