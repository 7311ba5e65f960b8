"""Orders."""

import urllib.request

from rest_framework import permissions, serializers, status, viewsets
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Order


class IsCustomer(permissions.BasePermission):
    """A permission of our own, judged by what it does."""

    def has_permission(self, request, view):
        return bool(request.user and request.user.is_authenticated)


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["id", "product", "paid"]


class OrderViewSet(viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    permission_classes = [IsCustomer]

    def get_queryset(self):
        return Order.objects.filter(customer=self.request.user)


class PaymentCallbackView(APIView):
    """The provider tells us that an order is paid; so may anybody else, and if it fails nobody hears."""

    permission_classes = []

    def post(self, request):
        try:
            Order.objects.filter(pk=request.data["order"]).update(paid=True)
            urllib.request.urlopen("http://mail.shop-provider.com/send?order=" + str(int(request.data["order"])))
        except Exception:
            pass
        return Response(status=status.HTTP_204_NO_CONTENT)
