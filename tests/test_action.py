"""action.yml and the snippets of docs/ci.md: their form, and their shell, run in a git repository as a runner does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from checkout import Checkout

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
GUARDED = """
from fastapi import Depends, FastAPI, Header, HTTPException


def signed_in(x_key: str = Header()) -> None:
    if x_key != "secret":
        raise HTTPException(401)


app = FastAPI()


@app.delete("/everything", dependencies=[Depends(signed_in)])
def forget_everything() -> None: ...


@app.get("/items", dependencies=[Depends(signed_in)])
def items() -> None: ...
"""
OPEN = GUARDED.replace('"/everything", dependencies=[Depends(signed_in)]', '"/everything"')
LOOKUP = re.compile(r"\b(?:inputs|github|runner|steps)(?:\.[\w-]+)+")


class Runner:
    """What GitHub does with a composite action, as far as this one asks for it."""

    def __init__(self, checkout: Checkout, temp: Path, event: Mapping[str, Any] | None = None, **inputs: str) -> None:
        self.checkout, self.temp = checkout, temp
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        self.inputs = {name: each["default"] for name, each in ACTION["inputs"].items()} | given
        self.github = {"action_path": str(ROOT), "event": event or {}}
        self.steps: dict[str, Any] = {}
        self.used: list[tuple[str, dict[str, str]]] = []
        self.summary = temp / "summary.md"
        self.said = ""

    def run(self, *, only: str = "") -> int:
        """The exit status of the action, or of one step of it; what came of it stands in `steps`, `used`, `summary`."""
        failed = 0
        for step in STEPS:
            if only and step.get("id") != only:
                continue
            condition = str(step.get("if", "true"))
            if (failed and "always()" not in condition) or not self._holds(condition):
                continue
            if "uses" in step:
                self.used.append((step["uses"].partition("@")[0], self._filled(step.get("with", {}))))
            else:
                failed = failed or self._shell(step)
        return failed

    def outputs(self) -> dict[str, str]:
        return {name: self._text(each["value"]) for name, each in ACTION["outputs"].items()}

    def _shell(self, step: Mapping[str, Any]) -> int:
        output = self.temp / "output"
        output.write_text("")
        known = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "APILINT_"))}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.summary), "RUNNER_TEMP": str(self.temp)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.checkout.top / self._text(step.get("working-directory", ".")),
            env=known | files | self._filled(step.get("env", {})),
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += done.stdout + done.stderr
        written = dict(line.split("=", 1) for line in output.read_text().splitlines())
        self.steps[step.get("id", "")] = {"outputs": written}
        return done.returncode

    def _filled(self, values: Mapping[str, Any]) -> dict[str, str]:
        return {name: self._text(str(value)) for name, value in values.items()}

    def _text(self, text: str) -> str:
        return re.sub(r"\$\{\{ ([^}]*) \}\}", lambda match: str(self._value(match[1])), text)

    def _value(self, path: str) -> object:
        here: Any = {"inputs": self.inputs, "github": self.github, "runner": {"os": "Linux"}, "steps": self.steps}
        for name in path.split("."):
            here = here.get(name, "") if isinstance(here, Mapping) else ""
        return here

    def _holds(self, condition: str) -> bool:
        text = LOOKUP.sub(lambda match: repr(self._value(match[0])), condition.replace("always()", "True"))
        text = re.sub(r"!(?!=)", " not ", text.replace("&&", " and ").replace("||", " or ").replace("true", "True"))
        return bool(eval(text.replace("'True'", "'true'")))


def installed(temp: Path) -> None:
    """This apilint where the action would install one."""
    folder = temp / "apilint" / "venv" / "bin"
    folder.mkdir(parents=True)
    for name, words in (("apilint", "-m apilint"), ("python", "")):
        (folder / name).write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {words} "$@"\n')
        (folder / name).chmod(0o755)


@pytest.fixture
def shop(tmp_path: Path) -> Checkout:
    (tmp_path / "shop").mkdir()
    checkout = Checkout(tmp_path / "shop")
    checkout.write(main=GUARDED)
    checkout.commit()
    return checkout


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temp"
    folder.mkdir()
    installed(folder)
    # What the step of that name makes is there already; the slow test runs it.
    install = next(step for step in STEPS if step.get("id") == "install")
    monkeypatch.setitem(
        install, "run", 'echo "version=0" >> "$GITHUB_OUTPUT"; echo "cache=$RUNNER_TEMP/cache" >> "$GITHUB_OUTPUT"'
    )
    return folder


def pull_request(base: str, fork: bool = False) -> dict[str, Any]:
    return {"pull_request": {"base": {"sha": base}, "head": {"repo": {"fork": fork}}}}


def test_a_pull_request_that_opens_a_route(shop: Checkout, temp: Path) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.write(main=OPEN)
    shop.commit()
    runner = Runner(shop, temp, pull_request(base), fail_on="never")
    assert runner.run() == 1
    told = runner.outputs()
    assert (told["status"], told["surface-changed"], told["surface-opened"]) == ("0", "true", "true")
    assert int(told["findings"]) >= 1
    comment = Path(told["comment-file"]).read_text()
    assert comment.startswith("<!-- apilint routes -->\n### API surface: 1 route became public\n")
    summary = runner.summary.read_text()
    assert summary.index("API surface") < summary.index("### apilint: ")
    assert json.loads(Path(told["sarif-file"]).read_text())["version"] == "2.1.0"
    assert "<!doctype html>" in Path(told["html-file"]).read_text()
    assert [name for name, _ in runner.used] == [
        "actions/setup-python",
        "actions/cache/restore",
        "actions/cache/save",
        "github/codeql-action/upload-sarif",
    ]
    assert "::error::The change alters who may call what" in runner.said


def test_findings_fail_the_job_and_are_uploaded_all_the_same(shop: Checkout, temp: Path) -> None:
    shop.write(main=OPEN)
    runner = Runner(shop, temp, summary="false", cache="false")
    assert runner.run() == 1
    assert runner.outputs()["status"] == "1"
    assert runner.outputs()["comment-file"] == ""
    assert not runner.summary.exists()
    assert [name for name, _ in runner.used] == ["actions/setup-python", "github/codeql-action/upload-sarif"]


def test_nothing_to_say(shop: Checkout, temp: Path) -> None:
    runner = Runner(shop, temp, pull_request(shop.git("rev-parse", "HEAD"), fork=True), python_version="")
    assert runner.run() == 0
    assert runner.outputs()["surface-changed"] == runner.outputs()["surface-opened"] == "false"
    assert "upload-sarif" not in str(runner.used)  # a fork may not
    assert "### apilint: all clear" in runner.summary.read_text()


@pytest.mark.parametrize(("least", "status"), [("error", 0), ("warning", 0), ("note", 1), ("never", 0), ("maybe", 2)])
def test_the_lock_file_is_what_the_surface_is_compared_with(
    shop: Checkout, temp: Path, least: str, status: int
) -> None:
    (shop.top / "apilint.routes").write_text("# apilint.routes 1: who may call what.\n")
    runner = Runner(shop, temp, fail_on_surface=least)
    assert runner.run(only="surface") == 0
    assert runner.steps["surface"]["outputs"]["status"] == str(status)
    assert runner.outputs()["surface-changed"] == "true"
    assert runner.outputs()["surface-opened"] == "false"


def test_what_cannot_be_done_is_no_success(shop: Checkout, temp: Path) -> None:
    assert Runner(shop, temp, surface="v9").run() == 2
    assert Runner(shop, temp, paths="nowhere").run() == 2
    (shop.top / "broken.py").write_text("def (:\n")
    runner = Runner(shop, temp)
    assert runner.run() == 2
    assert "APL999" in runner.summary.read_text()


def test_inputs_are_words_and_no_shell(shop: Checkout, temp: Path) -> None:
    trap = "$(touch pwned); touch pwned\n`touch pwned`"
    names = ("paths", "fail_on", "min_confidence", "since", "category", "surface", "fail_on_surface")
    Runner(shop, temp, pull_request(trap), **dict.fromkeys(names, trap)).run()
    Runner(shop, temp, pull_request(trap), fail_on_surface=trap, surface="HEAD").run()
    Runner(shop, temp, pull_request(trap), paths=trap).run()
    assert not list(shop.top.rglob("pwned"))
    for step in STEPS:
        assert "${{" not in step.get("run", ""), "an expression in a script would be a part of it"


def test_every_foreign_action_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+(/[\w-]+)+@[0-9a-f]{40}", each) for each in used)
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)) == len(used)


def test_inputs_and_outputs_are_documented() -> None:
    documentation = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    for kind in ("inputs", "outputs"):
        for name, each in ACTION[kind].items():
            assert each["description"].endswith(".")
            assert f"| `{name}` |" in documentation, f"docs/ci.md says nothing of {name}"


def snippets(*, having: str) -> Iterator[str]:
    text = (ROOT / "docs/ci.md").read_text(encoding="utf-8") + (ROOT / "README.md").read_text(encoding="utf-8")
    found = [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if having in each]
    assert found
    return iter(found)


def validated(text: str, schema: str, tmp_path: Path) -> None:
    file = tmp_path / "checked.yml"
    file.write_text(text)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_forms(tmp_path: Path) -> None:
    validated((ROOT / "action.yml").read_text(encoding="utf-8"), "vendor.github-actions", tmp_path)
    for text in snippets(having="jobs:"):
        validated(text, "vendor.github-workflows", tmp_path)
    for text in snippets(having="artifacts:"):
        validated(text, "vendor.gitlab-ci", tmp_path)


def as_workflow() -> dict[str, Any]:
    """The action's steps in a workflow with its inputs and outputs, for a linter that reads workflows."""
    inputs = {name: {"type": "string", **each} for name, each in ACTION["inputs"].items()}
    outputs = {name: each["value"] for name, each in ACTION["outputs"].items()}
    job = {"runs-on": "ubuntu-latest", "outputs": outputs, "steps": STEPS}
    return {"on": {"workflow_call": {"inputs": inputs}}, "jobs": {"apilint": job}}


