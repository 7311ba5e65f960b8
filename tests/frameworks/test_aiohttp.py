"""aiohttp where the fixture applications do not reach: libraries that are not installed."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write


def test_aiohttp_security_turns_away_where_it_is_asked(tmp_path: Path) -> None:
    main = """
from aiohttp import web
from aiohttp_security import authorized_userid, check_authorized, check_permission, is_anonymous

async def profile(request):
    await check_authorized(request)
    return web.Response()

async def report(request):
    await check_permission(request, "read")
    return web.Response()

async def guest(request):
    if await is_anonymous(request):
        raise web.HTTPForbidden()
    return web.Response()

async def greeting(request):
    name = await authorized_userid(request)
    if name is None:
        return web.Response(text="stranger")
    return web.Response(text=name)

app = web.Application()
app.add_routes([web.get("/profile", profile), web.get("/report", report), web.get("/guest", guest)])
app.router.add_get("/greeting", greeting)
"""
    write(tmp_path, {"main.py": main})
    assert {row.path: row.auth for row in routes(tmp_path)} == {
        "/profile": "required",
        "/report": "required",
        "/guest": "required",
        "/greeting": "optional",
    }


def test_what_is_not_known_about_a_middleware_is_said(tmp_path: Path) -> None:
    main = """
from aiohttp import web
from plugins import load

async def index(request):
    return web.Response()

app = web.Application(middlewares=[load("guard")])
app.router.add_get("/", index)
"""
    write(tmp_path, {"main.py": main, "plugins.py": "def load(name):\n    return globals()[name]\n"})
    [row] = routes(tmp_path)
    assert row.auth == "unknown"
    assert "guard" in row.unknown or "load" in row.unknown
