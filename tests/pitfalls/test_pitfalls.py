"""The mistakes that people repeat: framework and apilint side by side, over the versions where they differ.

What apilint says is tested every day, against the answers that the table of cases gives; that frameworks of all the
versions do give these answers is tested by `make pitfalls`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from apilint.finding import Precision
from linting import findings, routes, write
from parity.harness import Application, Claim, differences, load, observe, table

from .cases import CASES, ENVIRONMENTS, INSTALLED, SETTINGS, Case
from .environments import interpreter

TURNED_AWAY = (401, 403, 302, -401, -403)


def python(case: Case) -> Path:
    if case.environment == INSTALLED:
        return Path(sys.executable)
    return interpreter(case.environment, ENVIRONMENTS[case.environment])


def project(case: Case, folder: Path) -> Application:
    """The case as a project, with the requirements of its environment."""
    is_django = case.framework in ("django", "drf")
    described = {"framework": case.framework} | ({"settings": "settings"} if is_django else {"app": "main:app"})
    lines = [f"{key} = {json.dumps(value)}" for key, value in described.items()]
    lines += ["[verdicts]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in case.verdicts.items())]
    files = {"parity.toml": "\n".join(lines) + "\n", "urls.py" if is_django else "main.py": case.code}
    if is_django:
        files["settings.py"] = SETTINGS + case.settings
    if case.environment != INSTALLED:
        files["requirements.txt"] = "\n".join(ENVIRONMENTS[case.environment]) + "\n"
    return load(write(folder, files))


def claims(folder: Path) -> list[Claim]:
    """What apilint says, in this process."""
    return [
        Claim(method, row.path, row.handler, row.file, row.line, row.auth, tuple(guard.name for guard in row.guards))
        for row in routes(folder)
        for method in row.methods or ("ANY",)
    ]


def expected(case: Case) -> dict[str, tuple[str, ...]]:
    """The verdicts that agree with the answers."""
    return {
        route: (case.verdicts[route],)
        if route in case.verdicts
        else ("required",)
        if status in TURNED_AWAY
        else ("none", "optional")
        for route, status in case.answers.items()
    }


@pytest.mark.parametrize("case", [case for case in CASES if not case.raises], ids=str)
def test_the_verdicts_follow_from_the_answers(case: Case, tmp_path: Path) -> None:
    said = {f"{claim.method} {claim.path}": claim.auth for claim in claims(project(case, tmp_path).folder)}
    agreeing = expected(case)
    assert said.keys() == agreeing.keys()
    assert {route: verdict for route, verdict in said.items() if verdict not in agreeing[route]} == {}


@pytest.mark.parametrize("case", [case for case in CASES if case.finds or case.silent], ids=str)
def test_the_rules_speak_up(case: Case, tmp_path: Path) -> None:
    found = findings(project(case, tmp_path).folder, *case.finds, *case.silent)
    assert {each.code for each in found if each.precision.rank >= Precision.MEDIUM.rank} == set(case.finds)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if not case.raises], ids=str)
def test_the_framework_gives_the_answers(case: Case, tmp_path: Path) -> None:
    application = project(case, tmp_path)
    rows = observe(application, python(case))
    assert {f"{row.method} {row.path}": row.status for row in rows} == case.answers
    found = list(differences(application, rows, claims(tmp_path)))
    assert not found, "\n" + table(application, found)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.raises], ids=str)
def test_the_framework_refuses_to_start(case: Case, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=rf"\n{case.raises}: "):
        observe(project(case, tmp_path), python(case))


def test_every_environment_is_used() -> None:
    assert {case.environment for case in CASES} == {*ENVIRONMENTS, INSTALLED}
