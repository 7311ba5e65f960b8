"""The names that a text calls, passes as keywords or assigns: what tells in advance whether code is of interest."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Read backwards: from a bracket or an equals sign to the name before it. Forwards, every name would be tried and
# most of them in vain (a third of the speed).
_WORD = re.compile(rb"[(=](?<!==)[-+|&:]?\s*([\w\x80-\xff]+)")
_KEYWORDS = frozenset(
    word[::-1]
    for word in b"and as assert async await case class def del elif else except for from if in is lambda match not or "
    b"raise return while with yield".split()
)

# Bodies that are likely to be asked for are lowered at once: they build applications, register routes, judge
# credentials, reach a database or a server. Tuned on what linking and judging five applications asked for. A body
# lowered later costs a second parse of its text, in the main process, so it pays to lower at once what is asked for
# every third time.
_EAGER = frozenset(
    b"""
    APIRouter Blueprint FastAPI Flask Mount Route Router Starlette WebSocketRoute
    add_api_route add_middleware add_resource add_route add_url_rule add_view before_app_request before_request
    include_router init_app register_blueprint register_view
    Depends Security HTTPException PermissionDenied NotAuthenticated AuthenticationFailed Unauthorized Forbidden
    HttpResponseForbidden abort get_current_user has_object_permission has_permission login_required status_code wraps
    execute executemany executescript scalar scalars select text raw extra RawSQL commit rollback jsonify model_validate
    exception Request post raise_for_status verify get update query ~tls ~http ~splat
    """.split()
)
# With a secret in its text, a function that logs is always looked at.
_LOGGING = frozenset(b"critical debug error info log print warn warning".split())
# A text with one of these may speak of a secret: it gets the word `~secret`, which no name can be.
_SECRETS = (
    b"passw", b"passph", b"pwd", b"secret", b"token", b"_key", b"apikey", b"cred", b"authoriz", b"headers", b"cookie",
    b"ssn", b"otp", b"cvv", b"pin", b"card", b"request.", b"session", b"jwt", b"bearer", b"private",
)  # fmt: skip
# `verify` as a name or key, not as the beginning of `verify_token` or the end of a `get_verified_user`.
_TLS = (
    b"ssl", b"verify=", b"verify =", b"verify:", b"verify\"", b"verify'", b"verify_ssl", b"verify_mode",
    b"verify_ident", b"cert_", b"_cert", b"_hostname", b"tlsinsecure", b"tlsallow", b"tls_reject", b"autoadd",
    b"warningpolicy", b"ca_bundle", b"known_hosts", b"validate=",
)  # fmt: skip
MENTIONS_SECRET = b"~secret"
# In the same way: a text with an address that is not encrypted, one that may be about certificates, one that may hand
# on arguments that stand elsewhere, one that may call a library that waits for ever, one that lets pages of others in.
MARKS = (
    (MENTIONS_SECRET, _SECRETS),
    (b"~http", (b"http://",)),
    (b"~tls", _TLS),
    (b"~splat", (b"**",)),
    (b"~waits", (b"requests.", b"urlopen(")),
    (b"~cors", (b"access-control-allow-credentials",)),
)
EAGER_DECORATORS = frozenset(
    """
    action api_route api_view before_app_request before_request delete expose get has_access head middleware options
    patch post protect put route websocket
    """.split()
)


def is_eager(words: set[bytes]) -> bool:
    """Whether a body with these words is likely to be asked for."""
    return not _EAGER.isdisjoint(words) or (MENTIONS_SECRET in words and not _LOGGING.isdisjoint(words))


class Words:
    """The words of a file, by stretch of its text."""

    def __init__(self, text: bytes) -> None:
        self._backwards = text[::-1]
        self._lower = text.lower()
        self._marks = [each for each in MARKS if any(needle in self._lower for needle in each[1])]

    def between(self, start: int, end: int) -> set[bytes]:
        """The words between two offsets."""
        size = len(self._backwards)
        found = set(_WORD.findall(self._backwards, size - end, size - start))
        words = {word[::-1] for word in found - _KEYWORDS}
        for mark, needles in self._marks:
            if any(self._lower.find(needle, start, end) >= 0 for needle in needles):
                words.add(mark)
        return words


def join(found: Iterable[bytes]) -> str:
    """Words as facts hold them: sorted, joined by spaces."""
    return b" ".join(sorted(found)).decode("utf-8", "replace")
