"""Each codemod in several shapes: exactly the expected text, whatever the line endings, and then nothing more."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.catalogue import load_rules
from apilint.config import Config
from apilint.fix import fixable, is_safe, offered
from apilint.mending import Mended
from apilint.pipeline import Options, mend
from fix.cases import CASES, SHAPES, Case
from linting import write
from report.samples import at, finding


def mended(folder: Path, *select: str, unsafe: bool = True) -> Mended:
    """What would be changed in a folder."""
    options = Options(root=folder, config=Config(), select=select, cache=False, jobs=1)
    return mend(options, lambda _: True, unsafe=unsafe)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_before_and_after(case: Case, tmp_path: Path) -> None:
    exactly(case, "\n", tmp_path)


@pytest.mark.parametrize("case", {case.code: case for case in CASES}.values(), ids=lambda case: case.name)
def test_with_other_line_endings(case: Case, tmp_path: Path) -> None:
    exactly(case, "\r\n", tmp_path)


def exactly(case: Case, newline: str, tmp_path: Path) -> None:
    """The file is changed into the expected text."""
    write(tmp_path, {name: text.replace("\n", newline) for name, text in case.files.items()})
    result = mended(tmp_path, case.code)
    assert [patch.file for patch in result.patches] == [case.file]
    assert result.patches[0].after.decode() == case.after.replace("\n", newline)
    assert result.refused == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_second_run_changes_nothing(case: Case, tmp_path: Path) -> None:
    write(tmp_path, {**case.files, case.file: case.after})
    result = mended(tmp_path, case.code)
    assert result.patches == ()
    assert [finding for finding in result.report.findings if finding.code == case.code] == []


def test_every_codemod_is_shown_in_three_shapes() -> None:
    assert {code: count for code, count in SHAPES.items() if count < 3} == {}
    assert set(SHAPES) == fixable()


def test_every_codemod_belongs_to_a_rule() -> None:
    assert fixable() <= {rule.code for rule in load_rules(Config())}


@pytest.mark.parametrize(
    "code", ["APL103", "APL104", "APL109", "APL114", "APL208", "APL303", "APL401", "APL402", "APL404", "APL604"]
)
def test_a_safe_fix_is_made_without_asking(code: str, tmp_path: Path) -> None:
    assert is_safe(code)
    case = next(case for case in CASES if case.code == code)
    write(tmp_path, case.files)
    assert mended(tmp_path, code, unsafe=False).patches[0].after.decode() == case.after


@pytest.mark.parametrize("code", sorted(code for code in fixable() if not is_safe(code)))
def test_an_unsafe_fix_is_not(code: str, tmp_path: Path) -> None:
    assert is_safe(code) is False
    write(tmp_path, next(case for case in CASES if case.code == code).files)
    result = mended(tmp_path, code, unsafe=False)
    assert (result.patches, result.refused) == ((), ())


@pytest.mark.parametrize(("head", "is_offered"), [("def remove():", True), ("    def post(self, request):", False)])
def test_a_guard_is_offered_to_functions_only(head: str, is_offered: bool) -> None:
    assert (offered(finding(place=at(text=head))) is not None) is is_offered
