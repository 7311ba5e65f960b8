"""apilint reads from source what Sanic says at run time, for every fixture application."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import applications, assert_parity


@pytest.mark.parametrize("folder", applications("sanic"), ids=lambda folder: folder.name)
def test_source_tells_what_the_framework_does(folder: Path, tmp_path: Path) -> None:
    assert_parity(folder, tmp_path)
