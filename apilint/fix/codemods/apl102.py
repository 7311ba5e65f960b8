"""A route without the guard of its siblings -> behind the guard that the routes beside it have."""

from apilint.fix.neighbours import guarded as fix
from apilint.fix.neighbours import offers

SAFE = False

__all__ = ["SAFE", "fix", "offers"]
