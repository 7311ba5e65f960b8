"""What rules claim of frameworks, by running their examples: the bad ones let callers in, the good ones do not."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fastapi
import pytest
from packaging.version import Version
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from apilint.catalogue import load_rules
from apilint.config import Config
from linting import write

RULES = {rule.code: rule for rule in load_rules(Config(), cached=False)}
GARBAGE = {"Authorization": "Bearer garbage", "X-API-Key": "garbage", "X-Role": "garbage"}
LOGGED_IN = {"Authorization": "Bearer secret-token"}


def example(code: str, title: str) -> Any:
    return next(each for each in RULES[code].examples if each.title == title)


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Any]:
    """Runs the `main.py` of an example, and gives its application."""
    made: list[str] = []

    def load(files: Mapping[str, str]) -> Any:
        write(tmp_path, files)
        name = f"example_{len(made)}"
        spec = importlib.util.spec_from_file_location(name, tmp_path / "main.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        made.append(name)
        spec.loader.exec_module(module)
        return module.app

    yield load
    for name in made:
        sys.modules.pop(name, None)


def status(app: Any, request: str, headers: Mapping[str, str]) -> int:
    """The status of a request like `GET /items`; of Flask through its own client."""
    method, _, path = request.partition(" ")
    if hasattr(app, "wsgi_app"):
        return int(app.test_client().open(path, method=method, headers=dict(headers)).status_code)
    with TestClient(app, raise_server_exceptions=False) as client:
        return client.request(method, path, headers=dict(headers), follow_redirects=False).status_code


CASES = [
    ("APL111", "A predicate among the dependencies", "DELETE /users/1", LOGGED_IN, 403),
    ("APL111", "A check of a key on a whole router", "POST /jobs", GARBAGE, 401),
    ("APL111", "A parameter that the handler never names", "POST /orders", {}, 401),
    ("APL112", "The scheme itself as the guard", "DELETE /orders/1", GARBAGE, 401),
    ("APL112", "The token arrives in the handler and is only shown", "GET /items", GARBAGE, 401),
    ("APL112", "A dependency that only asks whether there is a token", "POST /jobs", GARBAGE, 401),
    ("APL112", "A scheme of one's own, its verification commented out", "POST /posts", GARBAGE, 403),
    ("APL113", "The scheme among the dependencies", "POST /orders", {}, 401),
    ("APL113", "A parameter that nobody looks at", "DELETE /jobs/1", {}, 401),
    ("APL115", "The scopes go to a scheme, which has no use for them", "GET /reports", LOGGED_IN, 200),
    ("APL119", "A prefix without a boundary", "GET /login-attempts", {}, 401),
    ("APL119", "A word anywhere in the endpoint", "POST /settings/page", {}, 401),
    ("APL119", "An ending that the caller chooses", "GET /files/x.js", {}, 401),
    ("APL124", "Beside routes that ask for an administrator", "DELETE /admin/users/1", LOGGED_IN, 403),
    ("APL125", "Dependencies of the application do not cover it", "GET /openapi.json", {}, 404),
    ("APL121", "No key, no check", "POST /jobs", {}, 401),
    ("APL121", "Before every request, only if there is a password", "POST /restart", {}, None),
    ("APL121", "A token that cannot be read is as good as a valid one", "POST /orders", GARBAGE, 401),
    ("APL121", "A decorator that goes on after an error", "POST /orders", GARBAGE, 401),
]


@pytest.mark.parametrize(("code", "title", "request_", "headers", "refused"), CASES)
def test_the_bad_example_lets_in_whom_the_good_one_turns_away(
    code: str, title: str, request_: str, headers: Mapping[str, str], refused: int | None, application: Any
) -> None:
    found = example(code, title)
    assert status(application(found.bad), request_, headers) == 200
    if refused is not None:
        assert status(application(found.good), request_, headers) == refused


def test_scopes_reach_only_those_who_ask_for_them(application: Any) -> None:
    found = example("APL115", "The dependency never asks for the scopes")
    unread = found.bad["main.py"].replace("orders:write", "root")
    assert status(application({"main.py": unread}), "DELETE /orders/1", LOGGED_IN) == 200
    read = found.good["main.py"].replace('scopes=["orders:write"]', 'scopes=["root"]')
    assert status(application({"main.py": read}), "DELETE /orders/1", LOGGED_IN) == 401


@pytest.mark.parametrize(
    "title", ["A function of middleware", "A class of middleware", "Plain ASGI that looks at the type"]
)
def test_http_middleware_does_not_run_for_websockets(title: str, application: Any) -> None:
    found = example("APL117", title)
    app = application(found.bad)
    assert status(app, "GET /orders", {}) == 401
    with TestClient(app).websocket_connect("/live") as socket:
        socket.close()
    if found.good:
        client = TestClient(application(found.good))
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/live") as socket:
            socket.receive_text()


def test_a_websocket_asks_nobody_unless_it_is_told_to(application: Any) -> None:
    found = example("APL118", "Beside guarded routes")
    client = TestClient(application(found.bad))
    with contextlib.suppress(WebSocketDisconnect), client.websocket_connect("/orders/live") as socket:
        socket.send_json({"order": 7})
        assert socket.receive_json() == {"order": 7}
    client = TestClient(application(found.good))
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/orders/live"):
        pass


def test_middleware_covers_the_documentation(application: Any) -> None:
    app = application(example("APL125", "Middleware covers it").good)
    assert status(app, "GET /openapi.json", {}) == 401


def test_a_blueprint_that_nobody_registers_answers_nobody(application: Any) -> None:
    found = example("APL126", "A blueprint that nobody registers")
    assert status(application(found.bad), "GET /reports", {}) == 404
    assert status(application(found.good), "GET /internal/reports", {}) == 200


def test_a_late_route_is_served_from_fastapi_0_137_on(application: Any) -> None:
    found = example("APL126", "A route that comes too late")
    served = 200 if Version(fastapi.__version__) >= Version("0.137") else 404
    assert status(application(found.bad), "GET /reports", {}) == served
    assert status(application(found.good), "GET /reports", {}) == 200


def test_a_text_in_the_query_exempts_any_url(application: Any) -> None:
    app = application(example("APL119", "The whole URL, with its query").bad)
    assert status(app, "GET /orders", {}) == 401
    assert status(app, "GET /orders?/public/", {}) == 200
