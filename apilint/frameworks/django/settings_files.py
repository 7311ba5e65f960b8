"""Settings in several files that run in one scope: `include("base.py", optional("local.py"))` of split_settings."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase

from apilint.facts import Span
from apilint.index import Module
from apilint.startup.core import Core, Extensions, Frame
from apilint.startup.values import NONE, Env, Value, text_of

_TOOLS = ("split_settings.tools", "split_settings")


def teach(extensions: Extensions) -> None:
    """Functions that run files of settings."""
    for tools in _TOOLS:
        extensions.functions[f"{tools}.include"] = _include
        extensions.functions[f"{tools}.optional"] = _optional


def _include(machine: Core, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    into = machine.envs.get(span.file)
    if into is None:
        return None
    for arg in args:
        for module in list(_files(machine, span.file, text_of(arg) or "")):
            if module.file not in machine.envs:
                scope = machine.envs[module.file] = Env(module)
                scope.vars = into.vars
                machine.run_block(module.body, scope, Frame(None))
                into.vars = scope.vars  # branches put others in their place
    return NONE


def _optional(machine: Core, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    return args[0] if args else None


def _files(machine: Core, near: str, named: str) -> Iterator[Module]:
    pattern = posixpath.normpath(posixpath.join(posixpath.dirname(near), named))
    for file in sorted(machine.index.modules):
        if file.count("/") == pattern.count("/") and fnmatchcase(file, pattern):
            yield machine.index.modules[file]


__all__ = ["teach"]
