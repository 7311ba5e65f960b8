"""FastAPI where the fixture applications do not reach: libraries that are not installed, what nobody has set."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

ACCOUNTS = """
from typing import Generic, TypeVar

from fastapi import APIRouter, Depends, FastAPI
from fastapi_users import FastAPIUsers
from fastapi_users.authentication import AuthenticationBackend
from httpx_oauth.integrations.fastapi import OAuth2AuthorizeCallback

U = TypeVar("U")


class Accounts(FastAPIUsers[U, int], Generic[U]):
    def refreshing(self, backend):
        router = APIRouter()
        signed_in = self.authenticator.current_user_token(active=True)

        @router.post("/refresh")
        async def refresh(user=Depends(signed_in), strategy=Depends(backend.get_strategy)):
            return {}

        return router


backend = AuthenticationBackend(name="jwt")
accounts = Accounts[dict](None, [backend])
someone = accounts.current_user(optional=True)
app = FastAPI()
app.include_router(accounts.refreshing(backend))


@app.get("/me")
def me(user=Depends(accounts.current_user())):
    return {}


@app.get("/news")
def news(user=Depends(someone)):
    return {}


@app.get("/callback")
def callback(state=Depends(OAuth2AuthorizeCallback(None, "callback")), strategy=Depends(backend.get_strategy)):
    return {}
"""


def verdicts(folder: Path, main: str) -> dict[str, str]:
    return {row.path: row.auth for row in routes(write(folder, {"main.py": main}))}


def test_accounts_of_a_generic_class_ask_as_the_library_does(tmp_path: Path) -> None:
    assert verdicts(tmp_path, ACCOUNTS) == {
        "/callback": "none",
        "/me": "required",
        "/news": "optional",
        "/refresh": "required",
    }


def test_a_path_is_that_of_a_program_whose_settings_nobody_has_set(tmp_path: Path) -> None:
    main = """
import os

from fastapi import APIRouter, FastAPI

PREFIX = os.environ.get("API_PREFIX", "")
VERSION = os.environ.get("API_VERSION", "v1")
router = APIRouter()


@router.get("/news")
def news():
    return []


app = FastAPI()
if PREFIX:
    below = f"/{PREFIX.strip('/')}"
else:
    below = "/open"
app.include_router(router, prefix=f"/{PREFIX.strip('/')}" if PREFIX else "")
app.include_router(router, prefix=below)
app.include_router(router, prefix="/versioned" if VERSION else "")
"""
    assert list(verdicts(tmp_path, main)) == ["/news", "/open/news", "/versioned/news"]


def test_a_token_that_is_empty_by_default_is_missing(tmp_path: Path) -> None:
    main = """
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

app = FastAPI()
UPDATE_TOKEN = "".join(["a", "b"])


@app.post("/update")
def update(token: Annotated[str, Query(title="a token")] = "", at_once: bool = False):
    if len(token.strip()) == 0 or token != UPDATE_TOKEN:
        raise HTTPException(403)
    return {}


@app.get("/find")
def find(words: str = ""):
    if len(words) == 0:
        raise HTTPException(400)
    return {}
"""
    write(tmp_path, {"main.py": main})
    assert {row.path: row.auth for row in routes(tmp_path)} == {"/update": "required", "/find": "none"}


WRAPPED = """
from functools import partial
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount


class Token:
    def __init__(self, app, key):
        self.app = app
        self.key = key

    async def __call__(self, scope, receive, send):
        if dict(scope["headers"]).get(b"x-api-key") != self.key:
            await JSONResponse({}, 401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


secret, small, listed, plain = FastAPI(), FastAPI(), FastAPI(), FastAPI()


@secret.get("/items")
def secret_items(): ...


@small.get("/items")
def small_items(): ...


@listed.get("/items")
def listed_items(): ...


@plain.get("/items")
def plain_items(): ...


small_only = partial(GZipMiddleware, minimum_size=10)
app = FastAPI(routes=[Mount("/listed", Token(GZipMiddleware(listed), key="x"))])
app.mount("/secret", Token(secret, key="x"))
app.mount("/small", app=small_only(small))
app.mount("/plain", plain)
"""


def test_an_application_is_mounted_inside_of_middleware(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": WRAPPED})
    assert {route.path: route.auth for route in routes(tmp_path)} == {
        "/listed/items": "required",
        "/secret/items": "required",
        "/small/items": "none",
        "/plain/items": "none",
    }
