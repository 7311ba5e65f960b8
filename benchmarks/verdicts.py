"""Verdicts in precision.md -> how many accepted and declined findings of each rule are still shown.

`python -m benchmarks.verdicts --trees FOLDER APL406 APL502` checks each application of which FOLDER has a tree and on
which a finding of these rules was read, and prints per rule what is shown at the default confidence, below it, and
no longer. `-v` names the declined ones that are shown and the accepted ones that are not.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).with_name("precision.md")
TREES = Path.home() / ".cache/apilint-bench/trees"
SHOWN, BELOW, GONE = "shown", "below", "gone"
_RULE = re.compile(r"APL\d{3}")
_PLACE = re.compile(r"(\S+\.py):(\d+)")


class Verdict(NamedTuple):
    """What a reader said of one finding."""

    app: str
    file: str
    line: int
    rule: str
    is_accepted: bool


def verdicts(page: str) -> Iterator[Verdict]:
    """The rows of all tables that have a place, a rule and a verdict."""
    for row in page.splitlines():
        cells = [cell.strip().replace("\\_", "_") for cell in row.strip("| ").split("|")]
        rule = next(filter(_RULE.fullmatch, cells), None)
        said = next((cell for cell in cells if cell in ("accepted", "declined")), None)
        place = next((at for at, cell in enumerate(cells) if _PLACE.fullmatch(cell)), None)
        if rule and said and place:
            file, _, line = cells[place].rpartition(":")
            yield Verdict(cells[place - 1], file, int(line), rule, said == "accepted")


def levels(tree: Path, rules: Sequence[str]) -> dict[tuple[str, str, int], str]:
    """The findings of some rules in an application: `(rule, file, line)` -> their precision."""
    command = [sys.executable, "-m", "apilint", "check", "--exit-zero", "--format", "json", "--min-confidence", "low"]
    # The status says as well that a file could not be read, and there are such files in most applications.
    result = subprocess.run([*command, "--select", ",".join(rules), str(tree)], capture_output=True, text=True)
    found = json.loads(result.stdout)["findings"]
    return {(each["code"], each["file"], each["line"]): each["precision"] for each in found}


def became(verdict: Verdict, found: dict[tuple[str, str, int], str]) -> str:
    """What has become of a finding; files may be told from a folder above or below."""
    for (rule, file, line), precision in found.items():
        is_file = file.endswith(verdict.file) or verdict.file.endswith(file)
        if is_file and (rule, line) == (verdict.rule, verdict.line):
            return BELOW if precision == "low" else SHOWN
    return GONE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--trees", type=Path, action="append", default=[])
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    read: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts(arguments.page.read_text(encoding="utf-8")):
        if verdict.rule in arguments.rules:
            read[verdict.app].append(verdict)
    folders = {app: folder / app for app in read for folder in arguments.trees or [TREES] if (folder / app).is_dir()}
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(folders, pool.map(lambda tree: levels(tree, arguments.rules), folders.values()), strict=True))
    counts: Counter[tuple[str, str, bool]] = Counter()
    for app in sorted(found):
        for verdict in read[app]:
            what = became(verdict, found[app])
            counts[verdict.rule, what, verdict.is_accepted] += 1
            if arguments.verbose and verdict.is_accepted != (what == SHOWN):
                said = "accepted" if verdict.is_accepted else "declined"
                print(f"{verdict.rule} {said} {what} {app} {verdict.file}:{verdict.line}")
    print("| rule | shown | below | gone |\n|---|---|---|---|")
    for rule in arguments.rules:
        cells = []
        for what in (SHOWN, BELOW, GONE):
            accepted, declined = counts[rule, what, True], counts[rule, what, False]
            cells.append(f"{accepted}/{accepted + declined}")
        print(f"| {rule} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
