"""Trees of the frameworks' repositories -> the example applications of their documentation, each a project of its own.

Every function takes a tree as it was cloned and an empty folder, writes one project after the other below the folder in
the form that `tests/parity/harness.py` reads (the example's own files, and a `parity.toml` that says what to run), and
yields them. What the documentation leaves to the reader (a Django project around a Ninja API, the folder that files are
served from, a variable of the environment) is added here and nowhere else.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import django_tutorial

CACHES = shutil.ignore_patterns("__pycache__", "test_*.py", "tests")
FASTAPI_APP = re.compile(r"^app\b.*= *FastAPI\(", re.MULTILINE)
STARLETTE_APP = re.compile(r"^app = Starlette\(", re.MULTILINE)
FENCED = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DRF_SEED = """\
from django.core.management import call_command


def fill():
    call_command("loaddata", "users", "snippets")
"""
NINJA_SETTINGS = """\
SECRET_KEY = "documentation"
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.admin",
    "someapp",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
SOMEAPP = """\
from django.db import models


class Client(models.Model):
    key = models.CharField(max_length=40)
"""
NINJA_URLS = """\
from django.urls import path

from example import api

urlpatterns = [path("api/", api.urls)]
"""


class Example(NamedTuple):
    """An example application: how the documentation's sources call it, and where it stands now."""

    name: str
    folder: Path


# ----------------------------------------------------------------------------------------------------------- FastAPI


def fastapi(tree: Path, scratch: Path) -> Iterator[Example]:
    """`docs_src`: a file that makes an application is one, and so is a package with a `main.py` that does."""
    sources = tree / "docs_src"
    for source in sorted(sources.rglob("*.py")):
        name = source.relative_to(sources).with_suffix("").as_posix()
        is_part = (source.parent / "main.py").exists() and source.name != "main.py"
        if is_part or not FASTAPI_APP.search(source.read_text(encoding="utf-8")):
            continue
        folder = scratch / name.replace("/", "-")
        if source.name == "main.py":
            package = source.parent.name
            shutil.copytree(source.parent, folder / package, ignore=CACHES)
            app = f"{package}.main:app"
        else:
            shutil.copytree(source.parent, folder, ignore=_folders_without_python)
            shutil.copy(source, folder)
            app = f"{source.stem}:app"
        for needed in ("static", "dist"):
            (folder / needed).mkdir(exist_ok=True)
        for page in ("index.html", "404.html"):
            (folder / "dist" / page).touch()
        _describe(folder, framework="fastapi", app=app, environment={"ADMIN_EMAIL": "admin@example.com"})
        yield Example(name, folder)


def _folders_without_python(_folder: str, names: list[str]) -> list[str]:
    """Beside an example stand other examples, and the folders with its templates and static files."""
    return [name for name in names if "." in name or name.startswith(("app_", "__"))]


# ---------------------------------------------------------------------------------------------------------- Starlette


def starlette(tree: Path, scratch: Path) -> Iterator[Example]:
    """The pages' blocks of code that make an application named `app`."""
    for page in sorted((tree / "docs").rglob("*.md")):
        blocks = FENCED.findall(page.read_text(encoding="utf-8"))
        for number, block in enumerate(blocks, start=1):
            if STARLETTE_APP.search(block):
                folder = scratch / f"{page.stem}-{number}"
                for needed in ("static", "templates"):
                    (folder / needed).mkdir(parents=True)
                (folder / "example.py").write_text(block, encoding="utf-8")
                _describe(folder, framework="starlette", app="example:app")
                yield Example(f"{page.stem} block {number}", folder)


# -------------------------------------------------------------------------------------------------------------- Flask


def flask(tree: Path, scratch: Path) -> Iterator[Example]:
    """`examples/tutorial` and its neighbours."""
    known = {
        "tutorial": {"app": "flaskr:create_app()", "seed": "flaskr.db:init_db"},
        "javascript": {"app": "js_example:app"},
        "celery": {"app": "task_app:create_app()", "root": "src"},
    }
    for example, settings in known.items():
        folder = scratch / example
        shutil.copytree(tree / "examples" / example, folder, ignore=CACHES)
        _describe(folder, framework="flask", **settings)
        yield Example(example, folder)


# ------------------------------------------------------------------------------------------- Django, DRF and Ninja


def django(tree: Path, scratch: Path) -> Iterator[Example]:
    """The tutorial's project as it stands at the end of each part."""
    for part in django_tutorial.states(tree / "docs", scratch / "djangotutorial"):
        folder = scratch / f"part{part:02}"
        shutil.copytree(scratch / "djangotutorial", folder, ignore=CACHES)
        _describe(folder, framework="django", settings="mysite.settings", seed="seed:fill")
        yield Example(f"part {part}", folder)


def ninja(tree: Path, scratch: Path) -> Iterator[Example]:
    """`docs/src`: each file on its own, in the smallest Django project; what has no API gets the one it speaks of."""
    sources = tree / "docs" / "src"
    for source in sorted(sources.rglob("*.py")):
        code = source.read_text(encoding="utf-8")
        name = source.relative_to(sources).with_suffix("").as_posix()
        folder = scratch / name.replace("/", "-")
        (folder / "someapp").mkdir(parents=True)
        (folder / "someapp" / "models.py").write_text(SOMEAPP, encoding="utf-8")
        if not re.search(r"^api = ", code, re.MULTILINE):
            code = f"from ninja import NinjaAPI\n\napi = NinjaAPI()\n\n{code}"
        (folder / "example.py").write_text(code, encoding="utf-8")
        (folder / "urls.py").write_text(NINJA_URLS if "urlpatterns" not in code else code, encoding="utf-8")
        (folder / "settings.py").write_text(NINJA_SETTINGS, encoding="utf-8")
        _describe(folder, framework="django", settings="settings")
        yield Example(name, folder)


def drf(tree: Path, scratch: Path) -> Iterator[Example]:
    """The repository that holds the tutorial's last state."""
    folder = scratch / "rest-framework-tutorial"
    shutil.copytree(tree, folder, ignore=CACHES)
    (folder / "seed.py").write_text(DRF_SEED, encoding="utf-8")
    _describe(folder, framework="django", settings="tutorial.settings", seed="seed:fill")
    yield Example("rest-framework-tutorial", folder)


def _describe(folder: Path, *, environment: Mapping[str, str] | None = None, **settings: str) -> None:
    """Write the example's `parity.toml`; a string of JSON is one of TOML."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    if environment:
        lines += ["[environment]", *(f"{key} = {json.dumps(value)}" for key, value in environment.items())]
    (folder / "parity.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
