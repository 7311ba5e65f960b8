"""`python -m benchmarks.parity [NAME…]`: compares applications; `--write` keeps the result in parity.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.packages import WORK
from benchmarks.parity import environments, recorded, report
from benchmarks.parity.application import Application, Observation
from benchmarks.parity.comparison import Claim, claims, compare

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PAGE = REPOSITORY / "benchmarks" / "parity.md"
LONGEST = 1200


def known() -> list[str]:
    """The names of the applications that have a file."""
    return sorted(path.stem for path in (HERE / "applications").glob("*.py") if path.stem != "__init__")


def load(name: str) -> Application:
    """What the application's file states."""
    application: Application = import_module(f"benchmarks.parity.applications.{name}").APPLICATION
    return application


def observed(name: str, application: Application, *, again: bool) -> Observation:
    """What the running application shows; kept from an earlier run unless `again`."""
    path = WORK / "parity" / f"{environments.name(application)}.json"
    if again or not path.exists():
        python = environments.interpreter(application)
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [python, "-m", "benchmarks.parity.observe", name, path]
        subprocess.run(command, env=environment, check=True, timeout=LONGEST, stdout=sys.stderr)
    return recorded.read(path)


def read_source(application: Application) -> list[Claim]:
    """What apilint says of the installed source of the application's own packages, and of nothing else."""
    source = WORK / "source" / environments.name(application)
    if not source.exists():
        installed = environments.site_packages(environments.interpreter(application))
        for package in application.packages:
            only_code = shutil.ignore_patterns("__pycache__", "*.so", "node_modules", "static")
            shutil.copytree(installed / package, source / package, ignore=only_code)
    for name, text in application.files.items():
        (source / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "apilint", "routes", "--format", "json", str(source)]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return claims(json.loads(done.stdout))


def main() -> None:
    """Compare the named applications, all when none is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(known())}; without names, all")
    parser.add_argument("--again", action="store_true", help="start the application also when its routes are known")
    parser.add_argument("--recorded", type=Path, metavar="FILE", help="hold the one named against this observation")
    parser.add_argument("--write", action="store_true", help=f"keep the result in {PAGE.relative_to(REPOSITORY)}")
    options = parser.parse_args()
    if options.recorded and len(options.names) != 1:
        parser.error("--recorded needs exactly one application")
    if unheard := sorted({*options.names} - {*known()}):
        parser.error(f"no file in applications/ for {', '.join(unheard)}")
    results = []
    for name in options.names or known():
        application = load(name)
        if options.recorded:
            observation = recorded.read(options.recorded)
        else:
            observation = observed(name, application, again=options.again)
        comparison = compare(observation, read_source(application), application.packages)
        results.append(report.Result(name, application, observation, comparison))
    text = report.render(results)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
