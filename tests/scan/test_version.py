"""The scanner's version is stable, and asking for it loads no parser."""

from __future__ import annotations

import subprocess
import sys

from apilint import scan


def test_the_version_is_a_digest() -> None:
    assert scan.digest() == scan.VERSION
    assert len(scan.VERSION) == 16


def test_asking_for_the_version_imports_no_parser() -> None:
    code = "import apilint.scan, sys; apilint.scan.VERSION; sys.exit('tree_sitter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
