"""Observations as files: what a run in an application's environment wrote, or was recorded elsewhere in this form."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Observation, Row


def write(path: Path, observation: Observation) -> None:
    """Write an observation as JSON, whole or not at all."""
    rows = [{key: value for key, value in asdict(row).items() if value is not None} for row in observation.rows]
    text = json.dumps(
        {
            "version": observation.version,
            "python": observation.python,
            "framework_versions": dict(observation.frameworks),
            "loaded": sorted(observation.loaded),
            "routes": rows,
        },
        indent=1,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def read(path: Path) -> Observation:
    """Read an observation, gzipped or not."""
    data = path.read_bytes()
    stated: dict[str, Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return Observation(
        version=stated["version"],
        python=stated["python"],
        frameworks=stated["framework_versions"],
        rows=tuple(_row(row) for row in stated["routes"]),
        loaded=frozenset(stated.get("loaded", ())),
    )


def _row(stated: dict[str, Any]) -> Row:
    known = {key: stated[key] for key in Row.__dataclass_fields__ if key in stated}
    return Row(**{**known, "guards": tuple(known.get("guards", ()))})
