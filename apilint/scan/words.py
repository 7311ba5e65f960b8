"""The names that a text calls, passes as keywords or assigns: what tells in advance whether code is of interest."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(rb"\b([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*(?:\(|[-+|&]?=(?!=))")
_KEYWORDS = frozenset(
    b"and as assert async await case class def del elif else except exec for from if in is lambda match not or "
    b"print raise return while with yield".split()
) - {b"exec", b"print"}

EAGER = frozenset(
    # Bodies with one of these are likely to be asked for: they build applications, register routes, judge
    # credentials, answer requests or reach a sink. Tuned by measurement: a body lowered in vain costs time,
    # one lowered on demand costs a second parse of its text.
    b"""
    APIRouter Blueprint FastAPI Flask Mount Route Router Starlette WebSocketRoute
    add_api_route add_middleware add_resource add_route add_url_rule add_view before_app_request before_request
    include_router init_app register_blueprint register_view view
    Depends Security HTTPException PermissionDenied NotAuthenticated AuthenticationFailed Unauthorized Forbidden
    HttpResponseForbidden abort current_user get_current_user has_object_permission has_permission
    is_authenticated login_required status_code wraps
    execute executemany executescript raw extra text RawSQL
    verify basicConfig
    """.split()
)


def words(text: bytes) -> set[bytes]:
    """The words of a text."""
    return set(_WORD.findall(text)) - _KEYWORDS


def join(found: Iterable[bytes]) -> str:
    """Words as facts hold them: sorted, joined by spaces."""
    return b" ".join(sorted(found)).decode("utf-8", "replace")
