"""A route that anyone may call -> behind the guard that the routes beside it have."""

from apilint.fix.neighbours import guarded as fix
from apilint.fix.neighbours import offers

SAFE = False

__all__ = ["SAFE", "fix", "offers"]
