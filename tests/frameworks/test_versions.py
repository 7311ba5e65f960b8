"""What depends on the version of a library follows what the project says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.config import Config
from apilint.finding import Severity
from apilint.pipeline import Options, survey
from linting import findings, routes, write

MAIN = """\
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException

def require_key(x_key: str = Header("")):
    if x_key != "s3cret":
        raise HTTPException(401)

app = FastAPI()
router = APIRouter()
below = FastAPI()

@below.get("/")
def page(): ...

@router.get("/early")
def early(): ...

router.mount("/below", below)
app.include_router(router, dependencies=[Depends(require_key)])

@router.get("/late")
def late(): ...
"""


def table(folder: Path) -> dict[str, str]:
    return {row.path: f"{row.auth} {row.only_if}".strip() for row in routes(folder)}


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("fastapi==0.136.3", {"/early": "required"}),
        ("fastapi==0.137.0", {"/early": "required", "/late": "required", "/below/": "none"}),
        (
            "fastapi",
            {
                "/early": "required",
                "/late": "required fastapi is 0.137 or newer",
                "/below/": "none fastapi is 0.137 or newer",
            },
        ),
    ],
)
def test_routers_are_copied_or_asked(requirements: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert table(write(tmp_path, {"main.py": MAIN, "requirements.txt": requirements})) == expected


def test_the_version_of_the_environment_counts(tmp_path: Path) -> None:
    (tmp_path / "env" / "lib" / "python3.12" / "site-packages" / "fastapi-0.136.3.dist-info").mkdir(parents=True)
    write(tmp_path, {"main.py": MAIN, "requirements.txt": "fastapi>=0.137"})
    config = Config(environment=str(tmp_path / "env"))
    rows, _ = survey(Options(root=tmp_path, config=config, cache=False, jobs=1))
    assert [row.path for row in rows] == ["/early"]


def test_a_remembered_result_is_forgotten_with_the_requirements(tmp_path: Path) -> None:
    def paths() -> list[str]:
        rows, _ = survey(Options(root=tmp_path, config=Config(), jobs=1))
        return [row.path for row in rows]

    write(tmp_path, {"main.py": MAIN, "requirements.txt": "fastapi==0.137.0"})
    assert paths() == paths() == ["/below/", "/early", "/late"]
    write(tmp_path, {"requirements.txt": "fastapi==0.136.3"})
    assert paths() == ["/early"]


@pytest.mark.parametrize(
    "requirements", ["docs/requirements.txt", "tests/requirements.txt", "examples/requirements.txt", ".venv/uv.lock"]
)
def test_requirements_of_something_else_do_not_count(requirements: str, tmp_path: Path) -> None:
    files = {"main.py": MAIN, requirements: "fastapi==0.136.3", ".venv/pyvenv.cfg": ""}
    assert "/late" in table(write(tmp_path, files))


VIEWS = """\
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response


@permission_classes([IsAuthenticated])
@api_view(["GET"])
def statement(request):
    return Response({"lines": []})
"""


@pytest.mark.parametrize(
    ("requirements", "severity", "said"),
    [
        ("djangorestframework==3.16.1", Severity.ERROR, "never reaches the view"),
        ("djangorestframework==3.17.0", Severity.WARNING, "raises when the view"),
        ("djangorestframework", Severity.ERROR, "never reaches the view"),
    ],
)
def test_an_order_that_is_refused_opens_nothing(
    requirements: str, severity: Severity, said: str, tmp_path: Path
) -> None:
    (found,) = findings(write(tmp_path, {"views.py": VIEWS, "requirements.txt": requirements}), "APL104")
    assert found.severity is severity
    assert said in found.message
