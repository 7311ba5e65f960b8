"""`apilint server`: the language server, for editors."""

from __future__ import annotations

import click

from apilint.cli.ending import fail


@click.command(short_help="Run as a language server, for editors.")
def server() -> None:
    """Speak the Language Server Protocol over standard input and output, for editors (docs/editor.md).

    Diagnostics while one types, fixes, ignores, hovers and lenses. Needs the extra: pip install 'apilint[server]'.
    """
    try:
        from apilint.server.protocol import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        fail("the server needs pygls: pip install 'apilint[server]'")
    serve()
