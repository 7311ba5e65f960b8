"""Django REST Framework: API views, their permissions, viewsets and routers. Its routes are Django's."""
