"""Tornado applications whose paths stand below what somebody may configure."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

MAIN = """
from tornado import web
from traitlets import Unicode
from traitlets.config import Application


def join(*pieces):
    initial = pieces[0].startswith("/")
    final = pieces[-1].endswith("/")
    stripped = [piece.strip("/") for piece in pieces]
    result = "/".join(piece for piece in stripped if piece)
    if initial:
        result = "/" + result
    if final:
        result = result + "/"
    if result == "//":
        result = "/"
    return result


class Pages(web.RequestHandler):
    def get(self):
        self.write("pages")


class Served(Application):
    base_url = Unicode("/", config=True)
    below = Unicode("/hub", config=True)

    def start(self):
        handlers = [("/api/pages", Pages), ("/pages/", Pages)]
        settings = {"base_url": self.base_url}
        listed = [(join(settings["base_url"], each[0]), *list(each[1:])) for each in handlers]
        listed.append((join(self.below, "/api/pages"), Pages))
        self.application = web.Application(listed)


if __name__ == "__main__":
    Served().start()
"""


def test_a_trait_has_its_default_unless_somebody_configures_it(tmp_path: Path) -> None:
    found = [row.path for row in routes(write(tmp_path, {"main.py": MAIN}))]
    assert found == ["/api/pages", "/hub/api/pages", "/pages/"]


SOCKETS = """
from functools import wraps

from tornado import web, websocket


def members_only(method):
    @wraps(method)
    def wrapper(self, *args, **kwargs):
        user = self.current_user
        if user is None:
            raise web.HTTPError(403)
        return method(self, *args, **kwargs)

    return wrapper


def logged(method):
    @wraps(method)
    def wrapper(self, *args, **kwargs):
        print(self.request.path)
        return method(self, *args, **kwargs)

    return wrapper


class Private(websocket.WebSocketHandler):
    @members_only
    async def get(self, *args):
        await super().get(*args)

    def open(self):
        pass


class Asking(websocket.WebSocketHandler):
    async def get(self):
        if not self.request.headers.get("Authorization"):
            raise web.HTTPError(403)
        await super().get()

    def open(self):
        pass


class Public(websocket.WebSocketHandler):
    @logged
    async def get(self):
        await super().get()

    def open(self):
        pass


app = web.Application([("/asking", Asking), ("/private", Private), ("/public", Public)])
"""


def test_a_socket_is_as_open_as_its_handshake(tmp_path: Path) -> None:
    found = {row.path: row.auth for row in routes(write(tmp_path, {"main.py": SOCKETS}))}
    assert found == {"/asking": "required", "/private": "required", "/public": "none"}
