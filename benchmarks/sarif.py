"""SARIF of the real applications, judged by the schema and by Microsoft's multitool: `python -m benchmarks.sarif`.

`make sarif` installs the multitool and says where it is in SARIF_MULTITOOL. Exit status 1 on any error or warning.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema

from benchmarks.packages import APPS, unpacked, version

ROOT = Path(__file__).parent.parent
SHOPS = ROOT / "examples" / "shop"


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"))


def write(tree: Path, log: Path) -> None:
    """Exit status 2 says that the application ships files that do not parse; the log must say so and be valid."""
    command = [sys.executable, "-m", "apilint", "check", "--exit-zero", "--format", "sarif", "--output", log, tree]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if result.returncode not in (0, 2) or "Traceback" in result.stderr:
        raise RuntimeError(f"{tree}: exit status {result.returncode}\n{result.stderr}")


def complaints(log: Path, multitool: Path) -> Iterator[str]:
    """What the schema and the multitool's rules, GitHub's among them, have against a log."""
    schema = load(multitool.parent / "sarif-2.1.0.json")
    validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    for error in validator.iter_errors(load(log)):
        yield f"schema: {error.json_path} {error.message}"
    verdict = log.with_suffix(".verdict")
    kinds = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--log", "ForceOverwrite", "-o", str(verdict)]
    subprocess.run([str(multitool), "validate", str(log), *kinds], check=True, capture_output=True)
    (judged,) = load(verdict)["runs"]
    for result in judged["results"]:
        yield f"{result['ruleId']}: {json.dumps(result['message'])}"
    if not judged["invocations"][0]["executionSuccessful"]:
        yield "the multitool did not come to its end"


def main() -> None:
    multitool = Path(os.environ["SARIF_MULTITOOL"])
    good = True
    for tree in (SHOPS, *map(unpacked, sys.argv[1:] or APPS)):
        with TemporaryDirectory() as folder:
            log = Path(folder) / "apilint.sarif"
            write(tree, log)
            found = list(complaints(log, multitool))
            results = len(load(log)["runs"][0]["results"])
        name = "the example shops" if tree == SHOPS else version(tree)
        print(f"{name}: {results} results, {len(found)} complaints")
        print("".join(f"  {complaint}\n" for complaint in found), end="")
        good &= not found
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
