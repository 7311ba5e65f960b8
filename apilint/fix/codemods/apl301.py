"""Every field of a model -> the fields that it has today and that are no secrets."""

from __future__ import annotations

from apilint.fix.fields import listed as fix

SAFE = False

__all__ = ["SAFE", "fix"]
