"""Questions about a program after its start-up: each has steps of its own, and one that needs more has no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.startup import machine
from linting import findings, write

PROGRAM = """from flask import Flask

app = Flask(__name__)


def answer(number):
{statements}
    return number


@app.post("/orders")
def order():
    return answer(1)


@app.post("/offers")
def offer():
    return answer(2)
"""


def test_a_question_that_takes_too_long_has_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MAX_STEPS", 30)
    monkeypatch.setattr(machine, "LATER_STEPS", 20)
    write(tmp_path, {"app.py": PROGRAM.format(statements="\n".join(["    number += 1"] * 40))})
    assert {each.code for each in findings(tmp_path, "APL101", "APL998")} == {"APL101"}
