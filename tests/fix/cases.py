"""tests/fixtures/fixes/<CODE>-<shape>.txt -> a project, and one of its files with the findings of the rule mended."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "fixtures" / "fixes"
MARK = "==> "


class Case(NamedTuple):
    """Files before, and the one that changes with its text after."""

    name: str
    code: str
    files: dict[str, str]
    file: str
    after: str


def read(path: Path) -> Case:
    """One fixture."""
    parts = [part.partition("\n") for part in path.read_text(encoding="utf-8").split(MARK)[1:]]
    files = {name: text for name, _, text in parts}
    changed = next(name for name in files if name.endswith(" mended"))
    after = files.pop(changed)
    return Case(path.stem, path.stem.partition("-")[0], files, changed.removesuffix(" mended"), after)


CASES = [read(path) for path in sorted(FOLDER.glob("*.txt"))]
SHAPES = Counter(case.code for case in CASES)


def case(name: str) -> Case:
    """The fixture of that name."""
    return next(each for each in CASES if each.name == name)
