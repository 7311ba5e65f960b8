"""A call that does not come to an end: whoever made it goes on without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apilint.startup import calls
from apilint.startup.core import Core
from apilint.startup.values import Env, FunctionValue
from linting import report, routes, write

# Each calls the next one twice: half a million calls.
TREE = (
    "def step_19(n): return n\n"
    + "".join(f"def step_{i}(n):\n    step_{i + 1}(n + 1)\n    return step_{i + 1}(n + 2)\n" for i in range(18, 0, -1))
    + "def prepare(n):\n    return step_1(n)\n"
)
MODULE = """
from fastapi import FastAPI
from tree import prepare

FOUND = prepare(10)
AGAIN = prepare(20)
app = FastAPI()

@app.get("/items")
def items(): ...
"""
FACTORY = """
from fastapi import FastAPI
from tree import prepare

def create_app(settings):
    found = prepare(10)
    app = FastAPI()

    @app.get("/items")
    def items():
        return found

    for _ in range(5):
        prepare(20)

    @app.get("/orders")
    def orders(): ...
    return app
"""


def test_a_module_goes_on_behind_a_long_call(tmp_path: Path) -> None:
    write(tmp_path, {"tree.py": TREE, "main.py": MODULE})
    assert [route.path for route in routes(tmp_path)] == ["/items"]


def test_a_factory_goes_on_behind_long_calls(tmp_path: Path) -> None:
    write(tmp_path, {"tree.py": TREE, "main.py": FACTORY})
    assert [route.path for route in routes(tmp_path)] == ["/items", "/orders"]


def test_it_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"tree.py": TREE, "main.py": MODULE})
    said = {each.file for each in report(tmp_path).diagnostics if "too long to follow" in each.message}
    assert said == {"tree.py"}


def test_nobody_waits_for_it_in_every_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[str] = []

    def enter(machine: Core, callee: FunctionValue, *given: Any) -> Env:
        entered.append(callee.function.name)
        return followed(machine, callee, *given)

    followed = calls.enter
    monkeypatch.setattr(calls, "enter", enter)
    plugins = {f"plugin_{n}.py": "from tree import prepare\n\nFOUND = prepare(10)\n" for n in range(20)}
    write(tmp_path, {"tree.py": TREE, "main.py": MODULE, **plugins})
    assert [route.path for route in routes(tmp_path)] == ["/items"]
    assert 1 <= entered.count("prepare") <= 3  # of 22
