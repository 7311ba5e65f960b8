"""The language server: what the editor says -> the desk; what the desk finds out -> the editor."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from apilint import __version__
from apilint.config import ConfigError, find_root
from apilint.pipeline import NothingToAnalyse
from apilint.server import actions, diagnostics, hovers, lenses
from apilint.server.desk import Desk, Trouble
from apilint.server.folder import Folder
from apilint.server.view import View

T = TypeVar("T")

# What findings depend on: the source, settings, requirements, the accepted findings, what is said of the routes.
WATCHED = "**/{*.py,*.toml,*.yaml,*.yml,*.json,*.txt,*.in,*.cfg,*.lock,Pipfile,apilint.routes}"
_GONE = types.FileChangeType.Deleted, types.FileChangeType.Created


class Server(LanguageServer):
    """One editor. Documents are sent whole: pygls takes a form feed and some other characters for ends of lines, which
    the protocol does not, and would put an edit of a part where it does not belong."""

    def __init__(self) -> None:
        super().__init__("apilint", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.desk = Desk(self._told)
        self.views: dict[Folder, View] = {}
        self._uris: dict[str, str] = {}  # as the editor spells them
        self._published: dict[Folder, set[str]] = {}
        self._troubles: dict[Folder, str] = {}
        self._alone = False
        self._loop: asyncio.AbstractEventLoop | None = None

    # ----------------------------------------------------------------------------------------- beginning

    def begin(self) -> None:
        """Open the folders of the workspace, and ask to be told of changes on the disk."""
        self._loop = asyncio.get_running_loop()
        self.desk.start()
        folders = [each.uri for each in self.workspace.folders.values()]
        if not folders and self.workspace.root_uri:
            folders = [self.workspace.root_uri]
        self._alone = not folders
        for uri in folders:
            self.add(uri)
        files = self.client_capabilities.workspace and self.client_capabilities.workspace.did_change_watched_files
        if files and files.dynamic_registration:
            options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(WATCHED)])
            method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
            self.client_register_capability(
                types.RegistrationParams([types.Registration("apilint-files", method, options)])
            )

    def add(self, uri: str) -> None:
        """Open a folder."""
        path = to_fs_path(uri)
        if path is not None and os.path.isdir(path):
            self.desk.opened(Path(os.path.abspath(path)))

    def remove(self, uri: str) -> None:
        """Close a folder."""
        path = to_fs_path(uri)
        if path is not None:
            self.desk.closed(Path(os.path.abspath(path)))

    def hold(self, uri: str) -> None:
        """Tell the desk what the editor holds. Where no folder is open, the project of the first document is opened."""
        path = self.path(uri)
        if path is None:
            return
        if self._alone:
            self._alone = False
            self.desk.opened(find_root((Path(path),)))
        self.desk.edited(path, self.workspace.get_text_document(uri).source)

    def path(self, uri: str) -> str | None:
        """The path of a Python document on the disk."""
        path = to_fs_path(uri) if uri.startswith("file:") else None
        if path is None or not path.endswith(".py"):
            return None
        path = os.path.abspath(path)
        self._uris[path] = uri
        return path

    # -------------------------------------------------------------------------------------------- telling

    def _told(self, folder: Folder, what: View | Trouble) -> None:
        """From the desk's thread."""
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the editor has gone meanwhile
            self._loop.call_soon_threadsafe(self._tell, folder, what)

    def _tell(self, folder: Folder, what: View | Trouble) -> None:
        if isinstance(what, Trouble):
            if self._troubles.get(folder) != str(what):
                self._troubles[folder] = str(what)
                self._say(f"apilint: {what}", types.MessageType.Error)
            self._publish(folder, {})
            self.views.pop(folder, None)
            return
        self._troubles.pop(folder, None)
        self.views[folder] = what
        related = self._shows_proofs()
        uri = self.uri_in(folder)
        self._publish(
            folder,
            {
                uri(file): diagnostics.diagnostics(what, file, self.encoding, uri, related=related)
                for file in what.findings
            },
        )
        if self._refreshes_lenses():
            self.workspace_code_lens_refresh(None)

    def _publish(self, folder: Folder, found: dict[str, list[types.Diagnostic]]) -> None:
        """Publish what is found, and that nothing is any more where something was."""
        for uri in sorted(self._published.get(folder, set()) - found.keys()):
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        for uri, each in found.items():
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, each))
        self._published[folder] = set(found)

    def _say(self, text: str, kind: types.MessageType) -> None:
        self.window_show_message(types.ShowMessageParams(kind, text))

    def _shows_proofs(self) -> bool:
        document = self.client_capabilities.text_document
        publishing = document and document.publish_diagnostics
        return bool(publishing and publishing.related_information)

    def _refreshes_lenses(self) -> bool:
        workspace = self.client_capabilities.workspace
        return bool(workspace and workspace.code_lens and workspace.code_lens.refresh_support)

    def resolves_edits(self) -> bool:
        """Whether the editor asks for the edit of an action when it is chosen."""
        document = self.client_capabilities.text_document
        support = document and document.code_action and document.code_action.resolve_support
        return bool(support and "edit" in support.properties)

    @property
    def encoding(self) -> str:
        """The code units in which the editor counts."""
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))

    def uri_in(self, folder: Folder) -> Callable[[str], str]:
        """How the editor calls a file of a folder."""

        def uri(file: str) -> str:
            path = os.path.join(folder.root, *file.split("/"))
            return self._uris.get(path) or from_fs_path(path) or path

        return uri

    # ------------------------------------------------------------------------------------------- answering

    async def ask(self, uri: str, question: Callable[[Folder, View, str], T]) -> T | None:
        """The answer of a document's folder, once all edits have been worked in."""
        path = self.path(uri)
        if path is None:
            return None
        folder = await asyncio.wrap_future(self.desk.ask(path, lambda folder: folder))
        view = None if folder is None else self.views.get(folder)
        if folder is None or view is None:
            return None
        return question(folder, view, folder.file(path))

    async def resolved(self, action: types.CodeAction, *, chosen: bool) -> types.CodeAction:
        """The action with its edit; without one, where it is refused: a person who has `chosen` it is told why."""
        data: dict[str, Any] = action.data or {}
        path = self.path(str(data.get("uri", "")))
        if path is None:
            return action

        def work(folder: Folder) -> types.WorkspaceEdit | str | None:
            view = self.views.get(folder)
            if view is None:
                return None
            try:
                return self._workspace_edit(folder, actions.edits(folder, view, data, self.encoding))
            except (actions.Refused, ConfigError, NothingToAnalyse) as refused:
                return str(refused)

        made = await asyncio.wrap_future(self.desk.ask(path, work))
        if isinstance(made, types.WorkspaceEdit):
            action.edit = made
        elif made is not None and chosen:
            self._say(f"apilint: {action.title}: {made}", types.MessageType.Info)
        return action

    def _workspace_edit(self, folder: Folder, edits: dict[str, list[types.TextEdit]]) -> types.WorkspaceEdit:
        uri = self.uri_in(folder)
        return types.WorkspaceEdit(changes={uri(file): each for file, each in edits.items()})


