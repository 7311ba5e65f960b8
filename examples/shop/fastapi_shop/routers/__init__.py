"""The routers, one a resource."""
