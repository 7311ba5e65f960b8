"""Rule files and library models: what is read, what is refused and in which words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apilint.catalogue import load_models, load_rules, rules_digest
from apilint.config import Config, check_codes, load
from apilint.finding import Precision, RuleInfo, Severity
from apilint.installation import rules_folder
from apilint.rule import Example, Rule, RuleError, bind_params, known_words, match_codes

MINIMAL = """\
title: A title
message: "{route} is wrong"
severity: error
security-severity: 8.6
precision: high
why: Because.
fix: Mend it.
"""


@pytest.fixture(scope="module", autouse=True)
def _shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The rules that come with apilint are parsed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APILINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("APILINT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def loaded(folder: Path) -> list[Rule]:
    """The rules of a folder, without those that come with apilint."""
    return [rule for rule in load_rules(Config(rules=(str(folder),))) if rule.file.startswith(str(folder))]


def only(folder: Path, text: str = MINIMAL, name: str = "house/ACME001-a-rule.yaml") -> Rule:
    write(folder, name, text)
    (rule,) = loaded(folder)
    return rule


def refused(folder: Path, text: str, name: str = "house/ACME001-a-rule.yaml") -> str:
    write(folder, name, text)
    with pytest.raises(RuleError) as caught:
        load_rules(Config(rules=(str(folder),)))
    return str(caught.value).replace(str(folder) + "/", "")


# ------------------------------------------------------------------------------------------ the shipped ones


def test_the_rules_that_come_with_apilint() -> None:
    rules = load_rules(Config())
    assert {"APL101", "APL201"} <= {rule.code for rule in rules}
    assert [rule.code for rule in rules] == sorted(rule.code for rule in rules)
    route = next(rule for rule in rules if rule.code == "APL101")
    assert (route.name, route.family, route.check) == ("route-without-auth", "authentication", "route_without_auth")
    assert all(example.expected() or not example.bad for rule in rules for example in rule.examples)


def test_the_models_that_come_with_apilint() -> None:
    models = load_models(Config())
    assert models["sql"]["sqlite3.Cursor.execute"]["argument"] == 0
    assert {"guards", "rejects", "credentials", "verifiers", "http", "loggers"} <= models.keys()


def test_rules_are_found_in_an_installed_package(tmp_path: Path) -> None:
    package = tmp_path / "site/apilint"
    package.parent.mkdir()
    source = Path(__file__).parents[1]
    package.symlink_to(source / "apilint")
    assert rules_folder() == source / "rules"
    package.unlink()
    shutil.copytree(source / "apilint", package)
    write(package, "_rules/house/ACME001-a-rule.yaml", MINIMAL)
    code = (
        f"import sys; sys.path.insert(0, {str(package.parent)!r}); from apilint.config import Config; "
        "from apilint.catalogue import load_rules; print(*(rule.code for rule in load_rules(Config())))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "ACME001\n"


# --------------------------------------------------------------------------------------------- rule files


def test_a_minimal_rule(tmp_path: Path) -> None:
    rule = only(tmp_path)
    assert rule == Rule(
        code="ACME001",
        name="a-rule",
        family="house",
        file=str(tmp_path / "house/ACME001-a-rule.yaml"),
        title="A title",
        message="{route} is wrong",
        severity=Severity.ERROR,
        security_severity=8.6,
        precision=Precision.HIGH,
        frameworks=(),
        cwe=(),
        owasp=(),
        check="",
        params={},
        why="Because.",
        fix="Mend it.",
        references=(),
        enabled=True,
        examples=(),
    )


FULL = (
    MINIMAL
    + """\
frameworks: [flask, fastapi]
cwe: [306]
owasp: [API2, API10]
check: call_argument
params:
  names: [a.b, [c]]
  limit: 3
references: ["https://cwe.mitre.org/data/definitions/306.html"]
enabled: false
examples:
  - title: One file
    bad: |
      import x

      x.run()  # finding
    good: |
      import y
  - bad:
      app/a.py: |
        a = 1
      app/b.py: |
        b = (
            2,  # finding
        )  # finding
