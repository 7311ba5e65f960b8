"""A guard above the decorator that registers the route -> right below the last of those."""

from apilint.fix.wrapping import below_routes as fix

SAFE = True

__all__ = ["SAFE", "fix"]
