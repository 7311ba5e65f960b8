"""Text and one-line output, as a person sees them."""

import re
from pathlib import Path

import msgspec
import pytest

from apilint.config import Config
from apilint.finding import Diagnostic, Report, Severity, Stats, Suppression
from apilint.pipeline import Options, lint
from apilint.report import render
from apilint.report.options import RenderOptions
from linting import write

from .samples import BROKEN, FINDING, RULE, UNRESOLVED, at, finding, report


def text(*args: object, **options: object) -> str:
    return render(report(*args), "text", options=RenderOptions(**options))


def test_a_finding_shows_its_line_its_proof_and_its_mend() -> None:
    assert text(FINDING) == (
        "shop/items.py:12:1: error[APL101] Anyone can call 'POST /items'.\n"
        "   |\n"
        '12 | @router.post("/items")\n'
        "   | ^^^^^^^^^^^^^^^^^^^^^^\n"
        "   |\n"
        "   = shop/items.py:8  `router` is made without dependencies\n"
        "   = shop/main.py:14  included here without dependencies\n"
        "   = help: Add a guard, e.g. `Depends(user)`.\n"
        "\n"
        "Found 1 finding: 1 error in 41 files; 87 routes, 20 open to anyone.\n"
    )


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (at(text="\tf(x)", column=2, end=6), ["1 |     f(x)", "  |     ^^^^"]),
        (at(text="商品 = '😀' + x", column=6, end=9), ["1 | 商品 = '😀' + x", "  |        ^^^^"]),
        (at(text="e\u0301 = x", column=6, end=7), ["1 | e\u0301 = x", "  |     ^"]),
        (at(text="  f(  ", column=3, end=2, end_line=4), ["1 |   f(", "  |   ^^ to line 4"]),
        (at(text="x", column=9, end=9), ["1 | x", "  |  ^"]),
        (at(text="a\x1b[31m\u202e", column=1, end=2), ["1 | a\ufffd[31m\ufffd", "  | ^"]),
        (at(text=""), []),
    ],
)
def test_the_span_is_marked(place: object, shown: list[str]) -> None:
    lines = text(finding(place=place, trace=(), code="APL999")).splitlines()
    assert [line for line in lines if re.match(r"1 \||  \| ", line)] == shown


@pytest.mark.parametrize(("column", "start"), [(1, "1 | f(x)"), (401, "1 | ...xxx")])
def test_a_long_line_is_cut_around_the_span(column: int, start: str) -> None:
    source = "f(x)" + "x" * 396 + "g(y)" + "y" * 400
    lines = text(finding(place=at(text=source, column=column, end=column + 4), trace=()), width=60).splitlines()
    assert lines[2].startswith(start)
    assert lines[2].endswith("...")
    assert max(map(len, lines[2:4])) <= 60
    marked = lines[3].index("^"), lines[3].rindex("^") + 1
    assert lines[2][slice(*marked)] == source[column - 1 : column + 3]


def test_colour_only_changes_colour() -> None:
    colored = text(FINDING, color=True)
    assert "\x1b[1;31merror[APL101]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == text(FINDING)


def test_a_long_proof_is_cut() -> None:
    steps = tuple(at(line=line, message="step") for line in range(1, 12))
    assert "= ... and 3 more places\n" in text(finding(trace=steps))
    assert "= ... and 1 more place\n" in text(finding(trace=steps[:9]))


def test_help_that_leads_up_to_code_ends_where_the_code_begins() -> None:
    rule = msgspec.structs.replace(RULE, fix="Use a field that encrypts:\n\n```python\nencrypt(x)\n```\n")
    assert "= help: Use a field that encrypts.\n" in render(
        report(FINDING, rules=(rule,)), "text", options=RenderOptions()
    )


def test_all_clear() -> None:
    assert text() == "All clear: no findings in 41 files, 87 routes, 20 open to anyone.\n"


def test_nothing_found_is_not_all_clear_where_something_was_not_analysed() -> None:
    broken = report(diagnostics=(UNRESOLVED, BROKEN), stats=Stats(files=2))
    assert render(broken, "text", options=RenderOptions()) == (
        "shop/broken.py:3: not analysed: invalid syntax\n"
        "shop/main.py:20: note: the prefix is not in the source\n"
        "\n"
        "No findings in 2 files, 0 routes; but 1 problem kept part of it from being checked.\n"
    )


def test_notes_are_few_unless_asked_for() -> None:
    notes = tuple(Diagnostic("a.py", line, "unresolved", fatal=False) for line in range(1, 9))
    short = render(report(diagnostics=notes), "text", options=RenderOptions())
    assert "... and 3 more notes on what could not be resolved (-v shows them)" in short
    assert short.count("unresolved") == 5
    assert render(report(diagnostics=notes), "text", options=RenderOptions(verbose=True)).count("unresolved") == 8


def test_suppressed_findings_are_only_counted() -> None:
    hidden = finding(suppression=Suppression("inSource", "known"))
    assert text(hidden) == "All clear: no findings in 41 files, 87 routes, 20 open to anyone (1 suppressed).\n"


def test_statistics() -> None:
    note = finding(code="APL906", name="unused-suppression", severity=Severity.NOTE)
    figures = text(FINDING, note, note, statistics=True).split("\n\n")[-2:]
    assert figures == [
        (
            "     2  APL906  unused-suppression\n     1  APL101  route-without-auth\n"
            "Analysed 41 files, 4,100 lines; 87 routes (20 none, 67 required)"
        ),
        "Found 3 findings: 1 error, 2 notes in 41 files; 87 routes, 20 open to anyone.\n",
    ]


def test_statistics_say_what_was_not_followed_to_its_end() -> None:
    stats = Stats(files=1, lines=9, unresolved=2, cut_short=("a.py:3", "b.py:1"))
    figures = render(Report((), (BROKEN,), (), stats), "text", options=RenderOptions(statistics=True))
    assert "Analysed 1 file, 9 lines; no routes\n" in figures
    assert "Not resolved: 2 registrations of routes (--select APL998 shows them)\n" in figures
    assert "Cut short: 2 functions too long to follow to the end (a.py:3, b.py:1)\n" in figures
    assert "Not read: 1 file (see above)\n" in figures


def test_concise() -> None:
    strange = finding(message="two\nlines", place=at(file="a\n.py"))
    shown = render(report(FINDING, strange, diagnostics=(BROKEN, UNRESOLVED)), "concise", options=RenderOptions())
    assert shown == (
        "shop/items.py:12:1: APL101 Anyone can call 'POST /items'.\n"
        "a .py:1:1: APL101 two lines\n"
        "shop/broken.py:3: not analysed: invalid syntax\n"
        "Found 2 findings: 2 errors in 41 files; 87 routes, 20 open to anyone.\n"
    )


def test_a_text_of_the_source_has_other_quotes_inside_those_of_the_message(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": 'import redis\n\ncache = redis.Redis(ssl=True, ssl_cert_reqs="none")\n'})
    (found,) = lint(Options(root=tmp_path, config=Config(), select=("APL401",), cache=False, jobs=1)).findings
    assert """because of 'ssl_cert_reqs="none"'.""" in found.message
    assert found.trace[-1].message == """'ssl_cert_reqs="none"' switches the verification off"""
