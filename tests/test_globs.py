"""Path patterns agree with git's."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from apilint.globs import Globs


@pytest.mark.parametrize(
    ("patterns", "path", "decision"),
    [
        (["*.pyc"], "a/b.pyc", True),
        (["*.pyc"], "a/b.py", None),
        (["build/"], "build/", True),
        (["build/"], "src/build/x.py", True),
        (["build/"], "src/build", None),
        (["/build"], "src/build/x.py", None),
        (["/build"], "build/x.py", True),
        (["a/b"], "x/a/b", None),
        (["a/b"], "a/b/c.py", True),
        (["**/b"], "x/a/b", True),
        (["a/**"], "a/", None),
        (["a/*"], "a/", None),
        (["a/*/"], "a/", None),
        (["a/**"], "a/b/c.py", True),
        (["a/**/c.py"], "a/c.py", True),
        (["a/**/c.py"], "a/x/y/c.py", True),
        (["a?c.py"], "abc.py", True),
        (["a?c.py"], "a/c.py", None),
        (["[a-c].py"], "b.py", True),
        (["[!a-c].py"], "b.py", None),
        (["[!a-c].py"], "d.py", True),
        (["[z-a].py"], "z.py", None),
        (["[a.py"], "[a.py", None),
        (["\\!x.py"], "!x.py", True),
        (["\\#x.py"], "#x.py", True),
        (["# x.py"], "# x.py", None),
        (["x.py  "], "x.py", True),
        (["x.py\\ "], "x.py ", True),
        (["", "/", "//"], "x.py", None),
        (["*.py", "!keep.py"], "keep.py", False),
        (["*.py", "!keep.py", "a/keep.py"], "a/keep.py", True),
        (["café/"], "café/x.py", True),
    ],
)
def test_decisions(patterns: list[str], path: str, decision: bool | None) -> None:
    assert Globs(patterns).decide(path) is decision


def test_no_patterns() -> None:
    assert not Globs(["# only a comment", ""])
    assert not Globs([]).match("x.py")


PATHS = ["x.py", "a/x.py", "a/b/x.py", "a/b/c/x.py", "b/a/x.py", "a.py", "ab.py", "a-b/x.py", "a/.x.py", "a]/x.py"]
PATTERNS = [
    "a", "a/", "/a", "/a/", "a/b", "a/b/", "a/*", "a/**", "**/a", "**/b/x.py", "a/**/x.py", "*", "*/", "*.py", "/*.py",
    "a*", "a*/", "?.py", "??.py", "[ab].py", "[!a].py", "[^a].py", "a[-]b", "a[]]", "**", "**/", "***", "a**",
    "/**/x.py", "a//b", "./a", "a/b/c/x.py", ".*", "\\a", "a\\", "[a-]b.py", "[]-a].py",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_git_agrees(pattern: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / ".gitignore").write_text(pattern + "\n")
    ignored = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "--", *PATHS], cwd=tmp_path, capture_output=True, text=True
    ).stdout.split("\n")
    globs = Globs([pattern])
    assert [path for path in PATHS if globs.match(path)] == [path for path in PATHS if path in ignored]
