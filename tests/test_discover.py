"""Which files of a project are looked at, and under which names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apilint.config import Config
from apilint.discover import Discovered, discover, is_test_path, module_names
from apilint.finding import Diagnostic

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@shop.example"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, env=environment)


def plain(root: Path) -> None:
    """A folder that no version control knows."""


def fresh_checkout(root: Path) -> None:
    git(root, "init", "-q")


def committed(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "all")


everywhere = pytest.mark.parametrize(
    "prepare", [plain, pytest.param(fresh_checkout, marks=needs_git), pytest.param(committed, marks=needs_git)]
)
Prepare = Callable[[Path], None]


def paths(found: Discovered) -> list[str]:
    return [file.path for file in found.files]


@everywhere
def test_python_files_in_order(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "b.py", "a/z.py", "a.txt", "a/b/c.py", "x.pyi", "notebook.ipynb", "a b/ü.py", ".github/x.py")
    prepare(tmp_path)
    found = discover(tmp_path, Config())
    assert paths(found) == [".github/x.py", "a b/ü.py", "a/b/c.py", "a/z.py", "b.py"]
    assert found.diagnostics == ()


@everywhere
def test_what_is_never_looked_at(tmp_path: Path, prepare: Prepare) -> None:
    tree(
        tmp_path, "app.py", "env/pyvenv.cfg", "env/bin/activate_this.py", "lib/site-packages/x.py", "node_modules/x.py",
        "web/node_modules/a/x.py", "build/lib/x.py", "dist/x.py", "docs/_build/x.py", ".tox/x.py", "a/__pycache__/x.py",
        ".eggs/x.py",
    )  # fmt: skip
    prepare(tmp_path)
    assert paths(discover(tmp_path, Config())) == ["app.py"]


@everywhere
def test_installed_packages_are_others(tmp_path: Path, prepare: Prepare) -> None:
    """`pip install --target libs`, which is kept in the repository."""
    installed = (
        "libs/flask/app.py",
        "libs/flask-3.1.0.dist-info/METADATA",
        "libs/six.py",
        "libs/six-1.17.dist-info/METADATA",
    )
    tree(tmp_path, "app.py", *installed, "src/shop/app.py", "src/shop-1.0.dist-info/METADATA")
    prepare(tmp_path)
    found = discover(tmp_path, Config())
    assert paths(found) == ["app.py", "src/shop/app.py"]
    assert found.diagnostics == (Diagnostic("libs", 0, "skipped: a folder of installed packages", fatal=False),)
    asked = discover(tmp_path, Config(), [tmp_path / "libs"])
    assert paths(asked) == ["app.py", "libs/flask/app.py", "libs/six.py", "src/shop/app.py"]
    assert paths(discover(tmp_path / "libs", Config())) == ["flask/app.py", "six.py"]


@everywhere
def test_packages_called_build_are_code(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "shop/__init__.py", "shop/build/tasks.py", "dist/__init__.py")
    prepare(tmp_path)
    assert paths(discover(tmp_path, Config())) == ["dist/__init__.py", "shop/__init__.py", "shop/build/tasks.py"]


@everywhere
def test_root_inside_an_environment(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, ".venv/pyvenv.cfg", ".venv/lib/site-packages/shop/app.py", ".venv/lib/site-packages/shop/build/x.py")
    (tmp_path / ".gitignore").write_text(".venv/\n")
    prepare(tmp_path)
    assert paths(discover(tmp_path / ".venv/lib/site-packages/shop", Config())) == ["app.py"]
    assert paths(discover(tmp_path / ".venv/lib/site-packages", Config())) == ["shop/app.py"]


def test_gitignore(tmp_path: Path) -> None:
    def check() -> None:
        assert paths(discover(tmp_path, Config())) == ["app.py", "local/keep.py", "sub/local/y.py", "sub/x.py"]
        assert paths(discover(tmp_path / "sub", Config())) == ["local/y.py", "x.py"]

    tree(tmp_path, "app.py", "local/keep.py", "local/x.py", "gen/a/x.py", "sub/local/y.py", "sub/x.py", "sub/out/x.py")
    (tmp_path / ".gitignore").write_text("/local/*\n!keep.py\ngen/\nsecret*.py\n")
    (tmp_path / "sub/.gitignore").write_text("out/\n")
    check()
    if shutil.which("git"):
        committed(tmp_path)
        tree(tmp_path, "secret_new.py", "gen/new.py")
        check()


@needs_git
def test_tracked_deleted_and_new_files(tmp_path: Path) -> None:
    tree(tmp_path, "kept.py", "deleted.py", "ignored_but_tracked.py")
    committed(tmp_path)
    (tmp_path / "deleted.py").unlink()
    (tmp_path / ".gitignore").write_text("ignored*\n")
    tree(tmp_path, "new.py", "ignored_new.py")
    found = discover(tmp_path, Config())
    assert paths(found) == ["ignored_but_tracked.py", "kept.py", "new.py"]
    assert found.diagnostics == ()


@needs_git
def test_without_git_on_the_path_the_gitignore_still_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "app/x.py", "app/gen/x.py", "gen/x.py")
    (tmp_path / ".gitignore").write_text("gen/\n")
    committed(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert paths(discover(tmp_path, Config())) == ["app/x.py"]
    assert paths(discover(tmp_path / "app", Config())) == ["x.py"]


@needs_git
def test_inside_a_git_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path / "repo", "app.py")
    committed(tmp_path / "repo")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere/index"))
    assert paths(discover(tmp_path / "repo", Config())) == ["app.py"]


@needs_git
def test_submodules(tmp_path: Path) -> None:
    tree(tmp_path / "lib", "shared.py")
    committed(tmp_path / "lib")
    tree(tmp_path / "repo", "app.py")
    committed(tmp_path / "repo")
    git(
        tmp_path / "repo",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        str(tmp_path / "lib"),
        "vendor/lib",
    )
    assert paths(discover(tmp_path / "repo", Config())) == ["app.py", "vendor/lib/shared.py"]


@needs_git
def test_the_configuration_of_a_checkout_starts_no_program(tmp_path: Path) -> None:
    tree(tmp_path, "app.py")
    committed(tmp_path)
    witness = tmp_path / "started"
    git(tmp_path, "config", "core.fsmonitor", f"touch {witness} #")
    assert paths(discover(tmp_path, Config())) == ["app.py"]
    assert not witness.exists()


@everywhere
def test_excludes(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "app.py", "legacy/x.py", "a/legacy/y.py", "a/gen_x.py", "docs/conf.py", "a/docs/z.py")
    prepare(tmp_path)
    config = Config(exclude=("legacy/", "gen_*.py", "/docs"))
    assert paths(discover(tmp_path, config)) == ["a/docs/z.py", "app.py"]
    named = [tmp_path / "legacy/x.py", tmp_path / "legacy"]
    assert paths(discover(tmp_path, config, named)) == ["a/docs/z.py", "app.py"]


@everywhere
def test_what_the_user_names_is_taken_although_ignored(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "app.py", "gen/x.py", "gen/sub/y.py", "out/z.py", "tool")
    (tmp_path / ".gitignore").write_text("gen/\nout/\n")
    prepare(tmp_path)
    named = [tmp_path / "gen", tmp_path / "out/z.py", tmp_path / "tool", tmp_path / "app.py", tmp_path]
    assert paths(discover(tmp_path, Config(), named)) == ["app.py", "gen/sub/y.py", "gen/x.py", "out/z.py", "tool"]


@everywhere
def test_an_empty_repository(tmp_path: Path, prepare: Prepare) -> None:
    (tmp_path / "README.md").touch()
    prepare(tmp_path)
    assert discover(tmp_path, Config()) == Discovered((), (), (), ())


@everywhere
def test_a_large_file_is_a_diagnostic(tmp_path: Path, prepare: Prepare) -> None:
    (tmp_path / "data.py").write_bytes(b"x" * 1001)
    (tmp_path / "fits.py").write_bytes(b"x" * 1000)
    prepare(tmp_path)
    found = discover(tmp_path, Config(max_file_size=1000))
    assert paths(found) == ["fits.py"]
    assert found.diagnostics == (
        Diagnostic("data.py", 0, "skipped: larger than 1,000 bytes (max-file-size): 1,001", fatal=False),
    )


@needs_links
@everywhere
def test_links(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "pkg/real.py")
    (tmp_path / "pkg/alias.py").symlink_to("real.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "broken.py").symlink_to("nowhere.py")
    (tmp_path / ".#real.py").symlink_to("somebody@host.1234")
    (tmp_path / "pkg/up").symlink_to("..")
    (tmp_path / "pkg/self").symlink_to("self")
    prepare(tmp_path)
    found = discover(tmp_path, Config())
    assert paths(found) == ["pkg/alias.py", "pkg/real.py"]
    assert [(d.file, d.fatal) for d in found.diagnostics] == [("broken.py", False), ("loop.py", False)]
    assert found.diagnostics[0].message == "skipped: a broken symbolic link"
    assert "Too many levels of symbolic links" in found.diagnostics[1].message


@needs_links
def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    tree(tmp_path, "folder.py/x.py")
    found = discover(tmp_path, Config())
    assert paths(found) == ["folder.py/x.py"]
    assert found.diagnostics == (Diagnostic("pipe.py", 0, "skipped: not a regular file", fatal=False),)


@everywhere
def test_a_folder_that_cannot_be_read(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "app.py", "secret/x.py")
    (tmp_path / ".gitignore").write_text("x\n")
    if prepare is not committed:
        prepare(tmp_path)
    (tmp_path / "secret").chmod(0)
    if os.access(tmp_path / "secret", os.R_OK):
        pytest.skip("nothing is forbidden to this user")
    try:
        found = discover(tmp_path, Config())
    finally:
        (tmp_path / "secret").chmod(0o700)
    assert paths(found) == ["app.py"]
    assert found.diagnostics == (Diagnostic("secret", 0, "cannot be read: Permission denied"),)


def test_a_root_that_is_gone(tmp_path: Path) -> None:
    found = discover(tmp_path / "gone", Config())
    assert found.files == ()
    assert found.diagnostics == (Diagnostic(".", 0, "cannot be read: No such file or directory"),)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
@everywhere
def test_a_name_that_is_not_utf8(tmp_path: Path, prepare: Prepare) -> None:
    tree(tmp_path, "app.py")
    with open(os.fsencode(tmp_path) + b"/caf\xe9.py", "wb"):
        pass
    prepare(tmp_path)
    found = discover(tmp_path, Config())
    assert paths(found) == ["app.py"]
    assert found.diagnostics == (Diagnostic("caf\ufffd.py", 0, "skipped: its name is not UTF-8"),)


@everywhere
def test_project_folders(tmp_path: Path, prepare: Prepare) -> None:
    tree(
        tmp_path, "pyproject.toml", "services/a/setup.py", "services/b/pyproject.toml", "site/manage.py", "site/x/y.py"
    )
    prepare(tmp_path)
    assert discover(tmp_path, Config()).projects == ("", "services/a", "services/b", "site")


# ------------------------------------------------------------------------------------------ what a path says


@pytest.mark.parametrize(
    "path",
    ["tests/api/x.py", "shop/tests.py", "shop/tests/factories.py", "test_x.py", "a/x_test.py", "conftest.py",
     "shop/pytest_plugin.py",
     "app/testing/client.py", "integration_tests/x.py"],
)  # fmt: skip
def test_test_paths(path: str) -> None:
    assert is_test_path(path)


@pytest.mark.parametrize(
    "path", ["app/contest.py", "app/latest.py", "testimonials/views.py", "app/testdata.py", "attest/x.py"]
)
def test_no_test_paths(path: str) -> None:
    assert not is_test_path(path)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ("main.py", "main"),
        ("shop/__init__.py shop/api/__init__.py shop/api/items.py", "shop shop.api shop.api.items"),
        ("src/shop/__init__.py src/shop/x.py", "shop shop.x"),
        ("src/main.py src/db.py", "main db"),
        ("app/main.py app/api/items.py", "app.main app.api.items"),
        ("scripts/a.py scripts/b.py", "scripts.a scripts.b"),
        ("backend/app/__init__.py backend/app/x.py backend/run.py", "app app.x run"),
        ("backend/app/__init__.py backend/tools/y.py", "app tools.y"),
        ("shop/__init__.py shop/sql/x.py", "shop shop.sql.x"),
        ("shop/__init__.py shop/gap/sub/__init__.py", "shop shop.gap.sub"),
        ("site/manage.py site/shop/urls.py", "manage shop.urls"),
        ("site/__init__.py site/manage.py site/shop/__init__.py", "__init__ manage shop"),
        ("a/setup.py a/shop/x.py b/setup.py b/shop/x.py", "setup shop.x setup shop.x"),
        ("a/src/app/main.py b/src/app/main.py", "app.main app.main"),
        ("shop/__init__.py shop/log/__init__.py shop/log/setup.py", "shop shop.log shop.log.setup"),
        ("shop/__init__.py shop/cli/__init__.py shop/cli/manage.py", "shop shop.cli shop.cli.manage"),
        ("__init__.py views.py api/__init__.py", "__init__ views api"),
        ("tool", "tool"),
    ],
)
def test_module_names(files: str, names: str) -> None:
    assert list(module_names(files.split()).values()) == names.split()


def test_project_folders_give_names() -> None:
    assert module_names(["services/a/ns/x.py"], projects=["services/a"]) == {"services/a/ns/x.py": "ns.x"}


def test_imports_tell_a_package_with_a_manage_script_from_a_project_with_a_stray_init() -> None:
    files = ["shop/__init__.py", "shop/manage.py", "shop/urls.py"]
    assert list(module_names(files, imports=["urls", "django.urls"]).values()) == ["__init__", "manage", "urls"]
    assert list(module_names(files, imports=["shop.urls"]).values()) == ["shop", "shop.manage", "shop.urls"]
    files += ["shop/cart/__init__.py", "shop/orders/__init__.py"]
    imports = ["shop.cart.models", "cart.models", "orders.models"]
    assert list(module_names(files, imports=imports).values()) == ["__init__", "manage", "urls", "cart", "orders"]


def test_imports_tell_namespace_packages_from_import_roots() -> None:
    files = ["src/auth/x.py", "company/shop/__init__.py", "docker/app/__init__.py"]
    assert list(module_names(files).values()) == ["auth.x", "shop", "app"]
    imports = ["src.auth.x", "company.shop", "docker", "docker.errors", ".docker.app"]
    assert list(module_names(files, imports=imports).values()) == ["src.auth.x", "company.shop", "app"]
