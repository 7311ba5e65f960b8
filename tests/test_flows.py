"""Flows by construct, in pairs: the loud twin is found with its path from source to sink, the quiet one is not.

A file of `fixtures/flows/` is a family of constructs, and one program: each twin has a package of its own in it. A pair
is `name`, `loud` and `quiet`; a text is the body of the handler below, a mapping is files. What both share stands in
`shared` (files, or code before the handler) and `handler` (its signature). In files, `PACKAGE` is the twin's package.

`# APL206` marks the line of a finding of that rule, `# source` the first step of its trace, and `# sink` the last one
where that is another line than the finding's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from apilint.config import Config
from apilint.finding import Finding, Precision
from apilint.pipeline import Options, lint
from linting import write

FAMILIES = Path(__file__).parent / "fixtures" / "flows"
RULES = tuple(f"APL{number}" for number in (201, *range(203, 213)))
HANDLER = "async def handler(q: str, n: int, names: list[str], data: dict, request: Request):"
MODULE = """\
import asyncio, base64, functools, html, json, os, pickle, re, shlex, sqlite3, string, subprocess, uuid
from enum import Enum
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlencode, urljoin, urlparse

import httpx
import jinja2
import requests
import yaml
from fastapi import BackgroundTasks, Body, Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Query, Request
from fastapi import UploadFile
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from pydantic import BaseModel

app = FastAPI()
FOLDER = Path("/srv/files")
ALLOWED = {"name", "age"}
db = sqlite3.connect("shop.db")
"""
_MARK = re.compile(r"#((?: (?:APL\d+|source|sink))+)$")


class Twin(NamedTuple):
    """One of a pair, as a package of a program."""

    name: str
    package: str
    files: Mapping[str, str]

    def marked(self, word: str) -> set[tuple[str, int, str]]:
        """`(file, line, mark)` of the marks that begin with a word."""
        return {
            (f"{self.package}/{file}", number, mark)
            for file, text in self.files.items()
            for number, line in enumerate(text.splitlines(), 1)
            for marks in _MARK.findall(line.rstrip())
            for mark in marks.split()
            if mark.startswith(word)
        }


def twins(family: str, side: str) -> Iterator[Twin]:
    """The twins of one side in a family; a package's name says which pair it is."""
    for pair in pairs(family):
        name = str(pair["name"])
        package = f"{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}_{side}"
        yield Twin(
            name, package, {file: text.replace("PACKAGE", package) for file, text in files_of(pair, side).items()}
        )


@cache
def pairs(family: str) -> list[Mapping[str, object]]:
    loaded: list[Mapping[str, object]] = yaml.safe_load((FAMILIES / f"{family}.yaml").read_text())
    return loaded


def files_of(pair: Mapping[str, object], side: str) -> dict[str, str]:
    """The files of a twin; a body is put into a handler."""
    own, shared = pair[side], pair.get("shared", "")
    files = {"__init__.py": ""}
    if isinstance(shared, Mapping):
        files |= shared
        shared = files.pop("before", "")
    if isinstance(own, Mapping):
        return files | own
    head = str(pair.get("handler", HANDLER)).strip()
    marked = any(re.search(r"#.* source\b", str(text)) for text in (own, pair.get("shared", "")))
    source = head if marked else f"{head}  # source"
    body = textwrap.indent(str(own), "    ")
    return files | {"main.py": f'{MODULE}{shared}\n\n@app.post("/items")\n{source}\n{body}'}


@cache
def found(family: str, folder: Path) -> dict[str, list[Finding]]:
    """What is found in a family at the confidence that is shown by default, by package."""
    for side in ("loud", "quiet"):
        for twin in twins(family, side):
            write(folder / family / twin.package, twin.files)
    report = lint(Options(root=folder / family, config=Config(), select=RULES, cache=False, jobs=1))
    assert [each for each in report.diagnostics if each.fatal] == []
    packages: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.precision.rank >= Precision.MEDIUM.rank:
            packages.setdefault(finding.place.file.partition("/")[0], []).append(finding)
    return packages


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flows")


def cases(side: str) -> Iterator[object]:
    for path in sorted(FAMILIES.glob("*.yaml")):
        for twin in twins(path.stem, side):
            yield pytest.param(path.stem, twin, id=f"{path.stem}-{twin.name}".replace(" ", "-"))


@pytest.mark.parametrize(("family", "twin"), list(cases("loud")))
def test_the_loud_twin_is_found_from_source_to_sink(family: str, twin: Twin, programs: Path) -> None:
    findings = found(family, programs).get(twin.package, [])
    expected = twin.marked("APL")
    assert expected, "no line is marked with the rule that finds it"
    assert {(each.place.file, each.place.line, each.code) for each in findings} == expected
    sources, sinks = {mark[:2] for mark in twin.marked("source")}, {mark[:2] for mark in twin.marked("sink")}
    for finding in findings:
        places = [(step.file, step.line) for step in finding.trace]
        assert places[0] in sources, [step.message for step in finding.trace]
        assert places[-1] in (sinks or {(finding.place.file, finding.place.line)})


@pytest.mark.parametrize(("family", "twin"), list(cases("quiet")))
def test_the_quiet_twin_is_silent(family: str, twin: Twin, programs: Path) -> None:
    shown = [
        f"{each.place.file}:{each.place.line} {each.code}" for each in found(family, programs).get(twin.package, [])
    ]
    assert shown == []


def test_every_pair_has_a_name_of_its_own() -> None:
    for path in FAMILIES.glob("*.yaml"):
        packages = [twin.package for twin in twins(path.stem, "loud")]
        assert len(packages) == len(set(packages))


def test_there_are_pairs_for_every_family() -> None:
    assert sum(len(pairs(path.stem)) for path in FAMILIES.glob("*.yaml")) >= 150


def test_the_other_places_of_a_value_are_named_and_of_low_confidence(tmp_path: Path) -> None:
    body = "db.execute(f\"DELETE FROM a WHERE b = '{q}'\")\ndb.execute(f\"DELETE FROM c WHERE d = '{q}'\")\n"
    write(tmp_path, files_of({"name": "twice", "loud": body}, "loud"))
    report = lint(Options(root=tmp_path, config=Config(), select=("APL201",), cache=False, jobs=1))
    first, second = report.findings
    assert (second.precision, second.place.line) == (Precision.LOW, first.place.line + 1)
    assert [(each.line, each.message) for each in first.related] == [
        (second.place.line, "the same value arrives here as well")
    ]
