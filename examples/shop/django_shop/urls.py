"""All addresses."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("health", health),
    path("accounts/", include("django_shop.accounts.urls")),
    path("products/", include("django_shop.catalog.urls")),
    path("orders/", include("django_shop.orders.urls")),
]
