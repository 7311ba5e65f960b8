"""A program that can be started in several ways: what one of them does must not decide about the others."""

from __future__ import annotations

from pathlib import Path

from apilint.config import Config
from apilint.pipeline import Options, survey
from linting import routes, write

APP = """
    from fastapi import FastAPI

    from shop.process import is_worker


    def create_app():
        if is_worker():
            raise RuntimeError("a worker serves nobody")
        app = FastAPI()

        @app.get("/items")
        def items(): ...

        return app
"""
PROCESS = """
    _IS_WORKER = False


    def mark_worker():
        global _IS_WORKER
        _IS_WORKER = True


    def is_worker():
        return _IS_WORKER
"""
WORKER = """
    from shop.process import mark_worker

    if __name__ == "__main__":
        mark_worker()
"""


def dedented(text: str) -> str:
    return "\n".join(line[4:] for line in text.splitlines()) + "\n"


def paths(folder: Path, **files: str) -> list[str]:
    named = {f"shop/{name}.py": dedented(text) for name, text in files.items()}
    return [row.path for row in routes(write(folder, {"shop/__init__.py": "", **named}))]


def test_a_flag_that_another_way_sets_keeps_no_route_away(tmp_path: Path) -> None:
    assert paths(tmp_path, app=APP, process=PROCESS, a_worker=WORKER) == ["/items"]


def test_a_flag_that_is_set_when_a_module_is_imported_is_set(tmp_path: Path) -> None:
    process = PROCESS + "\n\n    mark_worker()\n"
    assert paths(tmp_path, app=APP, process=process) == []


def test_a_main_block_that_takes_too_long_is_cut_short_and_the_rest_is_linked(tmp_path: Path) -> None:
    chain = "".join(f"def f{n}(x):\n    f{n + 1}(x + 1)\n    f{n + 1}(x + 2)\n\n\n" for n in range(30))
    main = f"{chain}def f30(x): ...\n\n\nif __name__ == '__main__':\n    f0(0)\n"
    files = {"shop/app.py": dedented(APP), "shop/process.py": dedented(PROCESS), "shop/a_main.py": main}
    rows, diagnostics = survey(Options(root=write(tmp_path, files), config=Config(), cache=False, jobs=1))
    assert [row.path for row in rows] == ["/items"]
    assert [(each.file, each.message) for each in diagnostics] == [
        ("shop/a_main.py", "the start-up is too long to follow")
    ]


SERVICE = """
    from fastapi import APIRouter, FastAPI

    orders = APIRouter()


    @orders.get("/orders")
    def list_orders(): ...


    class Service:
        def __init__(self, settings):
            self.settings = settings
            self.routers = [orders]

        def serve(self):
            self.app = FastAPI()
            for router in self.routers:
                self.app.include_router(router)
"""
PLUGIN = """
    from fastapi import FastAPI


    class Plugin:
        def get_app(self):
            app = FastAPI()

            @app.get("/plugin")
            def plugin(): ...

            return app
"""


def test_a_method_that_nobody_calls_makes_the_application(tmp_path: Path) -> None:
    assert paths(tmp_path, service=SERVICE) == ["/orders"]


def test_an_application_that_a_method_returns_is_put_where_it_is_asked_for(tmp_path: Path) -> None:
    assert paths(tmp_path / "beside", service=SERVICE, plugin=PLUGIN) == ["/orders"]
    assert paths(tmp_path / "alone", plugin=PLUGIN) == ["/plugin"]


FACTORY = """
    from flask import Flask


    def create_app(blueprints=()):
        app = Flask("shop")
        for blueprint in blueprints:
            app.register_blueprint(blueprint)
        return app
"""
SHOP = """
    from flask import Blueprint

    from shop import factory

    items = Blueprint("items", "shop")


    @items.get("/items")
    def list_items(): ...


    def create_app():
        return factory.create_app(blueprints=[items])
"""
TASKS = """
    from shop.factory import create_app

    app = create_app()
"""


def test_who_hands_a_factory_its_arguments_is_heard_though_another_calls_it_without(tmp_path: Path) -> None:
    assert paths(tmp_path, factory=FACTORY, server=SHOP, tasks=TASKS) == ["/items"]


GIVEN_A_KEY = """
from fastapi import FastAPI
from starlette.responses import JSONResponse


class KeyMiddleware:
    def __init__(self, app, key):
        self.app = app
        self.key = key

    async def __call__(self, scope, receive, send):
        headers = dict(scope["headers"])
        if headers.get(b"x-api-key") != self.key:
            return await JSONResponse({}, status_code=401)(scope, receive, send)
        return await self.app(scope, receive, send)


def serve(host: str, api_key: str | None = None, prefix: str | None = None):
    app = FastAPI()
    if prefix is not None:
        app = FastAPI(root_path=prefix)

    @app.get("/jobs")
    def jobs():
        return []

    if api_key is not None:
        app.add_middleware(KeyMiddleware, key=api_key)
    return app
"""


def test_whoever_starts_a_program_decides_whether_there_is_a_key(tmp_path: Path) -> None:
    rows = routes(write(tmp_path, {"server.py": GIVEN_A_KEY}))
    assert [(row.path, row.auth, row.condition) for row in rows] == [("/jobs", "conditional", "api_key is not None")]
