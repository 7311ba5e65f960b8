"""Django's tutorial text -> the project that a reader has after each part.

The text shows pieces of files: a block of code under the name of its file. A reader adds the imports, replaces what has
the same name, keeps what a piece leaves out (`...`), and puts a method into the class that has it. So does this.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

BLOCK = re.compile(
    r"^\.\. code-block:: (?P<language>[\w+]+)\n +:caption: ``(?P<file>[^`]+)``\n\n(?P<code>(?: +.*\n|\n)+)",
    re.MULTILINE,
)
PARTS = (1, 2, 3, 4, 5, 7)  # part 6 is about style sheets, part 8 about an application of others
SEED = """\
from django.utils import timezone


def fill():
    from polls import models

    if hasattr(models, "Question"):
        question = models.Question.objects.create(question_text="What's new?", pub_date=timezone.now())
        question.choice_set.create(choice_text="Not much")
"""


def states(docs: Path, folder: Path) -> Iterator[int]:
    """Build the project in `folder`, and stop at the end of each part."""
    folder.mkdir(parents=True)
    _run("startproject", "mysite", ".", cwd=folder)
    _run("startapp", "polls", cwd=folder)
    (folder / "seed.py").write_text(SEED, encoding="utf-8")
    for part in PARTS:
        text = (docs / "intro" / f"tutorial{part:02}.txt").read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            _write(folder / block["file"], block["language"], textwrap.dedent(block["code"]))
        yield part


def _run(*arguments: str, cwd: Path) -> None:
    subprocess.run([sys.executable, "-m", "django", *arguments], cwd=cwd, check=True, capture_output=True)


def _write(file: Path, language: str, code: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if language == "python" and file.name not in ("tests.py", "shell"):
        known = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        shown = ast.parse(code).body
        for index, statement in enumerate(shown, start=1):
            _merge(_body_of_method(known.body, statement), statement, before=shown[index:])
        file.write_text(ast.unparse(known) + "\n", encoding="utf-8")
    elif language == "html+django" and not code.startswith("<li>"):  # a line of a template that stands already
        file.write_text(code, encoding="utf-8")


def _merge(body: list[ast.stmt], new: ast.stmt, before: Sequence[ast.stmt] = ()) -> None:
    """Put a statement where a reader puts it: what is new, before what follows it in the text."""
    if isinstance(new, (ast.Import, ast.ImportFrom)):
        if ast.unparse(new) not in map(ast.unparse, body):
            body.insert(0, new)
        return
    if isinstance(new, ast.Expr) and isinstance(new.value, ast.Tuple):
        return  # a line of a list that stands already
    place = _place(body, new)
    if place is None:
        following = (_place(body, each) for each in before)
        body.insert(next((index for index in following if index is not None), len(body)), new)
    elif isinstance(new, ast.ClassDef):
        old = body[place]
        assert isinstance(old, ast.ClassDef)
        for member in new.body:
            if not _is_left_out(member):
                _merge(old.body, member)
    elif not (isinstance(new, ast.FunctionDef) and all(map(_is_left_out, new.body))):
        body[place] = new


def _body_of_method(body: list[ast.stmt], new: ast.stmt) -> list[ast.stmt]:
    """Where a statement belongs: a method that is shown without its class belongs to the class that has it."""
    if not (isinstance(new, ast.FunctionDef) and [each.arg for each in new.args.args[:1]] == ["self"]):
        return body
    return next(each.body for each in body if isinstance(each, ast.ClassDef) and _place(each.body, new) is not None)


def _place(body: list[ast.stmt], new: ast.stmt) -> int | None:
    name = _name(new)
    return next((index for index, old in enumerate(body) if _name(old) == name), None)


def _name(statement: ast.stmt) -> str:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return statement.name
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):  # `admin.site.register(Question, …)`
        return f"{ast.unparse(statement.value.func)}({', '.join(map(ast.unparse, statement.value.args[:1]))})"
    return ast.unparse(statement.targets[0] if isinstance(statement, ast.Assign) else statement)


def _is_left_out(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
