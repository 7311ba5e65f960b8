"""Rules -> text: the list of all, and the documentation of one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from apilint.finding import RuleInfo
from apilint.report.options import RenderOptions
from apilint.report.summary import plural
from apilint.report.terminal import paint


def render_list(rules: Sequence[RuleInfo], options: RenderOptions) -> str:
    """One line a rule, by family."""
    lines: list[str] = []
    width = max((len(rule.name) for rule in rules), default=0)
    ordered = sorted(rules, key=lambda each: each.code)
    for family in dict.fromkeys(rule.family for rule in ordered):
        lines.append(paint(family, "strong", color=options.color))
        lines += [
            f"  {rule.code}  {rule.name:<{width}}  {rule.severity.value:<7}  {rule.title}"
            for rule in ordered
            if rule.family == family
        ]
        lines.append("")
    lines.append(f"{plural(len(rules), 'rule')}. `apilint rule CODE` explains one.")
    return "\n".join(lines) + "\n"


_MENDS = {None: "-", True: "safe (check --fix)", False: "to be reviewed (check --fix --unsafe-fixes)"}


def render_rule(rule: RuleInfo, options: RenderOptions, *, is_safe: bool | None = None) -> str:
    """Everything that a rule's file says, for reading; `is_safe` says how safe its fix is, if it has one."""
    return "\n".join(_parts(rule, options, is_safe)) + "\n"


def _parts(rule: RuleInfo, options: RenderOptions, is_safe: bool | None) -> Iterator[str]:
    def head(text: str) -> str:
        return paint(text, "strong", color=options.color)

    yield head(f"{rule.code} {rule.name}")
    yield rule.title
    yield ""
    yield f"severity    {rule.severity.value} ({rule.security_severity:g})"
    yield f"precision   {rule.precision.value}"
    yield f"frameworks  {', '.join(rule.frameworks) or 'all'}"
    yield f"CWE         {', '.join(f'CWE-{number}' for number in rule.cwe) or '-'}"
    yield f"OWASP       {', '.join(f'{item}:2023' for item in rule.owasp) or '-'}"
    yield f"fix         {_MENDS[is_safe]}"
    yield from ("", head("Why"), "", rule.why.rstrip())
    yield from ("", head("Mend"), "", rule.fix.rstrip())
    for title, examples in (("Found", rule.bad), ("Not found", rule.good)):
        if examples:
            yield from ("", head(title), "", textwrap.indent(examples[0].rstrip(), "    "))
    links = [reference for reference in rule.references if "://" in reference]
    seen = [reference for reference in rule.references if "://" not in reference]
    for title, references in (("Read on", links), ("In published code", seen)):
        if references:
            yield from ("", head(title), "", *(f"- {reference}" for reference in references))
    yield from ("", f"Ignore one: # apilint: ignore[{rule.name}] -- reason")


__all__ = ["render_list", "render_rule"]