server = Server()


# ------------------------------------------------------------------------------------------------- documents


@server.feature(types.INITIALIZED)
def initialized(ls: Server, params: types.InitializedParams) -> None:
    """The editor is ready."""
    ls.begin()


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """A document has been opened."""
    ls.hold(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """A document has changed."""
    ls.hold(params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """A document has been written: it may be a new file of the project."""
    path = ls.path(params.text_document.uri)
    if path is not None:
        ls.desk.saved(path)


@server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """What the editor has not saved is gone."""
    path = ls.path(params.text_document.uri)
    if path is not None:
        ls.desk.dropped(path)


@server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
def did_change_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Something has changed on the disk."""
    for change in params.changes:
        path = to_fs_path(change.uri)
        if path is not None:
            ls.desk.touched(os.path.abspath(path), stays=change.type not in _GONE)


@server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
def did_change_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Folders have been opened and closed."""
    for folder in params.event.removed:
        ls.remove(folder.uri)
    for folder in params.event.added:
        ls.add(folder.uri)


# ------------------------------------------------------------------------------------------------- requests


@server.feature(types.TEXT_DOCUMENT_HOVER)
async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """What there is to say about a position."""
    return await ls.ask(
        params.text_document.uri,
        lambda folder, view, file: hovers.hover(view, file, params.position, ls.encoding, ls.uri_in(folder)),
    )


@server.feature(types.TEXT_DOCUMENT_DEFINITION)
async def definition(ls: Server, params: types.DefinitionParams) -> list[types.Location] | None:
    """The guards of a handler."""
    return await ls.ask(
        params.text_document.uri,
        lambda folder, view, file: hovers.definitions(view, file, params.position, ls.encoding, ls.uri_in(folder)),
    )


@server.feature(types.TEXT_DOCUMENT_CODE_LENS)
async def code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens] | None:
    """A lens above each handler."""
    return await ls.ask(
        params.text_document.uri,
        lambda folder, view, file: lenses.lenses(view, file, ls.encoding, ls.uri_in(folder)),
    )


@server.feature(
    types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=actions.KINDS, resolve_provider=True)
)
async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """What can be done about the findings under the selection."""
    only = params.context.only
    wanted = None if only is None else [getattr(kind, "value", kind) for kind in only]
    found = await ls.ask(
        params.text_document.uri,
        lambda folder, view, file: list(
            actions.actions(view, file, params.range, wanted, ls.encoding, ls.uri_in(folder))
        ),
    )
    if found and not ls.resolves_edits():
        return [
            action for action in [await ls.resolved(each, chosen=False) for each in found] if action.edit is not None
        ]
    return found


@server.feature(types.CODE_ACTION_RESOLVE)
async def resolve(ls: Server, params: types.CodeAction) -> types.CodeAction:
    """The edit of an action that was chosen."""
    return await ls.resolved(params, chosen=True)


@server.command(lenses.GO)
async def go(ls: Server, uri: str, line: int, character: int) -> None:
    """Show a place: what a lens leads to."""
    at = types.Position(line, character)
    await ls.window_show_document_async(types.ShowDocumentParams(uri, take_focus=True, selection=types.Range(at, at)))


def serve() -> None:
    """Speak with an editor over standard input and output until it is done."""
    server.start_io()


__all__ = ["serve"]
