"""`apilint rule`: the catalogue, and rules of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apilint.cli.ending import fail, told
from apilint.cli.options import with_config
from apilint.cli.output import plain_render_options, write

if TYPE_CHECKING:
    from apilint.examples import Tried
    from apilint.finding import RuleInfo


@click.command(short_help="List the rules, or explain one.")
@click.argument("rule", required=False, metavar="[CODE|NAME]")
@click.option(
    "--test",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Run the examples inside the rules of a folder: bad code is found on its marked lines, good code not at all.",
)
@click.option("--schema", is_flag=True, help="Print the JSON schema of a rule's file, for editors.")
@with_config
def rule(rule: str | None, folder: Path | None, schema: bool, config: Path | None) -> None:
    """Explain a rule; list those of a family (APL1), or all of them without an argument."""
    if schema:
        from apilint.catalogue import file_schema

        write(file_schema(), None)
        return
    if folder is not None:
        _test(folder, rule)
        return
    _explain(rule, config)


def _explain(rule: str | None, config: Path | None) -> None:
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


def _test(folder: Path, only: str | None) -> None:
    """Run the examples of the rules in a folder; status 1 where one is not as its rule says."""
    tried = told(lambda: _tried(folder, only))
    if not tried:
        wanted = f" called {only!r}" if only else ""
        fail(f"{folder}: expected files as in ACME001-admin-guard.yaml, found no rule{wanted}")
    write("".join(_lines(tried)), None)
    if not all(each.passed for each in tried):
        raise SystemExit(1)


def _tried(folder: Path, only: str | None) -> Sequence[Tried]:
    from apilint.catalogue import load_rules
    from apilint.config import Config
    from apilint.examples import try_rule

    config = Config(rules=(str(folder),))
    own = [rule for rule in load_rules(config, cached=False) if Path(rule.file).is_relative_to(folder)]
    chosen = [rule for rule in own if only is None or only.lower() in (rule.code.lower(), rule.name)]
    return [each for rule in chosen for each in try_rule(rule, config)]


def _lines(tried: Sequence[Tried]) -> Iterable[str]:
    for each in tried:
        mark = "ok  " if each.passed else "FAIL"
        yield f"{mark} {each.rule.code} {each.rule.name}: {each.title or 'examples'} ({each.kind})\n"
        for file, line in each.missed:
            yield f"       {file}:{line}: marked, and not found\n"
        for file, line in each.wrong:
            yield f"       {file}:{line}: found, and not marked\n"
        if each.problem:
            yield f"       {each.rule.file}: {each.problem}\n"
    failed = sum(not each.passed for each in tried)
    rules = len({each.rule.code for each in tried})
    yield f"{len(tried)} examples of {rules} {'rule' if rules == 1 else 'rules'}: "
    yield f"{failed} failed.\n" if failed else "all as they should be.\n"


def _rule_infos(config: Path | None) -> list[RuleInfo]:
    from apilint import config as settings
    from apilint.catalogue import load_rules

    loaded = settings.load(settings.find_root((Path.cwd(),)), config)
    return [rule.info() for rule in load_rules(loaded)]


def _unknown_rule(word: str, infos: Iterable[RuleInfo]) -> str:
    from apilint.shape import closest

    known = [word for info in infos for word in (info.code, info.name)]
    return f"no rule is called '{word}'{closest(word, known) or '; `apilint rule` lists them'}"