def linted(*texts: str, folder: Path) -> str:
    """What actionlint says of workflows, and shellcheck of their scripts."""
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    for number, text in enumerate(texts):
        (workflows / f"{number}.yml").write_text(text)
    tools = Path(sys.executable).parent
    command = [tools / "actionlint", "-shellcheck", tools / "shellcheck", *sorted(workflows.glob("*.yml"))]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_actionlint_and_shellcheck_have_nothing_to_say(tmp_path: Path) -> None:
    head = "on: push\njobs:\n  apilint:\n    runs-on: ubuntu-latest\n    "
    steps = [text for text in snippets(having="steps:") if "jobs:" not in text]
    bare = [text for text in snippets(having="- run: apilint") if "steps:" not in text]
    parts = [*steps, *(f"steps:\n{text}" for text in bare)]
    texts = [*snippets(having="jobs:"), *(head + text.replace("\n", "\n    ") for text in parts)]
    assert len(texts) == len(list(snippets(having="- uses:"))) + len(bare)
    assert linted(yaml.safe_dump(as_workflow(), sort_keys=False), *texts, folder=tmp_path) == ""


def test_actionlint_and_shellcheck_would_say_something(tmp_path: Path) -> None:
    broken = as_workflow()
    check = next(step for step in STEPS if step.get("id") == "check")
    broken["jobs"]["apilint"]["steps"] = [
        check | {"run": "echo $FAIL_ON"},
        {"run": "echo ${{ steps.chek.outputs.status }}"},
        {"uses": "actions/checkout@v1"},
    ]
    said = linted(yaml.safe_dump(broken, sort_keys=False), folder=tmp_path)
    assert "SC2086" in said
    assert 'property "chek" is not defined' in said
    assert "actions/checkout@v1" in said


def test_the_snippet_for_gitlab(shop: Checkout, temp: Path) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.write(main=OPEN)
    (text,) = snippets(having="artifacts:")
    for name, job in yaml.safe_load(text).items():
        lines = [line for line in job["script"] if not line.startswith("pip install")]
        path = f"{temp}/apilint/venv/bin:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
        script = "set -e\n" + "\n".join(lines)
        done = subprocess.run(["bash", "-c", script], cwd=shop.top, env=environment, capture_output=True, check=False)
        assert done.returncode == 1, f"{name}: {done.stderr.decode()}"
        reports = job["artifacts"].get("reports", {})
        for file in (*reports.values(), *job["artifacts"].get("paths", ())):
            assert (shop.top / file).stat().st_size > 0


@pytest.mark.slow
def test_installed_as_the_action_installs_it(shop: Checkout, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    runner = Runner(shop, folder, python_version="", fail_on="error")
    assert runner.run() == 0, runner.said
    assert runner.steps["install"]["outputs"]["version"]
    assert (folder / "apilint" / "cache").exists()
