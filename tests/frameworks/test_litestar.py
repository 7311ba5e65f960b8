"""Litestar where the fixture applications do not reach: doubt, several projects in one process."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

MAIN = """
from litestar import Litestar, get
from settings import load

@get("/", guards=[load("guard")])
async def index() -> str:
    return ""

@get("/open")
async def opened() -> str:
    return ""

app = Litestar([index, opened])
"""


def test_a_guard_that_is_not_known_leaves_the_verdict_open(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": MAIN, "settings.py": "def load(name):\n    return globals()[name]\n"})
    for _ in range(2):
        assert {row.path: row.auth for row in routes(tmp_path)} == {"/": "unknown", "/open": "none"}


def test_a_pattern_that_is_not_known_leaves_the_verdict_open(tmp_path: Path) -> None:
    main = """
from litestar import Litestar, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware
from settings import load

class Tokens(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        if not connection.headers.get("Authorization"):
            raise NotAuthorizedException()
        return AuthenticationResult(user="ada", auth=None)

@get("/")
async def index() -> str:
    return ""

app = Litestar([index], middleware=[DefineMiddleware(Tokens, exclude=load("open"))])
"""
    write(tmp_path, {"main.py": main, "settings.py": "def load(name):\n    return globals()[name]\n"})
    [row] = routes(tmp_path)
    assert row.auth == "unknown"
    assert "leaves out" in row.unknown


def test_middleware_that_is_not_known_leaves_the_verdict_open(tmp_path: Path) -> None:
    main = """
from litestar import Litestar, get
from litestar.security.jwt import JWTAuth
from settings import load

class Tokens(JWTAuth):
    pass

tokens = Tokens(retrieve_user_handler=load("find"), token_secret="a secret")

@get("/")
async def index() -> str:
    return ""

@get("/tokens", middleware=[tokens.middleware])
async def guarded() -> str:
    return ""

app = Litestar([index, guarded], middleware=[load("watch")])
"""
    write(tmp_path, {"main.py": main, "settings.py": "def load(name):\n    return globals()[name]\n"})
    assert {row.path: row.auth for row in routes(tmp_path)} == {"/": "unknown", "/tokens": "required"}
