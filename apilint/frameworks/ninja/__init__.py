"""Django Ninja: APIs, routers and operations, with `auth` at each of them. Its routes are Django's."""
