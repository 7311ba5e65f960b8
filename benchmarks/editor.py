"""How soon an editor is told: `python -m benchmarks.editor [--edits 1000] [name]`.

Drives `apilint server` over standard input and output as an editor does. Edits put a mistake into the body of a
function, and take it out again; the clock runs from the edit until diagnostics with (or without) it arrive.
Then functions are added and removed, for which the whole program has to be linked again. In the end what is published
is compared with what `apilint check` finds in the same texts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from benchmarks.packages import unpacked, version

MISTAKE = "import requests; requests.get('https://example.com', verify=False)"
# The head of a function on one line, above a statement that is no docstring: what is put there surely runs.
BODY = re.compile(r"""^([ ]*)(?:async )?def [^\n]*:\n(?=\1    [^\s"'#])""", re.MULTILINE)
FILES = 20
PAUSES = (0.1, 0.3, 3.0)  # from one arrival to the next edit: typing, thinking, reading
SECONDS = 60.0


class Editor:
    """A client that knows what is published."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.client = LanguageClient("benchmark", "1")
        self.published: dict[str, list[types.Diagnostic]] = {}
        self.heard = asyncio.Event()
        self._version = 1

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = list(params.diagnostics)
            self.heard.set()

    async def start(self) -> None:
        await self.client.start_io(sys.executable, "-m", "apilint", "server")
        folders = [types.WorkspaceFolder(self.root.as_uri(), self.root.name)]
        params = types.InitializeParams(capabilities=types.ClientCapabilities(), workspace_folders=folders)
        await self.client.initialize_async(params)
        self.client.initialized(types.InitializedParams())

    def open(self, path: Path) -> None:
        item = types.TextDocumentItem(path.as_uri(), "python", 1, path.read_text())
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: Path, text: str) -> None:
        self._version += 1
        document = types.VersionedTextDocumentIdentifier(self._version, path.as_uri())
        changes = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def count(self, path: Path) -> int:
        """How many of the mistakes are known in a file."""
        return sum(each.code == "APL401" for each in self.published.get(path.as_uri(), ()))

    async def until(self, is_there: Callable[[], bool]) -> float:
        """How long it takes, in milliseconds."""
        began = time.perf_counter()
        while not is_there():
            self.heard.clear()
            await asyncio.wait_for(self.heard.wait(), SECONDS)
        return (time.perf_counter() - began) * 1000

    def processor(self) -> float:
        """The processor time that the server has taken, in ms."""
        fields = Path(f"/proc/{self.client._server.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) * 1000 / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """The server's memory, in MB."""
        status = Path(f"/proc/{self.client._server.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()


def editable(root: Path) -> list[Path]:
    """The files with handlers, or at least with functions, in which a mistake can be put."""
    found = [path for path in sorted(root.rglob("*.py")) if "test" not in str(path.relative_to(root))]
    texts = {path: path.read_text(errors="replace") for path in found}
    routed = [path for path in found if "@expose" in texts[path] or "route(" in texts[path] or "@app." in texts[path]]
    return [path for path in routed or found if BODY.search(texts[path])]


def with_mistake(text: str, chance: random.Random) -> str:
    head = chance.choice(list(BODY.finditer(text)))
    return f"{text[: head.end()]}{head[1]}    {MISTAKE}\n{text[head.end() :]}"


def checked(root: Path) -> set[tuple[str, str, int]]:
    done = subprocess.run(
        [sys.executable, "-m", "apilint", "check", str(root), "--format", "json"], capture_output=True, check=False
    )
    return {(each["file"], each["code"], each["line"]) for each in json.loads(done.stdout)["findings"]}


def published(editor: Editor) -> set[tuple[str, str, int]]:
    return {
        (str(Path(uri.removeprefix("file://")).relative_to(editor.root)), str(each.code), each.range.start.line + 1)
        for uri, found in editor.published.items()
        for each in found
    }


async def measure(root: Path, edits: int) -> None:
    chance = random.Random(5)
    editor = Editor(root)
    began = time.perf_counter()
    await editor.start()
    files = editable(root)[:FILES]
    for path in files:
        editor.open(path)
    await editor.until(lambda: bool(editor.published))
    print(f"first diagnostics after {time.perf_counter() - began:.1f} s; {len(files)} documents open", flush=True)
    await asyncio.sleep(5)
    times: dict[float, list[float]] = {pause: [] for pause in PAUSES}
    memory, spent, resting = [editor.memory()], editor.processor(), 0.0
    for number in range(edits // 2):
        path = chance.choice(files)
        text, known = path.read_text(), editor.count(path)
        spoilt = with_mistake(text, chance)
        for then, count in ((spoilt, known + 1), (text, known)):
            pause = PAUSES[2] if number % 50 == 0 else chance.choice(PAUSES[:2])
            await asyncio.sleep(pause)
            editor.change(path, then)
            times[pause].append(await editor.until(lambda path=path, count=count: editor.count(path) == count))
        if (number + 1) % 50 == 0:
            before = editor.processor()
            await asyncio.sleep(4)
            resting += editor.processor() - before
            memory.append(editor.memory())
    every = sorted(value for each in times.values() for value in each)
    print("| edits of a body | median ms | 95 % | 99 % |\n|---|---|---|---|")
    for name, values in [(f"{pause} s after what was told before", times[pause]) for pause in PAUSES] + [
        ("all", every)
    ]:
        if values:
            ordered = sorted(values)
            marks = [ordered[min(int(len(ordered) * part), len(ordered) - 1)] for part in (0.95, 0.99)]
            print(f"| {len(values)}, {name} | {statistics.median(values):.0f} | {marks[0]:.0f} | {marks[1]:.0f} |")
    print(f"processor time of an edit: {(editor.processor() - spent - resting) / max(len(every), 1):.0f} ms")
    print("server's memory in MB, every 100 edits: " + ", ".join(f"{each:.0f}" for each in memory), flush=True)
    whole = []
    for number in range(10):
        path = files[number % len(files)]
        text, known = path.read_text(), editor.count(path)
        added = f"{text}\n\ndef added_by_the_benchmark():\n    {MISTAKE}\n"
        for then, count in ((added, known + 1), (text, known)):
            await asyncio.sleep(3)
            editor.change(path, then)
            whole.append(await editor.until(lambda path=path, count=count: editor.count(path) == count))
    middle, worst = statistics.median(whole), max(whole)
    print(f"functions added and removed: median {middle:.0f} ms, worst {worst:.0f} ms", flush=True)
    for path in files[:5]:
        path.write_text(with_mistake(path.read_text(), chance))
        editor.change(path, path.read_text())
    await asyncio.sleep(10)
    expected, found = checked(root), published(editor)
    print(f"published in the end: {len(found)}, found by check: {len(expected)}, different: {len(expected ^ found)}")
    await editor.stop()
    sys.exit(0 if expected == found else 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?", default="apache-superset")
    parser.add_argument("--edits", type=int, default=1000)
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "tree"
        shutil.copytree(unpacked(chosen.name), root)
        print(version(root))
        asyncio.run(measure(root, chosen.edits))


if __name__ == "__main__":
    main()
