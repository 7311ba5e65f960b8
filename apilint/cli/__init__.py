"""The command line: options in, text and exit status out."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import sys
from typing import NoReturn

import click

from apilint import __version__
from apilint.cli import commands
from apilint.cli.ending import CLEAN, FAILED, INTERRUPTED, say
from apilint.shape import closest


class _Commands(click.Group):
    """The commands are found by looking, and only the one that is called is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        names = self.list_commands(ctx)
        if cmd_name not in names:
            if not ctx.resilient_parsing and not cmd_name.startswith("-"):
                ctx.fail(f"no command is called '{cmd_name}'{closest(cmd_name, names)}")
            return None
        command: click.Command = getattr(importlib.import_module(f"{commands.__name__}.{cmd_name}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="apilint %(version)s")
def cli() -> None:
    """Find security mistakes in Flask, FastAPI and Django APIs, and prove them.

    apilint links the whole program as the framework does at start-up, so it knows every route and who may call it.
    """


def main() -> NoReturn:
    """The entry point: what a user can cause ends in one line, never in a traceback."""
    gc.disable()  # a run is short: what is garbage goes with it
    status = _run()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            pass  # whoever was reading has read enough
        except OSError:
            status = FAILED
    os._exit(status)  # taking apart what a run has built takes longer than the run of a small project


def _run() -> int:
    """Run the command; return the exit status."""
    try:
        status = cli.main(prog_name="apilint", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # on standard error
        return FAILED
    except Exception:  # noqa: BLE001 - a mistake of ours must not pass for findings, which are status 1
        import traceback

        traceback.print_exc()
        say("this is a mistake in apilint, not in your program; please report it with the lines above")
        return FAILED
    return status if isinstance(status, int) else CLEAN
