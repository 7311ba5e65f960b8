"""JUnit XML: what Jenkins' schema says of it, and what people see."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from apilint.finding import Severity
from apilint.report import render
from apilint.report.options import RenderOptions

from .samples import BROKEN, FINDING, UNRESOLVED, at, finding, report
from .test_sarif import REPORTS


def junit(*args: object, **changes: object) -> ElementTree.Element:
    return ElementTree.fromstring(render(report(*args, **changes), "junit", options=RenderOptions(path_prefix="srv")))


def test_a_finding_is_a_failed_test_and_a_rule_without_one_a_passed_test() -> None:
    root = junit(FINDING)
    assert root.attrib == {"name": "apilint", "tests": "3", "failures": "1", "errors": "0"}
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("analysis", "1", "0"),
        ("APL101 route-without-auth", "1", "1"),
        ("APL906 unused-suppression", "1", "0"),
    ]
    (case,) = root[1]
    assert case.attrib == {"name": "POST /items", "classname": "srv.shop.items"}
    (failure,) = case
    assert failure.attrib == {"type": "error", "message": "Anyone can call 'POST /items'."}
    assert failure.text == (
        "srv/shop/items.py:12:1: Anyone can call 'POST /items'.\n"
        '    @router.post("/items")\n'
        "  srv/shop/items.py:8  `router` is made without dependencies\n"
        "  srv/shop/main.py:14  included here without dependencies\n"
        "Mend: Add a guard, e.g. `Depends(user)`."
    )
    assert root[2][0].attrib == {"name": "An ignore that ignores nothing", "classname": "apilint"}


def test_names_differ_and_hold_no_lines() -> None:
    moved = finding(place=at("shop/items.py", 40))
    unrouted = finding(route="", enclosing="make", severity=Severity.NOTE)
    names = [case.get("name") for case in junit(FINDING, moved, unrouted)[1]]
    assert names == ["POST /items", "POST /items (2)", "make"]


def test_what_was_not_analysed_is_an_error() -> None:
    root = junit(diagnostics=(BROKEN, UNRESOLVED))
    assert root.get("errors") == "1"
    (case,) = root[0]
    assert case.get("name") == "shop/broken.py"
    assert case[0].tag == "error"
    assert case[0].text == "srv/shop/broken.py:3: invalid syntax"


def test_what_no_xml_can_hold_is_replaced() -> None:
    strange = finding(message='<a b="c">\x00 & ]]>', route="<x>\x1b", place=at("b\udce9.py", text="\x0c]]>"), trace=())
    (case,) = junit(strange)[1]
    assert case.get("name") == "<x>\ufffd"
    assert case[0].get("message") == '<a b="c">\ufffd & ]]>'


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jenkins' schema (junit-10.xsd of its xUnit plugin, MIT), which pytest's own tests bring along."""
    folder = tmp_path_factory.mktemp("schema")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-binary",
        ":all:",
    )
    subprocess.run([*pip, "-d", folder, "pytest"], check=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        name = next(each for each in source.getnames() if each.endswith("/junit-10.xsd"))
        found = source.extractfile(name)
        assert found is not None
        (folder / "junit.xsd").write_bytes(found.read())
    return folder / "junit.xsd"


@pytest.mark.slow
def test_the_schema_of_jenkins(schema: Path) -> None:
    import xmlschema

    judge = xmlschema.XMLSchema(schema)
    for each, options in REPORTS.values():
        judge.validate(render(each, "junit", options=options))
