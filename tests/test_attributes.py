"""Which functions may set an attribute, by their text alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.config import Config
from apilint.pipeline import Options, Run
from linting import write


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("request.user = None", True),
        ("first = request.user = None", True),
        ("(request.user) = None", True),
        ("request.user \\\n        = None", True),
        ("request . user=None", True),
        ("return request.user == None", False),
        ("return request.user.name", False),
        ("request.users = request.user", False),
        ("save(user=None)", False),
    ],
)
def test_an_attribute_is_set_where_an_equals_sign_follows(tmp_path: Path, line: str, may: bool) -> None:
    write(tmp_path, {"main.py": f"def view(request):\n    {line}\n\ndef other(request):\n    request.user = 1\n"})
    project = Run(Options(root=tmp_path, config=Config(), cache=False, jobs=1)).project
    view = project.function("main:view")
    assert view is not None
    assert project.index.may_assign(view, "user") is may
