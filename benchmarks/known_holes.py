"""Published holes: apilint must find each in the version that has it, and be silent where it is mended.

`python -m benchmarks.known_holes` downloads both versions of each package; exit status 1 if one is missed or a
mended one is still reported.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.packages import unpacked


class Place(NamedTuple):
    """Lines of a file in which a finding counts. `what` is the route or the function."""

    what: str
    file: str
    first: int
    last: int


class Hole(NamedTuple):
    """One hole: the rules that may find it, where it stands and where it stood."""

    title: str
    rules: frozenset[str]
    broken: str
    holes: tuple[Place, ...]
    mended: str
    repaired: tuple[Place, ...]


def places(file: str, *spans: tuple[str, int, int]) -> tuple[Place, ...]:
    return tuple(Place(what, file, first, last) for what, first, last in spans)


WITHOUT_AUTH = frozenset({"APL101", "APL102"})

# The decorators stand in the same lines in both versions of changedetection.io: only their order differs.
CHANGEDETECTION = (
    *places(
        "changedetectionio/blueprint/backups/__init__.py",
        ("GET /backups/request-backup", 101, 103),
        ("GET /backups/download/<string:filename>", 144, 146),
        ("GET /backups/ and GET /backups/create", 168, 171),
        ("GET /backups/remove-backups", 179, 181),
    ),
    *places(
        "changedetectionio/blueprint/backups/restore.py",
        ("GET /backups/restore", 177, 179),
        ("POST /backups/restore/start", 187, 189),
    ),
    *places(
        "changedetectionio/blueprint/browser_steps/__init__.py",
        ("GET /browser-steps/browsersteps_start_session", 271, 274),
        ("GET /browser-steps/browsersteps_image", 307, 309),
        ("POST /browser-steps/browsersteps_update", 333, 335),
    ),
)

HOLES = (
    Hole(
        "langflow: code of a stranger is validated by running it (CVE-2025-3248)",
        WITHOUT_AUTH,
        "langflow-base==0.2.0",
        places("langflow/api/v1/validate.py", ("POST /api/v1/validate/code", 12, 13)),
        "langflow-base==0.3.0",
        places("langflow/api/v1/validate.py", ("POST /api/v1/validate/code", 13, 14)),
    ),
    Hole(
        "open-webui: utilities that format, render and export for anybody",
        WITHOUT_AUTH,
        "open-webui==0.5.12",
        places(
            "open_webui/routers/utils.py",
            ("GET /api/v1/utils/gravatar", 17, 20),
            ("POST /api/v1/utils/code/format", 28, 29),
            ("POST /api/v1/utils/markdown", 43, 46),
            ("POST /api/v1/utils/pdf", 55, 58),
        ),
        "open-webui==0.5.13",
        places(
            "open_webui/routers/utils.py",
            ("GET /api/v1/utils/gravatar", 21, 22),
            ("POST /api/v1/utils/code/format", 30, 31),
            ("POST /api/v1/utils/markdown", 73, 76),
            ("POST /api/v1/utils/pdf", 85, 88),
        ),
    ),
    Hole(
        "changedetection.io: the guard stands above the route",
        frozenset({"APL103"}),
        "changedetection.io==0.54.7",
        CHANGEDETECTION,
        "changedetection.io==0.54.8",
        CHANGEDETECTION,
    ),
    Hole(
        "litellm: a bearer token goes into SQL by way of a wrapper",
        frozenset({"APL201"}),
        "litellm==1.83.0",
        places("litellm/proxy/utils.py", ("PrismaClient.get_data", 2955, 2997)),
        "litellm==1.83.7",
        places("litellm/proxy/utils.py", ("the wrapper", 2725, 2762), ("PrismaClient.get_data", 2764, 3188)),
    ),
)


def findings(tree: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "apilint", "check", "--no-cache", "--exit-zero", "--format", "json", tree]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if not result.stdout:
        raise RuntimeError(result.stderr)
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return found


def at(place: Place, rules: frozenset[str], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        finding
        for finding in found
        if finding["code"] in rules
        and finding["file"].endswith(place.file)
        and place.first <= finding["line"] <= place.last
    ]


def report(hole: Hole) -> bool:
    """Print what was found, and say whether it is what should be."""
    print(f"\n{hole.title}")
    good = True
    for requirement, where, expected in ((hole.broken, hole.holes, True), (hole.mended, hole.repaired, False)):
        found = findings(unpacked(requirement))
        for place in where:
            hits = at(place, hole.rules, found)
            good &= bool(hits) == expected
            verdict = {(True, True): "found", (False, False): "silent", (True, False): "STILL REPORTED"}
            said = verdict.get((bool(hits), expected), "MISSED")
            print(f"  {said:14} {requirement:28} {place.what} ({place.file}:{place.first})")
            for finding in hits:
                print(f"  {'':14} {finding['code']} line {finding['line']}: {finding['message']}")
    return good


def main() -> None:
    results = [report(hole) for hole in HOLES]
    print(f"\n{sum(results)} of {len(results)} holes are found and silent once mended.")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
