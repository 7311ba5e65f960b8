"""Published code -> whether each rule finds there what its references say.

    python -m benchmarks.occurrences [TREE ...] [--reports FOLDER] [--candidates]

The references of a rule end with a place where it was seen (`found in NAME VERSION: path:line`), read in its source,
or with `none found in N packages`: what it finds there all the same was read and is no true one, or of low confidence
and doubtful. Each `TREE` is a folder with the files of a wheel (without any: all that `benchmarks.packages` has
unpacked). Every rule runs over every tree, also those that run only when they are asked for, at any confidence; what a
reference states must be found, in that version. `--reports` keeps the reports in a folder and reads those that are
there; `--candidates` lists what else each rule finds, to choose from. Exit status 1 when a reference is not true.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from apilint.catalogue import load_rules
from apilint.config import Config
from apilint.finding import Precision
from apilint.rule import Rule
from benchmarks.packages import WORK

FOUND = re.compile(r"found in (?P<package>\S+) (?P<version>\S+): (?P<file>\S+):(?P<line>\d+)(?P<remark>.*)")
NONE = re.compile(r"none found in (?P<number>\d+) packages")
LOW = "low confidence"
EXAMPLES = 6


class Seen(NamedTuple):
    """A finding in a package of some version."""

    package: str
    version: str
    file: str
    line: int
    precision: str
    message: str

    def __str__(self) -> str:
        remark = f" ({LOW})" if self.precision == Precision.LOW.value else ""
        return f"found in {self.package} {self.version}: {self.file}:{self.line}{remark}"


def report(tree: Path, kept: Path | None) -> dict[str, Any]:
    """What all rules find in a tree, or found earlier."""
    file = kept / f"{tree.name}.json" if kept is not None else None
    if file is not None and file.exists():
        return _read(file.read_text(encoding="utf-8"), tree)
    command = [sys.executable, "-m", "apilint", "check", "--exit-zero", "--no-baseline", "--select", "APL"]
    command += ["--min-confidence", "low", "--format", "json", str(tree)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _read(result.stdout, tree, result.stderr)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(result.stdout, encoding="utf-8")
    return found


def _read(text: str, tree: Path, errors: str = "") -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        raise RuntimeError(f"{tree}: expected a report, found {text[:80]!r}\n{errors[-2000:]}") from None
    return found


def published_as(tree: Path) -> tuple[str, str]:
    """The name and the version under which a wheel was published."""
    metadata = next(tree.glob("*.dist-info/METADATA")).read_text(encoding="utf-8", errors="replace")
    head = dict(re.findall(r"^(Name|Version): (\S+)", metadata, re.MULTILINE))
    return head["Name"], head["Version"]


def _normal(name: str) -> str:
    """A name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def seen_in(tree: Path, found: dict[str, Any]) -> Iterator[tuple[str, Seen]]:
    """The findings of a tree, by rule."""
    name, number = published_as(tree)
    for each in found["findings"]:
        place = (each["file"], each["line"], each["precision"], each["message"])
        yield each["code"], Seen(name, number, *place)


def problems(rule: Rule, seen: list[Seen], packages: dict[str, set[str]], every: bool) -> Iterator[str]:
    """What of a rule's references is not so; in how many packages it was not found only `every` tree can tell."""
    stated = [match for each in rule.references if (match := FOUND.search(each))]
    none = [match for each in rule.references if (match := NONE.search(each))]
    if not stated and not none:
        yield f"it says neither where it was found nor that it was not; {_choice(seen)}"
    for match in none:
        if every and int(match["number"]) > len(packages):
            yield f"'{match[0]}', but only {len(packages)} were looked at"
    for match in stated:
        name = _normal(match["package"])
        if name not in packages:
            continue
        if match["version"] not in packages[name]:
            yield f"'{match[0]}', but the tree is of version {', '.join(sorted(packages[name]))}"
            continue
        place = (name, match["version"], match["file"], int(match["line"]))
        at = [each for each in seen if (_normal(each.package), *each[1:4]) == place]
        if not at:
            near = [each for each in seen if _normal(each.package) == name]
            yield f"'{match[0]}' is not found; {_choice(near or seen)}"
        elif all(each.precision == Precision.LOW.value for each in at) != (LOW in match["remark"]):
            yield f"'{match[0]}' is found with {at[0].precision} confidence"


def _choice(seen: list[Seen]) -> str:
    return "nothing is found" if not seen else f"{len(seen)} are found: {min(seen, key=_worth)}"


def _worth(seen: Seen) -> tuple[int, Seen]:
    return -Precision(seen.precision).rank, seen


def verdicts(
    rules: Iterable[Rule], seen: dict[str, list[Seen]], packages: dict[str, set[str]], every: bool
) -> Iterator[str]:
    """The lines that say what is wrong."""
    for rule in rules:
        for problem in problems(rule, seen.get(rule.code, []), packages, every):
            yield f"{rule.code} {rule.name}: {problem}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--reports", type=Path, help="keep the reports in this folder, and read those that are there")
    parser.add_argument("--candidates", action="store_true", help="list what else each rule finds")
    given = parser.parse_args()
    trees = given.trees or sorted(each for each in (WORK / "trees").iterdir() if any(each.glob("*.dist-info")))
    rules = load_rules(Config())
    seen: dict[str, list[Seen]] = {}
    packages: dict[str, set[str]] = {}
    for tree in trees:
        name, number = published_as(tree)
        packages.setdefault(_normal(name), set()).add(number)
        for code, each in seen_in(tree, report(tree, given.reports)):
            seen.setdefault(code, []).append(each)
    for rule in rules if given.candidates else ():
        print(f"{rule.code} {rule.name}: {len(seen.get(rule.code, []))}")
        for each in sorted(seen.get(rule.code, []), key=_worth)[:EXAMPLES]:
            print(f"    {each}  {each.precision}: {each.message[:100]}")
    wrong = list(verdicts(rules, seen, packages, not given.trees))
    print("\n".join(wrong))
    real = sum(any(FOUND.search(each) for each in rule.references) for rule in rules)
    without = [rule.code for rule in rules if not any(FOUND.search(each) for each in rule.references)]
    for rule in rules:
        if rule.code in without and seen.get(rule.code):
            print(f"{rule.code} {rule.name}: to be read: {_choice(seen[rule.code])}")
    print(f"{len(packages)} packages; {real} of {len(rules)} rules name a place where they were found, {len(wrong)} of")
    print(f"the references are not true. Without a place: {', '.join(without) or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
