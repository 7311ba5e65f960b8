"""A limiter above the decorator that registers the route -> right below the last of those."""

from apilint.finding import Finding
from apilint.fix.wrapping import below_routes as fix

SAFE = True


def offers(finding: Finding) -> bool:
    """Whether it is the order of decorators, and no limiter without its application."""
    return "because it stands above" in finding.message


__all__ = ["SAFE", "fix", "offers"]