"""
)


def test_a_rule_with_everything(tmp_path: Path) -> None:
    rule = only(tmp_path, FULL)
    assert (rule.frameworks, rule.cwe, rule.owasp) == (("flask", "fastapi"), (306,), ("API2", "API10"))
    assert (rule.check, rule.params, rule.enabled) == ("call_argument", {"names": ["a.b", ["c"]], "limit": 3}, False)
    one, two = rule.examples
    assert one == Example("One file", {"main.py": "import x\n\nx.run()  # finding\n"}, {"main.py": "import y\n"})
    assert one.expected() == {("main.py", 3)}
    assert two.expected() == {("app/b.py", 2), ("app/b.py", 3)}


def test_examples_are_shown_without_markers(tmp_path: Path) -> None:
    info = only(tmp_path, FULL).info()
    assert isinstance(info, RuleInfo)
    assert (info.code, info.family, info.precision) == ("ACME001", "house", Precision.HIGH)
    assert info.bad == ("import x\n\nx.run()\n", "# app/a.py\na = 1\n\n# app/b.py\nb = (\n    2,\n)\n")
    assert info.good == ("import y\n",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL + "sevrity: note\n", "8: sevrity: unknown key 'sevrity'; did you mean 'severity'?"),
        (
            MINIMAL + "security_severity: 1\n",
            "8: security_severity: unknown key 'security_severity'; did you mean 'security-severity'?",
        ),
        (
            MINIMAL.replace("error", "eror"),
            "3: severity: expected one of note, warning, error, found the string 'eror'; did you mean 'error'?",
        ),
        (MINIMAL.replace("8.6", "11"), "4: security-severity: expected a number from 0.1 to 10.0, found 11.0"),
        (MINIMAL.replace("8.6", "high"), "4: security-severity: expected a number, found the string 'high'"),
        (MINIMAL.replace("A title", "[1]"), "1: title: expected a string, found the list [1]"),
        (MINIMAL.replace("Because.", "''"), "6: why: expected a text, found an empty one"),
        (MINIMAL.replace("fix: Mend it.\n", ""), "1: the key 'fix' is missing"),
        (MINIMAL + "cwe: [306, API1]\n", "8: cwe[1]: expected a whole number, found the string 'API1'"),
        (MINIMAL + "cwe:\n  - 306\n  - -1\n", "10: cwe[1]: expected the number of a weakness, found -1"),
        (MINIMAL + "owasp: [API11]\n", "8: owasp[0]: expected API1 to API10, found 'API11'"),
        (MINIMAL + "enabled: 1\n", "8: enabled: expected a boolean, found 1 (a whole number)"),
        (MINIMAL + "params: []\n", "8: params: expected a table of values, found the list []"),
        (MINIMAL + "title: again\n", "8: title: the key 'title' stands here twice"),
        (MINIMAL + "params:\n  a:\n    b: 1\n    b: 2\n", "11: params.a.b: the key 'b' stands here twice"),
        (MINIMAL + "params: &p\n  a: [*p]\n", "8: params.a[0]: an alias stands inside of what it stands for"),
        (MINIMAL + "examples:\n  - title: x\n", "9: examples[0]: expected a key 'bad' or 'good', found neither"),
        (
            MINIMAL + "examples:\n  - bad: 1\n",
            "9: examples[0].bad: expected a string or a table of strings, found 1 (a whole number)",
        ),
        (
            MINIMAL + "examples:\n  - good: x\n  - bad:\n      ../a.py: x\n",
            "11: examples[1].bad.../a.py: expected a relative path, found '../a.py'",
        ),
        ("- a\n", "1: expected a table of settings, found the list ['a']"),
        ("", "1: expected a table of settings, found nothing"),
        ("title: [\n", "2: broken YAML: while parsing a flow node, did not find expected node content"),
        ("title: a\n  b: c\n", "2: broken YAML: mapping values are not allowed in this context"),
        ("a: 1\n--- \nb: 2\n", "2: broken YAML: expected a single document in the stream, but found another document"),
        (
            "title: !house x\n",
            "1: broken YAML: could not determine a constructor for the tag '!house'",
        ),
        ("title: a\nwhy: \x07\n", "2: broken YAML: control characters are not allowed"),
    ],
)  # fmt: skip
def test_refused_files_say_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text) == f"house/ACME001-a-rule.yaml:{message}"


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    file = write(tmp_path, "house/ACME001-a-rule.yaml", "")
    file.write_bytes(b"title: a\nwhy: caf\xe9\n")
    with pytest.raises(RuleError, match=r"ACME001-a-rule\.yaml:2: broken YAML: "):
        load_rules(Config(rules=(str(tmp_path),)))


@pytest.mark.parametrize(
    "name", ["house/a-rule.yaml", "house/ACME1-x.yaml", "house/ACME001-A_rule.yml", "ACME001.yaml"]
)
def test_a_file_with_another_name(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, MINIMAL, name) == f"{name}: expected a file name as in APL101-route-without-auth.yaml"


def test_codes_and_names_are_given_once(tmp_path: Path) -> None:
    write(tmp_path, "a/ACME001-one.yaml", MINIMAL)
    assert (
        refused(tmp_path, MINIMAL, "b/ACME001-two.yaml") == "b/ACME001-two.yaml: ACME001 is taken by a/ACME001-one.yaml"
    )
    (tmp_path / "b/ACME001-two.yaml").unlink()
    assert refused(tmp_path, MINIMAL, "b/ACME002-one.yaml") == "b/ACME002-one.yaml: one is taken by a/ACME001-one.yaml"
    (tmp_path / "b/ACME002-one.yaml").unlink()
    assert "route-without-auth is taken by" in refused(tmp_path, MINIMAL, "b/ACME002-route-without-auth.yaml")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"gone: no such folder of rules"):
        load_rules(Config(rules=(str(tmp_path / "gone"),)))


def test_other_files_beside_rules_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "")
    write(tmp_path, "models/own.yaml", "guards: {}\n")
    assert only(tmp_path).code == "ACME001"


# ----------------------------------------------------------------------------------------------- selecting


def test_selectors(tmp_path: Path) -> None:
    write(tmp_path, "a/ACME001-one.yaml", MINIMAL)
    write(tmp_path, "a/ACME002-two.yaml", MINIMAL)
    rules = loaded(tmp_path)
    assert match_codes(["ACME001"], rules) == {"ACME001"}
    assert match_codes(["two"], rules) == {"ACME002"}
    assert match_codes(["ACME0", "one"], rules) == {"ACME001", "ACME002"}
    assert match_codes(["tw", "acme", ""], rules) == frozenset()
    assert known_words(rules) == ["ACME001", "one", "ACME002", "two"]


# ---------------------------------------------------------------------------------------------- parameters


def check(project: object, *, names: tuple[str, ...], limit: int = 1) -> Iterator[object]:
    """A check with a parameter that it needs and one that it does not."""
    yield project, names, limit


def takes_all(project: object, **params: object) -> Iterator[object]:
    """A check that takes what it gets."""
    yield project, params


def test_parameters_are_bound(tmp_path: Path) -> None:
    rule = only(tmp_path, MINIMAL + "check: check\nparams: {names: [a, [b]], limit: 2}\n")
    assert bind_params(rule, check) == {"names": ("a", ("b",)), "limit": 2}
    assert bind_params(rule, takes_all) == {"names": ("a", ("b",)), "limit": 2}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            "  names: []\n  limt: 2\n",
            "11: params.limt: the check 'check' has no parameter 'limt'; did you mean 'limit'?",
        ),
        ("  limit: 2\n", "9: params: the check 'check' needs a parameter 'names'"),
        (
            "  names: []\n  project: x\n",
            "11: params.project: the check 'check' has no parameter 'project'; expected one of limit, names",
        ),
    ],
)
def test_parameters_that_do_not_fit(tmp_path: Path, params: str, message: str) -> None:
    rule = only(tmp_path, MINIMAL + "check: check\nparams:\n" + params)
    with pytest.raises(RuleError) as caught:
        bind_params(rule, check)
    assert str(caught.value) == f"{rule.file}:{message}"


# --------------------------------------------------------------------------------------------- library models


def test_the_users_models_come_on_top(tmp_path: Path) -> None:
    write(
        tmp_path,
        "house/models/acme.yaml",
        "guards:\n  acme.staff: {effect: required}\n  acme.empty:\nsql:\n  acme.q: x\n",
    )
    config = Config(
        rules=(str(tmp_path / "house"),), models={"guards": {"acme.staff": {"effect": "none"}, "acme.more": True}}
    )
    models = load_models(config)
    assert models["guards"]["acme.staff"] == {"effect": "none"}
    assert models["guards"]["acme.more"] is True
    assert models["guards"]["acme.empty"] == {}
    assert models["sql"]["acme.q"] == "x"
    assert "sqlite3.Cursor.execute" in models["sql"]
    assert "acme.staff" not in load_models(Config())["guards"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("guard:\n  a.b: {}\n", "1: guard: unknown section 'guard'; did you mean 'guards'?"),
        ("guards: [a.b]\n", "1: guards: expected entries by qualified name, found the list ['a.b']"),
        ("guards:\n  1: {}\n", "2: guards[1]: expected a qualified name, found 1 (a whole number)"),
        ("- guards\n", "1: expected sections with entries, found the list ['guards']"),
        ("guards: {\n", "2: broken YAML: while parsing a flow node, did not find expected node content"),
    ],
)
def test_refused_models_say_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, "models/acme.yaml", text)
    with pytest.raises(RuleError) as caught:
        load_models(Config(rules=(str(tmp_path),)))
    assert str(caught.value) == f"{tmp_path}/models/acme.yaml:{message}"


def test_models_that_contradict_each_other(tmp_path: Path) -> None:
    write(tmp_path, "models/a.yaml", "guards: {x.y: {effect: required}, x.z: true}\n")
    write(tmp_path, "models/b.yaml", "guards:\n  x.z: true\n  x.y: {effect: none}\n")
    with pytest.raises(
        RuleError, match=r"b\.yaml:3: guards\.x\.y: 'x\.y' is said to be something else in another file"
    ):
        load_models(Config(rules=(str(tmp_path),)))


def test_an_unknown_section_in_the_settings(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.apilint]\ntests = true\n\n[tool.apilint.models.gards]\n"a.b" = true\n')
    with pytest.raises(RuleError) as caught:
        load_models(load(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}/pyproject.toml:4: models.gards: unknown section 'gards'; did you mean 'guards'?"
    )


# ------------------------------------------------------------------------------------------ documentation


def test_the_documented_settings_and_rule_are_accepted(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs/configuration.md").read_text(encoding="utf-8")
    settings = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    rule = re.search(r"```yaml\n# .*?/rules/(.*?)\n(.*?)```", page, re.DOTALL)
    assert settings
    assert rule
    write(tmp_path, "lint/rules/" + rule[1], rule[2])
    write(tmp_path, "pyproject.toml", settings[1] + '[tool.apilint.models.sql]\n"acme.db.run" = { argument = 0 }\n')
    config = load(tmp_path)
    check_codes(config, known_words(load_rules(config)))
    assert load_models(config)["guards"]["acme.auth.require_staff"]["effect"] == "required"
    assert [rule.name for rule in loaded(tmp_path / "lint/rules")] == ["partner-unverified"]


# ------------------------------------------------------------------------------------------------- cache


@pytest.mark.usefixtures("cache")
def test_cached_and_fresh_are_the_same(tmp_path: Path) -> None:
    write(tmp_path, "house/ACME001-a-rule.yaml", FULL)
    config = Config(rules=(str(tmp_path),))
    fresh = load_rules(config, cached=False)
    assert load_rules(config) == fresh
    assert load_rules(config) == fresh
    models = load_models(config, cached=False)
    assert load_models(config) == models
    assert load_models(config) == models


def test_a_changed_rule_is_read_again(tmp_path: Path) -> None:
    config = Config(rules=(str(tmp_path),))
    assert only(tmp_path).title == "A title"
    before = rules_digest(config)
    assert rules_digest(config) == before
    assert only(tmp_path, MINIMAL.replace("A title", "Another")).title == "Another"
    assert rules_digest(config) != before


@pytest.mark.parametrize("damage", [b"", b"garbage"])
def test_a_damaged_cache_is_a_miss(tmp_path: Path, cache: Path, damage: bytes) -> None:
    fresh = only(tmp_path)
    for file in cache.glob("rules-*"):
        file.write_bytes(damage)
    assert loaded(tmp_path) == [fresh]


@pytest.mark.usefixtures("cache")
def test_rules_from_the_cache_need_no_yaml() -> None:
    code = (
        "import sys; from apilint.config import Config; from apilint.catalogue import load_models, load_rules; "
        "load_rules(Config()); load_models(Config()); sys.exit('yaml' in sys.modules)"
    )
    here = Path(__file__).parents[1]
    statuses = [subprocess.run([sys.executable, "-c", code], cwd=here).returncode for _ in range(2)]
    assert statuses == [1, 0]
