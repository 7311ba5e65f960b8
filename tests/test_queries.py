"""Rules of one's own, without Python: what they find, how they are tried, and what their mistakes are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apilint.catalogue import file_schema, load_rules
from apilint.config import Config
from apilint.examples import try_rule
from apilint.rule import Rule
from commandline import program

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "tests/fixtures/queries", ROOT / "docs/policies")


def own_rules() -> list[Rule]:
    return [
        rule
        for folder in FOLDERS
        for rule in load_rules(Config(rules=(str(folder),)), cached=False)
        if Path(rule.file).is_relative_to(folder)
    ]


@pytest.mark.parametrize("rule", own_rules(), ids=lambda rule: rule.code)
def test_a_query_finds_what_its_rule_marks(rule: Rule) -> None:
    tried = list(try_rule(rule, Config(rules=(str(Path(rule.file).parent),))))
    assert tried
    for each in tried:
        assert each.passed, (each.title, each.missed, each.wrong, each.problem)


RULE = """title: A rule
message: "'{route}' is open."
severity: warning
security-severity: 5.0
precision: high
why: It is so.
fix: Mend it.
query:
  routes:
    where: {methods: [POST]}
    must: {auth: [required]}
examples:
  - bad: |
      from flask import Flask

      app = Flask(__name__)


      @app.post("/x")
      def x():  # finding
          return {}
"""


def test_the_examples_of_a_folder_are_run(tmp_path: Path) -> None:
    (tmp_path / "ACME001-posts.yaml").write_text(RULE)
    done = program("rule", "--test", str(tmp_path), cwd=tmp_path)
    assert done.status == 0
    assert "1 examples of 1 rule: all as they should be." in done.out


def test_an_example_that_is_not_found_fails(tmp_path: Path) -> None:
    (tmp_path / "ACME001-posts.yaml").write_text(RULE.replace('post("/x")', 'get("/x")'))
    done = program("rule", "--test", str(tmp_path), cwd=tmp_path)
    assert done.status == 1
    assert "main.py:7: marked, and not found" in done.out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("methods: [POST]", "methods: [PST]", "query.routes.where.methods[0]: expected one of GET"),
        ("methods: [POST]", "method: [POST]", "unknown key 'method'; did you mean 'methods'?"),
        ("auth: [required]", "auth: required", "query.routes.must.auth: expected a list of"),
        ("'{route}' is open", "'{routes}' is open", "message: unknown placeholder 'routes'; did you mean 'route'?"),
        ("query:\n  routes:", "check: hollow_guard\nquery:\n  routes:", "expected either 'query' or 'check'"),
    ],
)
def test_a_mistake_names_file_line_key_and_what_was_expected(old: str, new: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "ACME001-posts.yaml").write_text(RULE.replace(old, new))
    done = program("rule", "--test", str(tmp_path), cwd=tmp_path)
    assert done.status == 2
    assert "ACME001-posts.yaml:" in done.err
    assert message in done.err


def test_a_folder_without_rules_is_said_to_be_one(tmp_path: Path) -> None:
    done = program("rule", "--test", str(tmp_path), cwd=tmp_path)
    assert done.status == 2
    assert "found no rule" in done.err


def test_a_rule_of_the_configuration_runs_with_the_others(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/ACME001-posts.yaml").write_text(RULE)
    (tmp_path / "apilint.toml").write_text('rules = ["policies"]\n')
    (tmp_path / "app.py").write_text(
        'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.post("/x")\ndef x():\n    return {}\n'
    )
    done = program("check", "--select", "ACME", "--format", "concise", cwd=tmp_path)
    assert "app.py:7:1: ACME001 'POST /x' is open." in done.out


def test_the_schema_knows_every_key_of_our_own_rules() -> None:
    schema = json.loads(file_schema())
    properties = schema["$defs"]["_RuleFile"]["properties"] if "$defs" in schema else schema["properties"]
    assert {"title", "message", "query", "check", "params", "examples", "security-severity"} <= set(properties)
