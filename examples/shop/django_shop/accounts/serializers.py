"""What of a customer goes out."""

from django.contrib.auth import get_user_model
from rest_framework import serializers


class CustomerSerializer(serializers.ModelSerializer):
    """All fields: the password hash too."""

    class Meta:
        model = get_user_model()
        fields = "__all__"


class ProfileSerializer(serializers.ModelSerializer):
    """Fine: says what it shows."""

    class Meta:
        model = get_user_model()
        fields = ["id", "username"]
