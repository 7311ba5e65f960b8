"""A shop in Django and Django REST framework, with deliberate mistakes."""
