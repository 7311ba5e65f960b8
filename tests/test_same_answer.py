"""The same answer every time: order, workers, cache, hash seed and starting folder change nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
APPLICATION = REPOSITORY / "examples" / "shop"
SHUFFLED = """
import random, sys
from apilint import discover
seed = int(sys.argv.pop(1))
original = discover.discover
def shuffled(*args, **kwargs):
    found = original(*args, **kwargs)
    files = list(found.files)
    random.Random(seed).shuffle(files)
    return found._replace(files=tuple(files))
discover.discover = shuffled
from apilint.cli import main
main()
"""
FORGETFUL = """
import sys
from apilint import project
from apilint.flow import kept
sys.argv.pop(1)
project.MAX_BODIES = 0
kept.MAX_KEPT = 3
from apilint.cli import main
main()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example shops, with enough files beside them that workers are started."""
    folder = tmp_path_factory.mktemp("same") / "shop"
    shutil.copytree(APPLICATION, folder, ignore=shutil.ignore_patterns("__pycache__"))
    padding = "\n".join(f"def filler_{number}(a, b):\n    return a + b * {number}\n" for number in range(1500))
    for number in range(6):
        (folder / f"padding_{number}.py").write_text(padding)
    return folder


def run(
    project: Path,
    *args: str,
    cache: Path,
    seed: str = "0",
    start: Path | None = None,
    shuffle: int = 0,
    program: str = SHUFFLED,
) -> str:
    environment = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "APILINT_CACHE_DIR": str(cache),
        "PYTHONPATH": str(REPOSITORY),
    }
    started = ["-c", program, str(shuffle)] if shuffle else ["-m", "apilint"]
    result = subprocess.run(
        [sys.executable, *started, *args, str(project)],
        env=environment,
        cwd=start or REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode in (0, 1), result.stderr
    return result.stdout


def test_reports_do_not_depend_on_how_they_came_about(project: Path, tmp_path: Path) -> None:
    def check(
        name: str,
        *args: str,
        seed: str = "0",
        start: Path | None = None,
        shuffle: int = 0,
        program: str = SHUFFLED,
    ) -> str:
        """All formats that hold everything, one after the other."""
        files = [tmp_path / f"{name}.{suffix}" for suffix in ("json", "sarif", "txt")]
        pairs = [word for file in files for word in ("--output", str(file))]
        options = ["check", "--min-confidence", "low", *pairs, *args]
        cache = tmp_path / f"cache-{name}"
        run(project, *options, cache=cache, seed=seed, start=start, shuffle=shuffle, program=program)
        return "".join(file.read_text() for file in files)

    expected = check("cold")
    assert len(expected) > 10_000
    variants = {
        "warm": check("cold"),
        "no cache": check("none", "--no-cache"),
        "one worker": check("one", "--jobs", "1"),
        "four workers": check("four", "--jobs", "4"),
        "another hash seed": check("seed", seed="734"),
        "another folder": check("start", start=tmp_path),
        "another order": check("order", shuffle=11),
        "with no room for what was worked out": check("forgetful", shuffle=1, program=FORGETFUL),
    }
    for name, found in variants.items():
        assert found == expected, name


def test_what_a_rule_finds_does_not_depend_on_other_rules(project: Path, tmp_path: Path) -> None:
    def found(*args: str) -> list[dict[str, object]]:
        report = run(project, "check", "--format", "json", "--min-confidence", "low", *args, cache=tmp_path / "cache")
        findings: list[dict[str, object]] = json.loads(report)["findings"]
        return findings

    together = found()
    for code in ("APL201", "APL206", "APL210", "APL701", "APL306", "APL501"):
        assert found("--select", code) == [each for each in together if each["code"] == code], code


def test_routes_do_not_depend_on_how_they_came_about(project: Path, tmp_path: Path) -> None:
    table = ["routes", "--format", "json"]
    expected = run(project, *table, cache=tmp_path / "cold")
    assert '"path"' in expected
    assert run(project, *table, cache=tmp_path / "cold", seed="5") == expected
    assert run(project, *table, "--no-cache", cache=tmp_path / "none", seed="9", shuffle=3) == expected


def test_a_cached_run_sees_a_changed_file(project: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(project, tmp_path / "changed")
    cache = tmp_path / "cache"
    table = ["routes", "--format", "json"]
    before = run(copy, *table, cache=cache)
    (copy / "extra.py").write_text(
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/extra')\ndef extra(): ...\n"
    )
    after = run(copy, *table, cache=cache)
    assert '"/extra"' in after
    assert '"/extra"' not in before
