"""`apilint server`, driven by a real client over standard input and output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from apilint.config import Config
from apilint.report.summary import shown, visible
from tests.linting import report
from tests.server.editor import Editor, applied, project, run

APP = """\
import requests
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

def current_user(request: Request):
    if request.headers.get("Authorization") != "Bearer s":
        raise HTTPException(401)

app = FastAPI()
users = APIRouter(prefix="/users", dependencies=[Depends(current_user)])

@users.get("/{user_id}")
def user(user_id: int):
    return requests.get("https://example.com", timeout=5, verify=False).json()

@app.post("/orders")
def order(item: str):
    return item

app.include_router(users)
"""
VERIFY = 'requests.get("https://example.com", timeout=5, verify=False)'
RESOLVES = types.TextDocumentClientCapabilities(
    code_action=types.CodeActionClientCapabilities(
        resolve_support=types.ClientCodeActionResolveOptions(properties=["edit"])
    )
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return project(tmp_path / "shop", {"main.py": APP})


def where(text: str, part: str) -> types.Range:
    """What a part of a text covers; it stands in one line of ASCII."""
    before = text[: text.index(part)]
    line, column = before.count("\n"), len(before) - (before.rfind("\n") + 1)
    return types.Range(types.Position(line, column), types.Position(line, column + len(part)))


def codes(found: list[types.Diagnostic]) -> list[object]:
    return [each.code for each in found]


def test_diagnostics_follow_what_is_typed(shop: Path) -> None:
    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop) as editor:
            editor.open(main)
            found = await editor.settled(main)
            assert codes(found) == ["APL401", "APL101"]
            assert found[0].range == where(APP, "verify=False")
            assert (found[0].source, found[0].severity) == ("apilint", types.DiagnosticSeverity.Error)
            editor.change(main, APP.replace(", verify=False", ""))
            await editor.has(main, ["APL101"])
            editor.change(main, APP.replace("def order(item: str)", "def order(item: str, u=Depends(current_user))"))
            await editor.has(main, ["APL401"])
            editor.close(main)
            await editor.has(main, ["APL401", "APL101"])

    run(scenario())


def test_an_edit_is_judged_where_it_matters(shop: Path) -> None:
    """A guard that stops rejecting opens the routes of another file."""
    guard = shop / "guard.py"
    before, after = APP.split("app = FastAPI()")
    text = before.replace("import requests\n", "") + "\n"
    main = "import requests\nfrom fastapi import *\nfrom guard import current_user\napp = FastAPI()" + after
    project(shop, {"guard.py": text, "main.py": main})

    async def scenario() -> None:
        async with Editor(shop) as editor:
            editor.open(guard)
            editor.open(shop / "main.py")
            await editor.has(shop / "main.py", ["APL401", "APL101"])
            opened = [each.command.title for each in await editor.lenses(shop / "main.py") if each.command]
            assert "GET /users/{user_id}, guarded by current_user (router)" in opened
            editor.change(guard, text.replace("raise HTTPException(401)", "pass"))
            await editor.has(shop / "main.py", ["APL101", "APL401"])
            opened = [each.command.title for each in await editor.lenses(shop / "main.py") if each.command]
            assert "GET /users/{user_id}, anyone can call this" in opened

    run(scenario())


def test_what_stands_at_the_end_is_what_check_finds(shop: Path) -> None:
    """Whatever was typed before, also what is no Python."""
    edits = [
        ("return item", "return requests.get('http://example.com/' + item, verify=False)"),
        ("return item", "return requests.get("),
        ("def order(item: str):", "def order(item: str)"),
        ('@app.post("/orders")\n', ""),
        ("import requests\n", "import requests\n\n# one line more\n"),
        ("app.include_router(users)\n", ""),
    ]

    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop) as editor:
            editor.open(main)
            for before, after in edits:
                text = APP.replace(before, after)
                assert text != APP
                main.write_text(text)
                expected = list(filter(visible(Config()), shown(report(shop))))
                main.write_text(APP)
                editor.change(main, APP)
                await editor.has(main, ["APL401", "APL101"])
                editor.change(main, text)
                found = await editor.has(main, [each.code for each in expected])
                assert [(each.message, each.range.start.line + 1) for each in found] == [
                    (each.message, each.place.line) for each in expected
                ]

    run(scenario())


def test_a_hover_tells_routes_guards_and_rules(shop: Path) -> None:
    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop) as editor:
            editor.open(main)
            handler = where(APP, "def user(").start
            text = await editor.hover(main, handler.line, 5)
            assert "GET /users/\\{user\\_id\\}" in text
            assert f"[current\\_user]({main.as_uri()}#L4) required" in text
            assert "main.py:9" in text
            finding = where(APP, "verify=False").start
            assert "**APL401** tls-verify-disabled" in await editor.hover(main, finding.line, finding.character + 2)
            assert await editor.hover(main, 0, 0) == ""

    run(scenario())


def test_lenses_stand_above_handlers_and_lead_to_the_guard(shop: Path) -> None:
    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop) as editor:
            editor.open(main)
            lenses = await editor.lenses(main)
            assert [(each.range.start.line, each.command and each.command.title) for each in lenses] == [
                (where(APP, "@users.get").start.line, "GET /users/{user_id}, guarded by current_user (router)"),
                (where(APP, "@app.post").start.line, "POST /orders, anyone can call this"),
            ]
            command = lenses[0].command
            assert command is not None
            params = types.ExecuteCommandParams(command.command, command.arguments)
            await editor.client.workspace_execute_command_async(params)
            (shown_,) = editor.shown
            assert shown_.selection is not None
            assert shown_.selection.start == where(APP, "def current_user").start
            (guard,) = await editor.definitions(main, where(APP, "def user(").start.line, 5)
            assert guard.range.start == where(APP, "def current_user").start

    run(scenario())


def test_a_fix_is_worked_out_when_it_is_chosen(shop: Path) -> None:
    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop, text_document=RESOLVES) as editor:
            editor.open(main)
            offered = await editor.actions(main, where(APP, "verify=False"))
            mend = next(each for each in offered if each.title == "Mend APL401")
            assert mend.is_preferred
            assert mend.kind == types.CodeActionKind.QuickFix
            assert mend.edit is None
            resolved = await editor.client.code_action_resolve_async(mend)
            assert resolved.edit is not None
            assert resolved.edit.changes is not None
            after = applied(APP, [*resolved.edit.changes[main.as_uri()]])
            assert after == APP.replace(", verify=False", "")

    run(scenario())


def test_all_safe_fixes_of_a_file(shop: Path) -> None:
    async def scenario() -> None:
        main = shop / "main.py"
        text = APP.replace("return item", f"return {VERIFY}")
        async with Editor(shop) as editor:
            editor.open(main, text)
            nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
            (everything,) = await editor.actions(main, nowhere, "source.fixAll")
            assert everything.kind == "source.fixAll.apilint"
            assert everything.edit is not None
            assert everything.edit.changes is not None
            after = applied(text, [*everything.edit.changes[main.as_uri()]])
            assert after == text.replace(", verify=False", "")
            assert await editor.actions(main, nowhere, "quickfix") == []

    run(scenario())


def test_an_ignore_reaches_its_finding(shop: Path) -> None:
    lines = f"    answer = save(\n        a=1,\n        b={VERIFY},\n    )\n    return answer"
    text = APP.replace("    return item", lines)

    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop) as editor:
            editor.open(main, text)
            second = types.Range(where(text, "b=requests").start, where(text, "b=requests").end)
            second.end.character += 60
            offered = await editor.actions(main, second)
            ignore = next(each for each in offered if each.title == "Ignore APL401 here")
            assert ignore.edit is not None
            assert ignore.edit.changes is not None
            after = applied(text, [*ignore.edit.changes[main.as_uri()]])
            assert "# apilint: ignore[APL401] -- \n" in after
            editor.change(main, after)
            await editor.has(main, ["APL401", "APL101"])

    run(scenario())


@pytest.mark.parametrize(("encoding", "units"), [("utf-16", 2), ("utf-8", 4), ("utf-32", 1)])
def test_columns_count_what_was_negotiated(shop: Path, encoding: str, units: int) -> None:
    text = APP.replace("    return requests", '    "𝒳é"; return requests').replace("é", "")

    async def scenario() -> None:
        main = shop / "main.py"
        async with Editor(shop, encodings=(encoding,)) as editor:
            editor.open(main, text)
            found = await editor.settled(main)
            assert editor.server.position_encoding == encoding
            column = len('    "') + units + len('"; return requests.get("https://example.com", timeout=5, ')
            assert found[0].range.start.character == column
            line = found[0].range.start.line
            assert "APL401" in await editor.hover(main, line, column)
            assert "APL401" not in await editor.hover(main, line, column - 1)

    run(scenario())


def test_broken_settings_are_told_once_and_mended(shop: Path) -> None:
    async def scenario() -> None:
        main, settings = shop / "main.py", shop / "apilint.toml"
        settings.write_text('ignroe = ["APL1"]\n')
        async with Editor(shop) as editor:
            editor.open(main)
            assert "ignroe" in await editor.message()
            assert await editor.settled(main) == []
            editor.change(main, APP + "\n")
            assert await editor.settled(main) == []
            assert len(editor.messages) == 1
            settings.write_text('ignore = ["APL1"]\n')
            editor.touched(settings, types.FileChangeType.Changed)
            await editor.has(main, ["APL401"])

    run(scenario())


def test_files_come_and_go(shop: Path) -> None:
    async def scenario() -> None:
        main, other = shop / "main.py", shop / "other.py"
        async with Editor(shop) as editor:
            editor.open(main)
            await editor.settled(main)
            other.write_text(f"import requests\n{VERIFY}\n")
            editor.touched(other, types.FileChangeType.Created)
            await editor.has(other, ["APL401"])
            other.unlink()
            editor.touched(other, types.FileChangeType.Deleted)
            assert await editor.settled(other) == []
            await editor.has(main, ["APL401", "APL101"])

    run(scenario())


def test_a_new_file_counts_once_it_is_saved(shop: Path) -> None:
    async def scenario() -> None:
        new = shop / "new.py"
        text = f"import requests\n{VERIFY}\n"
        async with Editor(shop) as editor:
            editor.open(new, text)
            assert await editor.settled(new) == []
            new.write_text(text)
            editor.save(new)
            await editor.has(new, ["APL401"])

    run(scenario())


def test_folders_have_their_own_settings_and_others_are_left_alone(shop: Path, tmp_path: Path) -> None:
    quiet = project(tmp_path / "quiet", {"main.py": APP})
    (quiet / "apilint.toml").write_text('ignore = ["APL4"]\n')
    outside = tmp_path / "elsewhere.py"
    outside.write_text(f"import requests\n{VERIFY}\n")

    async def scenario() -> None:
        async with Editor(shop, quiet) as editor:
            for path in (shop / "main.py", quiet / "main.py", outside):
                editor.open(path)
            await editor.has(shop / "main.py", ["APL401", "APL101"])
            await editor.has(quiet / "main.py", ["APL101"])
            assert await editor.settled(outside) == []
            assert await editor.hover(outside, 1, 40) == ""
            gone = types.WorkspaceFolder(quiet.as_uri(), "quiet")
            event = types.WorkspaceFoldersChangeEvent(added=[], removed=[gone])
            editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
            await editor.settled(shop / "main.py")
            assert editor.published[(quiet / "main.py").as_uri()] == []

    run(scenario())


def test_without_a_folder_the_project_of_the_first_document_is_opened(shop: Path) -> None:
    async def scenario() -> None:
        async with Editor() as editor:
            editor.open(shop / "main.py")
            await editor.has(shop / "main.py", ["APL401", "APL101"])

    run(scenario())


def test_without_the_extra_it_is_said_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None; from apilint.cli import main; sys.argv[1:] = ['server']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "apilint: the server needs pygls: pip install 'apilint[server]'\n"
