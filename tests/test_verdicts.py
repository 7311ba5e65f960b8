"""Routes whose guards another process judges: the same routes, with its verdicts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from apilint.config import Config
from apilint.model import Endpoint, Route, Told
from apilint.pipeline import Options, Run
from apilint.project import Project
from linting import write

APPLICATIONS = sorted((Path(__file__).parent / "fixtures" / "apps").iterdir())
GUARDED = """
from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI()

def user(request: Request):
    if "authorization" not in request.headers:
        raise HTTPException(401)

@app.get("/mine", dependencies=[Depends(user)])
def mine():
    return {}

@app.get("/all")
def all_():
    return {}
"""


def linked(folder: Path) -> Project:
    return Run(Options(root=folder, config=Config(), cache=False, jobs=1)).project


def sent(told: Told) -> Told:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(told), type=Told)


def plain(route: Route) -> tuple[Route, object]:
    function = None if route.function is None else route.function.function.id
    return msgspec.structs.replace(route, function=None), function


def known(each: Endpoint) -> tuple[object, ...]:
    return each.framework, each.path, each.handler, each.span


@pytest.mark.parametrize("folder", [path for path in APPLICATIONS if path.is_dir()], ids=lambda path: path.name)
def test_what_is_told_makes_the_same_routes(folder: Path) -> None:
    judging, relying = linked(folder), linked(folder)
    relying.rely(lambda: sent(judging.tell()))
    assert set(map(known, relying.endpoints)) == set(map(known, judging.routes))
    assert list(map(plain, relying.routes)) == list(map(plain, judging.routes))
    assert relying.program.loose == judging.program.loose
    assert relying.program.published == judging.program.published
    for route in judging.routes:
        if route.function is not None:
            mine = relying.function(route.function.function.id)
            assert mine is not None
            same = judging.routes_of(route.function.function)
            assert {each.path for each in relying.endpoints_of(mine)} == {each.path for each in same}


def test_whoever_asks_for_no_verdicts_waits_for_none(tmp_path: Path) -> None:
    project = linked(write(tmp_path, {"main.py": GUARDED}))

    def never() -> Told:
        raise AssertionError("somebody asked")

    project.rely(never)
    assert [each.path for each in project.endpoints] == ["/all", "/mine"]
    with pytest.raises(AssertionError):
        _ = project.routes


def test_verdicts_on_other_routes_are_refused(tmp_path: Path) -> None:
    judging = linked(write(tmp_path / "one", {"main.py": GUARDED}))
    for number, text in enumerate((GUARDED.replace("/all", "/any"), GUARDED.replace('@app.get("/all")', ""))):
        relying = linked(write(tmp_path / str(number), {"main.py": text}))
        relying.rely(judging.tell)
        with pytest.raises(LookupError):
            _ = relying.routes
