"""`apilint rule`: the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apilint.cli.ending import fail, told
from apilint.cli.options import with_config
from apilint.cli.output import plain_render_options, write

if TYPE_CHECKING:
    from apilint.finding import RuleInfo


@click.command()
@click.argument("rule", required=False, metavar="[CODE|NAME]")
@with_config
def rule(rule: str | None, config: Path | None) -> None:
    """Explain a rule; list those of a family (APL1), or all of them without an argument."""
    from apilint import fix
    from apilint.report.catalogue import render_list, render_rule

    infos = told(lambda: _rule_infos(config))
    options = plain_render_options()
    exact = [info for info in infos if rule is not None and rule.lower() in (info.code.lower(), info.name)]
    if exact:
        write(render_rule(exact[0], options, is_safe=fix.is_safe(exact[0].code)), None)
        return
    listed = [info for info in infos if rule is None or info.code.startswith(rule.upper())]
    if not listed:
        fail(_unknown_rule(str(rule), infos))
    write(render_list(listed, options), None)


def _rule_infos(config: Path | None) -> list[RuleInfo]:
    from apilint import config as settings
    from apilint.rule import load_rules

    loaded = settings.load(settings.find_root((Path.cwd(),)), config)
    return [rule.info() for rule in load_rules(loaded)]


def _unknown_rule(word: str, infos: Iterable[RuleInfo]) -> str:
    from apilint.shape import closest

    known = [word for info in infos for word in (info.code, info.name)]
    return f"no rule is called '{word}'{closest(word, known) or '; `apilint rule` lists them'}"
