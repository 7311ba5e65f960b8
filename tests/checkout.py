"""A git repository with one project, for tests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from commandline import apilint
from linting import write


class Checkout:
    """A git repository with one project."""

    def __init__(self, top: Path, project: str = "") -> None:
        self.top = top
        self.root = top / project
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "somebody@shop.example")
        self.git("config", "user.name", "Somebody")

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.top, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, **files: str) -> None:
        write(self.root, {f"{name}.py": text for name, text in files.items()})

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", "A change")
        return self.git("rev-parse", "HEAD")

    def found(self, *words: object) -> set[tuple[str, str]]:
        """File and enclosing handler of what is reported about who may call what."""
        result = apilint("check", "--format", "json", "--select", "APL1", *words)
        assert result.status in (0, 1), result.err
        return {(each["file"], each["route"] or "") for each in json.loads(result.out)["findings"]}
