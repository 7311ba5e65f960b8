"""The route table, its JSON, and the explanation of one path."""

import json

import msgspec
import pytest

from apilint.finding import Diagnostic
from apilint.report.options import RenderOptions
from apilint.report.routes import matching, no_route, render_json, render_table, render_why
from apilint.report.rows import GuardRow, RouteRow, StepRow

from .samples import BROKEN

USER = GuardRow(
    "get_user",
    "dependency",
    "include_router in main.py",
    "main.py",
    9,
    chain=(StepRow("main.py", 9, "included with `Depends(get_user)`"), StepRow("deps.py", 14, "raises 401")),
)
HOLLOW = GuardRow("check", "dependency", "the decorator", "items.py", 20, "hollow", reason="returns False")

LIST = RouteRow("fastapi", ("GET",), "/items", "shop.items:read_items", "items.py", 12, "required", (USER,))
MAKE = RouteRow("fastapi", ("POST",), "/items", "shop.items:make", "items.py", 21, "none", (), (HOLLOW,))
LIVE = RouteRow("fastapi", (), "/live", "shop.live:feed", "live.py", 3, "unknown", unknown="`x` is not in the source")
HEALTH = RouteRow(
    "flask", ("GET",), "/health", "", "main.py", 30, "none", public=True, public_reason="for the load balancer"
)
LONG = msgspec.structs.replace(LIST, path="/organisations/{organisation_id}/warehouses/{warehouse_id}/items/{item_id}")

PLAIN = RenderOptions()


def test_the_table() -> None:
    assert render_table([MAKE, LIVE, HEALTH, LIST, LONG], PLAIN, [BROKEN]) == (
        "AUTH      METHOD  PATH     HANDLER                 GUARDS\n"
        "none      GET     /health  main.py:30              public: for the load balancer\n"
        "required  GET     /items   read_items items.py:12  get_user main.py:9 (include_router in main.py)\n"
        "none      POST    /items   make items.py:21        check never rejects items.py:20\n"
        "unknown   ANY     /live    feed live.py:3          ? `x` is not in the source\n"
        "required  GET     /organisations/{organisation_id}/warehouses/{warehouse_id}/items/{item_id}\n"
        "                           read_items items.py:12  get_user main.py:9 (include_router in main.py)\n"
        "\n"
        "shop/broken.py:3: not analysed: invalid syntax\n"
        "\n"
        "5 routes (fastapi, flask): 2 required, 2 none, 1 unknown.\n"
    )


def test_further_guards_take_further_lines() -> None:
    optional = GuardRow("peek", "dependency", "", "items.py", 12, "optional")
    switched = GuardRow("Auth", "middleware", "", "main.py", 4, "conditional", "settings.AUTH")
    route = msgspec.structs.replace(LIST, guards=(optional, switched), auth="conditional")
    assert render_table([route], PLAIN).splitlines()[1:3] == [
        "conditional  GET     /items  read_items items.py:12  peek, optional items.py:12",
        "                                                     Auth if settings.AUTH main.py:4",
    ]


def test_the_table_fits_the_terminal() -> None:
    shown = render_table([LIST, MAKE], RenderOptions(width=76))
    assert max(map(len, shown.splitlines())) == 76
    assert "get_user main.py:9 (inc...\n" in shown


def test_the_verdicts_are_coloured() -> None:
    shown = render_table([LIST, MAKE], RenderOptions(color=True))
    assert "\x1b[32mrequired\x1b[0m  GET" in shown
    assert "\x1b[31mnone    \x1b[0m  POST" in shown


def test_no_routes() -> None:
    assert render_table([], PLAIN) == "No routes found.\n"
    note = Diagnostic("main.py", 3, "the start-up is too long to follow", fatal=False)
    hint = "No routes found. With -v, 1 note on what could not be followed.\n"
    assert render_table([], PLAIN, [note]) == hint
    assert render_table([], RenderOptions(verbose=True), [note]).endswith("follow\n\nNo routes found.\n")


def test_json() -> None:
    shown = json.loads(render_json([MAKE, LIST], [BROKEN]))
    assert list(shown) == ["version", "routes", "diagnostics", "stats"]
    assert shown["stats"] == {"routes": 2, "verdicts": {"required": 1, "none": 1}}
    assert shown["routes"][0] == {
        "framework": "fastapi",
        "kind": "http",
        "methods": ["GET"],
        "path": "/items",
        "handler": "shop.items:read_items",
        "file": "items.py",
        "line": 12,
        "installed": False,
        "auth": "required",
        "guards": [
            {
                "name": "get_user",
                "kind": "dependency",
                "via": "include_router in main.py",
                "file": "main.py",
                "line": 9,
                "effect": "required",
                "condition": None,
                "reason": None,
                "settle": None,
                "chain": [
                    {"file": "main.py", "line": 9, "message": "included with `Depends(get_user)`"},
                    {"file": "deps.py", "line": 14, "message": "raises 401"},
                ],
                "fails_open": [],
            }
        ],
        "considered": [],
        "condition": None,
        "only_if": None,
        "unknown": None,
        "demands": [],
        "public": None,
    }


def test_why() -> None:
    assert render_why([LIST, MAKE, LIVE], "/items", PLAIN) == (
        "GET /items  required: callers without valid credentials are turned away\n"
        "  handler  shop.items:read_items  items.py:12\n"
        "  required  get_user  [dependency, include_router in main.py]\n"
        "      main.py:9   included with `Depends(get_user)`\n"
        "      deps.py:14  raises 401\n"
        "\n"
        "POST /items  none: anyone may call it\n"
        "  handler  shop.items:make  items.py:21\n"
        "  never rejects  check  [dependency, the decorator] (returns False)  items.py:20\n"
    )


def test_why_not() -> None:
    assert no_route([LIST, LIVE], "/itmes") == "no route matches '/itmes'; did you mean '/items'?"
    assert no_route([LIST, LIVE], "/something-else") == "no route matches '/something-else'"
    assert render_why([LIST, LIVE], "/itmes", PLAIN) == ""


def test_a_word_is_not_said_twice() -> None:
    guards = (
        GuardRow("login_required", "decorator", "decorator", "views.py", 4),
        GuardRow("Audit", "route class", "route_class", "views.py", 5, "none"),
        GuardRow("in the handler", "in the handler", "the handler's body", "views.py", 6, "optional"),
        GuardRow("require_admin", "not inherited", "mount", "main.py", 7, "none"),
        GuardRow("acme_auth", "decorator", "decorator", "views.py", 8, "unknown", reason="'acme' is not in the models"),
    )
    shown = render_why([msgspec.structs.replace(LIST, guards=guards)], "/items", PLAIN)
    assert shown.splitlines()[2:] == [
        "  required  login_required  [decorator]  views.py:4",
        "  not a guard  Audit  [route class]  views.py:5",
        "  optional  in the handler  [the handler's body]  views.py:6",
        "  does not reach  require_admin  [not inherited, mount]  main.py:7",
        "  unclear  acme_auth  [decorator] ('acme' is not in the models)  views.py:8",
    ]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/items", [LIST, MAKE]),
        ("items/", [LIST, MAKE]),
        ("post /items", [MAKE]),
        ("GET /live", [LIVE]),
        ("/organisations/7/warehouses/8/items/9", [LONG]),
        ("/organisations/7", []),
        ("*items*", [LIST, MAKE, LONG]),
        ("/item", []),
    ],
)
def test_paths_that_name_routes(path: str, found: list[RouteRow]) -> None:
    assert matching([LIST, MAKE, LIVE, LONG], path) == found
