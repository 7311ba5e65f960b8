"""An editor: pygls' own client, talking to `apilint server` over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from tests.linting import write

SECONDS = 30


class Editor:
    """A client with some folders open. Positions are the protocol's: from 0."""

    def __init__(self, *folders: Path, encodings: tuple[str, ...] = (), **capabilities: Any) -> None:
        self.folders = folders
        self.client = LanguageClient("test", "1")
        self.published: dict[str, list[types.Diagnostic]] = {}
        self.messages: list[str] = []
        self.shown: list[types.ShowDocumentParams] = []
        self._heard = asyncio.Condition()
        self._count = 0
        self._versions: dict[str, int] = {}
        self._encodings = encodings
        self._capabilities = capabilities
        self._listen()

    def _listen(self) -> None:
        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def published(params: types.PublishDiagnosticsParams) -> None:
            async with self._heard:
                self.published[params.uri] = list(params.diagnostics)
                self._count += 1
                self._heard.notify_all()

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        async def told(params: types.ShowMessageParams) -> None:
            async with self._heard:
                self.messages.append(params.message)
                self._heard.notify_all()

        @self.client.feature(types.WINDOW_SHOW_DOCUMENT)
        def show(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
            self.shown.append(params)
            return types.ShowDocumentResult(True)

        @self.client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            return None

        @self.client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
        def refresh(params: None) -> None:
            return None

    async def __aenter__(self) -> Editor:
        await self.client.start_io(sys.executable, "-m", "apilint", "server")
        folders = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in self.folders]
        encodings = [types.PositionEncodingKind(each) for each in self._encodings]
        capabilities = types.ClientCapabilities(
            general=types.GeneralClientCapabilities(position_encodings=encodings) if encodings else None,
            **self._capabilities,
        )
        params = types.InitializeParams(capabilities=capabilities, workspace_folders=folders)
        self.server = (await self.client.initialize_async(params)).capabilities
        self.client.initialized(types.InitializedParams())
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.wait_for(self.client.shutdown_async(None), SECONDS)
        self.client.exit(None)
        await self.client.stop()

    # ------------------------------------------------------------------------------------------ documents

    def open(self, path: Path, text: str | None = None) -> None:
        text = path.read_text(encoding="utf-8") if text is None else text
        self._versions[path.as_uri()] = 1
        item = types.TextDocumentItem(path.as_uri(), "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: Path, text: str) -> None:
        self._versions[path.as_uri()] += 1
        document = types.VersionedTextDocumentIdentifier(version=self._versions[path.as_uri()], uri=path.as_uri())
        changes = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def save(self, path: Path) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(self.document(path)))

    def close(self, path: Path) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(self.document(path)))

    def touched(self, path: Path, kind: types.FileChangeType) -> None:
        event = types.FileEvent(path.as_uri(), kind)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    @staticmethod
    def document(path: Path) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(path.as_uri())

    # ----------------------------------------------------------------------------------------- questions

    async def hover(self, path: Path, line: int, character: int) -> str:
        params = types.HoverParams(self.document(path), types.Position(line, character))
        found = await asyncio.wait_for(self.client.text_document_hover_async(params), SECONDS)
        return found.contents.value if found else ""

    async def lenses(self, path: Path) -> list[types.CodeLens]:
        params = types.CodeLensParams(self.document(path))
        return await asyncio.wait_for(self.client.text_document_code_lens_async(params), SECONDS) or []

    async def definitions(self, path: Path, line: int, character: int) -> list[types.Location]:
        params = types.DefinitionParams(self.document(path), types.Position(line, character))
        return await asyncio.wait_for(self.client.text_document_definition_async(params), SECONDS) or []

    async def actions(self, path: Path, where: types.Range, *only: str) -> list[types.CodeAction]:
        context = types.CodeActionContext(diagnostics=[], only=[*only] or None)
        params = types.CodeActionParams(self.document(path), where, context)
        return await asyncio.wait_for(self.client.text_document_code_action_async(params), SECONDS) or []

    async def settled(self, path: Path) -> list[types.Diagnostic]:
        """What stands published of a file once the server has worked in all that it was told."""
        await self.lenses(path)
        return self.published.get(path.as_uri(), [])

    async def has(self, path: Path, codes: list[str]) -> list[types.Diagnostic]:
        """What is published of a file when these are its codes; it is waited for until they are."""
        await self.settled(path)

        def found() -> list[object]:
            return [each.code for each in self.published.get(path.as_uri(), [])]

        async with self._heard:
            try:
                await asyncio.wait_for(self._heard.wait_for(lambda: found() == codes), SECONDS)
            except asyncio.TimeoutError:
                assert found() == codes
        return self.published.get(path.as_uri(), [])

    async def message(self) -> str:
        """The first message, waited for."""
        async with self._heard:
            await asyncio.wait_for(self._heard.wait_for(lambda: bool(self.messages)), SECONDS)
        return self.messages[0]


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text with edits whose positions count ASCII lines."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:index])) for index in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
        start, end = (starts[at.line] + at.character for at in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a project whose root is the folder."""
    return write(folder, {"apilint.toml": "", **files})


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


__all__ = ["Editor", "applied", "project", "run"]
