"""Customers."""

import logging

from django.contrib.auth import authenticate, get_user_model, login
from rest_framework import generics, permissions, viewsets
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.response import Response

from .serializers import CustomerSerializer, ProfileSerializer

logger = logging.getLogger(__name__)


class CustomerViewSet(viewsets.ModelViewSet):
    """Guarded as a whole, and one action opens itself again."""

    queryset = get_user_model().objects.all()
    serializer_class = CustomerSerializer
    permission_classes = [permissions.IsAdminUser]

    @action(detail=True, methods=["post"], permission_classes=[])
    def deactivate(self, request, pk=None):
        customer = self.get_object()
        customer.is_active = False
        customer.save()
        return Response(status=204)


class ProfileView(generics.RetrieveUpdateAPIView):
    """The forgotten one: without `permission_classes` the default counts, and the default is everybody."""

    queryset = get_user_model().objects.all()
    serializer_class = ProfileSerializer


@api_view(["POST"])
@permission_classes([permissions.AllowAny])
def sign_in(request):
    """Writes the password to the log."""
    password = request.data["password"]
    user = authenticate(request, username=request.data["username"], password=password)
    if user is None:
        logger.warning("failed login with password %s", password)
        return Response(status=401)
    login(request, user)
    return Response(status=204)
