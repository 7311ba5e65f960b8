"""Products: anyone may look, staff may change."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import View
from rest_framework import permissions

from .models import Product


def product_list(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"products": list(Product.objects.values("id", "name"))})


def search(request: HttpRequest) -> JsonResponse:
    """Puts the caller's words into the statement."""
    words = request.GET.get("q", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM catalog_product WHERE name LIKE '%%%s%%'" % words)
        return JsonResponse({"products": cursor.fetchall()})


@login_required
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    Product.objects.filter(pk=pk).update(name=request.POST["name"])
    return HttpResponse(status=204)


class PriceView(View, LoginRequiredMixin):
    """Open: `View.dispatch` answers before the mixin is asked."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        Product.objects.filter(pk=pk).update(price_cents=request.POST["price_cents"])
        return HttpResponse(status=204)


class DeleteView(View):
    """Open: plain Django views have never heard of `permission_classes`."""

    permission_classes = [permissions.IsAdminUser]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        Product.objects.filter(pk=pk).delete()
        return HttpResponse(status=204)
