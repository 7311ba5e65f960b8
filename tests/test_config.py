"""Settings: what is read, what is refused and in which words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from apilint.config import (
    Config,
    ConfigError,
    PathIgnores,
    check_codes,
    find_line,
    find_root,
    is_public,
    known_keys,
    load,
)

KNOWN = ["APL101", "route-without-auth", "APL201", "sql-string-build"]


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def refused(folder: Path, text: str, name: str = "apilint.toml") -> str:
    write(folder, name, text)
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return str(caught.value).replace(str(folder) + "/", "")


def test_no_settings_at_all(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()


def test_everything_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        "pyproject.toml",
        """
[project]
name = "shop"

[tool.apilint]
select = ["APL1", "sql-string-build"]
ignore = ["APL101"]
exclude = ["legacy/"]
public = ["GET /health", "/auth/*"]
rules = ["lint/rules"]
min-severity = "warning"
min-confidence = "low"
fail-on = "error"
tests = true
environment = ".venv"
settings = "shop.settings.production"
max-file-size = 1000

[tool.apilint.per-path-ignores]
"scripts/**" = ["APL201"]

[tool.apilint.severity]
APL201 = "note"

[tool.apilint.models.guards]
"shop.auth.require_staff" = { effect = "required" }
""",
    )
    assert load(tmp_path) == Config(
        select=("APL1", "sql-string-build"),
        ignore=("APL101",),
        exclude=("legacy/",),
        per_path_ignores={"scripts/**": ("APL201",)},
        public=("GET /health", "/auth/*"),
        models={"guards": {"shop.auth.require_staff": {"effect": "required"}}},
        severity={"APL201": "note"},
        rules=(str(tmp_path / "lint/rules"),),
        min_severity="warning",
        min_confidence="low",
        fail_on="error",
        tests=True,
        environment=str(tmp_path / ".venv"),
        settings="shop.settings.production",
        max_file_size=1000,
        file=str(tmp_path / "pyproject.toml"),
    )


def test_a_file_named_on_the_command_line(tmp_path: Path) -> None:
    file = write(tmp_path, "ci/strict.toml", 'fail-on = "note"\nrules = ["own"]\n')
    config = load(tmp_path, file)
    assert config.rules == (str(tmp_path / "ci/own"),)


def test_a_named_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"strict\.toml: cannot be read: No such file"):
        load(tmp_path, tmp_path / "strict.toml")


def test_a_named_pyproject_without_the_table(tmp_path: Path) -> None:
    file = write(tmp_path, "pyproject.toml", "[project]\n")
    with pytest.raises(ConfigError, match=r"expected a table \[tool\.apilint\]"):
        load(tmp_path, file)


def test_settings_in_two_places(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "[tool.apilint]\n")
    assert refused(tmp_path, "") == (
        "apilint.toml: settings also stand in pyproject.toml under [tool.apilint]; keep one of the two"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\nselct = ["APL1"]\n', "2: selct: unknown key 'selct'; did you mean 'select'?"),
        ('min_severity = "note"\n', "1: min_severity: unknown key 'min_severity'; did you mean 'min-severity'?"),
        ('file = "x"\n', "1: file: unknown key 'file'; did you mean 'fail-on'?"),
        ("select = 'APL1'\n", "1: select: expected a list of strings, found the string 'APL1'"),
        ("tests = false\nselect = [\n  1,\n]\n", "2: select: expected a string, found 1 (a whole number)"),
        ('tests = "yes"\n', "1: tests: expected a boolean, found the string 'yes'"),
        ("max-file-size = true\n", "1: max-file-size: expected a whole number, found true (a boolean)"),
        ("max-file-size = 0\n", "1: max-file-size: expected a number of bytes above 0, found 0"),
        (
            '\nfail-on = "eror"\n',
            "2: fail-on: expected one of note, warning, error, found the string 'eror'; did you mean 'error'?",
        ),
        (
            '[severity]\nAPL1 = "note"\nAPL2 = "bad"\n',
            "3: severity.APL2: expected one of note, warning, error, found the string 'bad'",
        ),
        (
            'severity = { APL1 = "note", APL2 = 3 }\n',
            "1: severity.APL2: expected one of note, warning, error, found 3 (a whole number)",
        ),
        (
            '[per-path-ignores]\n"a/*" = []\n"b/*" = "APL1"\n',
            "3: per-path-ignores.\"b/*\": expected a list of strings, found the string 'APL1'",
        ),
        ("models = []\n", "1: models: expected a table of values, found the list []"),
        (
            'public = [\n  "GET /health",\n  "health",\n]\n',
            "3: public: expected a path as in 'GET /health' or '/auth/*', found 'health'",
        ),
        ('public = ["GTE /x"]\n', "1: public: unknown method 'GTE' in 'GTE /x'; did you mean 'GET'?"),
    ],
)
def test_refused_settings_say_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text) == f"apilint.toml:{message}"


def test_lines_in_pyproject_count_from_the_top_of_the_file(tmp_path: Path) -> None:
    text = "[project]\nselct = 1\n\n[tool.other]\nselct = 1\n\n[tool.apilint]\n# selct\nselct = 1\n"
    assert refused(tmp_path, text, "pyproject.toml").startswith("pyproject.toml:9: selct: unknown key")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('select = ["APL1"\nignore = []\n', "apilint.toml:2: broken TOML: "),
        ('[severity\nAPL1 = "note"\n', "apilint.toml:1: broken TOML: "),
        ("select = [\n", "apilint.toml:1: broken TOML: "),
        ("tests = true\ntests = true\n", "apilint.toml:2: broken TOML: "),
    ],
)
def test_broken_toml(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text).startswith(message)


def test_toml_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "apilint.toml").write_bytes(b"tests = true\n# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"apilint\.toml:2: not UTF-8 text"):
        load(tmp_path)


def test_broken_pyproject_without_our_table_is_not_our_business(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[project\ndependencies = ["apilint"]\n')
    assert load(tmp_path) == Config()


def test_pyproject_without_our_table_loads_no_parser(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[project]\nname = "x"\n')
    code = (
        "import sys; from pathlib import Path; from apilint.config import load, find_root; "
        f"root = find_root([Path({str(tmp_path)!r})]); load(root, None); "
        "sys.exit(bool({'tomli', 'yaml', 'difflib', 'tree_sitter'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


# ------------------------------------------------------------------------------------------------ codes


def test_known_codes_names_and_prefixes_pass() -> None:
    check_codes(Config(select=("APL1", "APL"), ignore=("sql-string-build",), severity={"APL201": "note"}), KNOWN)


def test_an_unknown_code_is_found_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, "apilint.toml", 'select = [\n  "APL1",\n  "route-without-aut",\n]\n')
    with pytest.raises(ConfigError) as caught:
        check_codes(load(tmp_path), KNOWN)
    assert str(caught.value).endswith(
        "apilint.toml:3: select: unknown rule 'route-without-aut'; did you mean 'route-without-auth'?"
    )


def test_an_unknown_code_in_per_path_ignores(tmp_path: Path) -> None:
    write(tmp_path, "apilint.toml", '[per-path-ignores]\n"a/**" = [\n  "APL9"]\n')
    with pytest.raises(ConfigError, match=r'apilint\.toml:3: per-path-ignores\."a/\*\*": unknown rule \'APL9\''):
        check_codes(load(tmp_path), KNOWN)


def test_an_unknown_code_from_the_command_line_names_no_file() -> None:
    with pytest.raises(ConfigError, match=r"^select: unknown rule 'sql'"):
        check_codes(Config(select=("sql",)), KNOWN)


# ----------------------------------------------------------------------------------------------- public


@pytest.mark.parametrize(
    ("method", "path", "pattern"),
    [
        ("GET", "/health", "GET /health"),
        ("get", "/health", "GET /health"),
        ("GET", "/health/", "/health"),
        ("GET", "health", "/health"),
        ("HEAD", "/health", "GET,HEAD /health"),
        ("POST", "/auth/login", "/auth/*"),
        ("POST", "/auth/{provider}/callback", "/auth/*"),
        ("GET", "/users/{id}/avatar", "/users/*/avatar"),
        ("GET", "/v1/a/b/health", "/**/health"),
        ("GET", "/items/<int:id>", "/items/<int:id>"),
        ("GET", "/", "/"),
        ("GET", "/anything/at/all", "*"),
        ("GET", "/static.json", "/static.*"),
    ],
)
def test_public(method: str, path: str, pattern: str) -> None:
    assert is_public(method, path, [pattern])


@pytest.mark.parametrize(
    ("method", "path", "pattern"),
    [
        ("POST", "/health", "GET /health"),
        ("GET", "/healthz", "/health"),
        ("GET", "/api/health", "/health"),
        ("GET", "/auth", "/auth/*"),
        ("GET", "/authors/1", "/auth/*"),
        ("GET", "/users/1/2/avatar", "/users/*/avatar"),
        ("GET", "/a/b", "/"),
        ("GET", "/healthXjson", "/health.json"),
        ("GET", "/HEALTH", "/health"),
    ],
)
def test_not_public(method: str, path: str, pattern: str) -> None:
    assert not is_public(method, path, [pattern])


def test_path_ignores() -> None:
    ignores = PathIgnores(Config(per_path_ignores={"scripts/": ("APL2",), "*_admin.py": ("APL101",)}))
    assert ignores.selectors("scripts/x/y_admin.py") == ("APL2", "APL101")
    assert ignores.selectors("src/x.py") == ()


# ------------------------------------------------------------------------------------------------ root


def test_root_is_the_nearest_folder_with_settings(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "services/shop/apilint.toml", "")
    write(tmp_path, "services/shop/app/main.py", "")
    write(tmp_path, "services/shop/app/pyproject.toml", "[project]\n")
    assert find_root([tmp_path / "services/shop/app/main.py"]) == tmp_path / "services/shop"
    assert find_root([tmp_path / "services"]) == tmp_path


def test_settings_above_the_checkout_are_not_its_own(tmp_path: Path) -> None:
    write(tmp_path, "apilint.toml", "")
    (tmp_path / "repo/.git").mkdir(parents=True)
    assert find_root([tmp_path / "repo"]) == tmp_path / "repo"


def test_root_of_several_paths_is_above_all(tmp_path: Path) -> None:
    write(tmp_path, "a/apilint.toml", "")
    write(tmp_path, "b/x.py", "")
    assert find_root([tmp_path / "a", tmp_path / "b/x.py"]) == tmp_path


@pytest.mark.parametrize(
    "table", ["[tool.apilint]", "[ tool . 'apilint' ]", "[tool.apilint.severity]", "[tool]\napilint.tests = true"]
)
def test_spellings_of_the_table(tmp_path: Path, table: str) -> None:
    write(tmp_path, "pyproject.toml", table + "\n")
    (tmp_path / "src").mkdir()
    assert find_root([tmp_path / "src"]) == tmp_path


def test_an_installed_package_is_its_own_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, ".venv/pyvenv.cfg", "")
    package = write(tmp_path, ".venv/lib/python3.11/site-packages/shop/main.py", "").parent
    assert find_root([package]) == package


def test_find_line_of_a_dotted_key() -> None:
    assert find_line("a = 1\nb.c = 2\n", ("b", "c")) == 2
    assert find_line("", ("x",)) == 1


def test_every_key_is_documented() -> None:
    page = (Path(__file__).parents[1] / "docs/configuration.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert sorted(documented) == sorted(known_keys())
