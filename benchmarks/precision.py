"""Findings on real applications -> counts by rule, and a worksheet of a random sample to be read by a person.

`python -m benchmarks.precision --seed 1 --sample 70 --each 5 > worksheet.md`; precision.md has the verdicts.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.packages import APPS, unpacked, version

BEFORE, AFTER = 4, 8


def check(tree: Path) -> dict[str, Any]:
    """The report of one application at the default confidence. A traceback is the end of the measurement."""
    command = [sys.executable, "-m", "apilint", "check", "--exit-zero", "--format", "json", str(tree)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Traceback" in result.stderr or not result.stdout:
        raise RuntimeError(f"{tree}: exit status {result.returncode}\n{result.stderr}")
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def excerpt(tree: Path, finding: dict[str, Any]) -> str:
    """The source around a finding, its first line marked."""
    lines = (tree / finding["file"]).read_text(encoding="utf-8", errors="replace").splitlines()
    first = max(finding["line"] - BEFORE, 1)
    last = min(max(finding["end_line"], finding["line"]) + AFTER, len(lines))
    marked = (
        f"{'>' if number == finding['line'] else ' '}{number:5} {lines[number - 1]}"
        for number in range(first, last + 1)
    )
    return "\n".join(marked)


def entry(number: int, app: str, tree: Path, finding: dict[str, Any]) -> str:
    trace = "\n".join(f"- {step['file']}:{step['line']} {step['message']}" for step in finding["trace"])
    return (
        f"### {number}. {app}: {finding['code']} {finding['name']} ({finding['severity']}, {finding['precision']})\n\n"
        f"{finding['file']}:{finding['line']} {finding['message']}\n\n{trace}\n\n"
        f"```python\n{excerpt(tree, finding)}\n```\n\nVerdict:\n"
    )


def counts(reports: dict[str, dict[str, Any]]) -> list[str]:
    """A table of rules by applications."""
    by_app = {app: Counter(f"{f['code']} {f['name']}" for f in report["findings"]) for app, report in reports.items()}
    rules = sorted(set().union(*by_app.values()))
    lines = [f"| rule | {' | '.join(by_app)} | all |", "|---" * (len(by_app) + 2) + "|"]
    for rule in rules:
        row = [counter[rule] for counter in by_app.values()]
        lines.append(f"| {rule} | {' | '.join(map(str, row))} | {sum(row)} |")
    totals = [counter.total() for counter in by_app.values()]
    return [*lines, f"| all | {' | '.join(map(str, totals))} | {sum(totals)} |"]


def sample(
    reports: dict[str, dict[str, Any]], size: int, seed: int, each: int = sys.maxsize
) -> list[tuple[str, dict[str, Any]]]:
    """A random sample over all applications in a fixed order, with at most `each` findings of a rule in one of them:
    the habit of one program must not decide. The same findings and seed give the same sample, and which other
    applications are measured changes nothing about what is drawn of one."""
    strata: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    for app, report in sorted(reports.items()):
        for finding in sorted(report["findings"], key=lambda one: (one["fingerprint"], one["line"])):
            strata.setdefault((app, finding["code"]), []).append((app, finding))
    drawn = []
    for (app, code), found in strata.items():
        drawn += random.Random(f"{seed} {app} {code}").sample(found, min(each, len(found)))
    chosen = random.Random(seed).sample(drawn, min(size, len(drawn)))
    return sorted(chosen, key=lambda pair: (pair[0], pair[1]["code"], pair[1]["file"], pair[1]["line"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", default=list(APPS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=70)
    parser.add_argument("--each", type=int, default=sys.maxsize, help="of a rule in one application at most so many")
    arguments = parser.parse_args()
    trees = {app: unpacked(app) for app in arguments.apps}
    reports = {app: check(tree) for app, tree in trees.items()}
    print("## Applications\n")
    for app, tree in trees.items():
        stats = reports[app]["stats"]
        print(f"- {version(tree)}: {json.dumps(stats)}, {len(reports[app]['diagnostics'])} diagnostics")
    print("\n## Findings\n")
    print("\n".join(counts(reports)))
    print(f"\n## Sample (seed {arguments.seed})\n")
    for number, (app, finding) in enumerate(sample(reports, arguments.sample, arguments.seed, arguments.each), start=1):
        print(entry(number, app, trees[app], finding))


if __name__ == "__main__":
    main()
