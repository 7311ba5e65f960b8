"""Route rows -> the table, its JSON, and the explanation of one path."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from apilint.finding import Diagnostic
from apilint.model import VERDICTS
from apilint.report.json import VERSION, diagnostic_object, dump
from apilint.report.options import RenderOptions
from apilint.report.rows import GuardRow, RouteRow, StepRow, order
from apilint.report.summary import diagnostic_line, ordered, plural
from apilint.report.terminal import clip, one_line, pad, paint, width

_STYLES = {"required": "good", "optional": "doubt", "conditional": "doubt", "none": "bad", "unknown": "doubt"}
_HEAD = ("AUTH", "METHOD", "PATH", "HANDLER", "GUARDS")
_GAP = "  "
# The widest cells that columns make room for: methods, path, handler; without a terminal, handlers may take more.
_WIDEST = (12, 48, 44)
_WIDEST_HANDLER = 72
_MIN_GUARDS = 24
_EFFECTS = {"hollow": "never rejects", "none": "not a guard", "unknown": "unclear"}
_NOT_REACHING = ("not inherited", "http only", "opted out")
_TABLE = "[tool.apilint.models.guards]"
_PARAMETER = re.compile(r"\\\{[^/]*?\\\}|<[^/]*?>")


def render_table(routes: Iterable[RouteRow], options: RenderOptions, diagnostics: Sequence[Diagnostic] = ()) -> str:
    """One line a route, a further line for each further guard, then diagnostics and the count."""
    rows = sorted(routes, key=order)
    notes = [diagnostic_line(each) for each in ordered(diagnostics) if each.fatal or options.verbose]
    lines = list(_table(rows, options)) if rows else []
    last = _summary(rows, options) if rows else _nothing(len(diagnostics) - len(notes))
    blocks = [block for block in (lines, notes, [last]) if block]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def render_json(routes: Iterable[RouteRow], diagnostics: Sequence[Diagnostic] = ()) -> str:
    """The route table as JSON, version 1 (see docs/output.md)."""
    rows = sorted(routes, key=order)
    return dump(
        {
            "version": VERSION,
            "routes": [_route_object(row) for row in rows],
            "diagnostics": [diagnostic_object(each) for each in sorted(diagnostics)],
            "stats": {"routes": len(rows), "verdicts": _verdicts(rows)},
        }
    )


def render_why(routes: Iterable[RouteRow], path: str, options: RenderOptions) -> str:
    """For each route that `path` names (see `matching`): its guards, what else was considered, and the chains."""
    rows = sorted(routes, key=order)
    found = matching(rows, path)
    return "\n".join("\n".join(_explanation(row, options)) + "\n" for row in found)


def matching(routes: Iterable[RouteRow], path: str) -> list[RouteRow]:
    """The routes that `path` names: a template, a concrete path or a pattern with `*`, perhaps after a method."""
    rows = list(routes)
    method, _, rest = path.strip().rpartition(" ")
    wanted = rest.strip()
    if method:
        rows = [row for row in rows if method.upper() in row.methods or not row.methods]
    tests = (
        lambda row: row.path == wanted,
        lambda row: row.path.strip("/") == wanted.strip("/"),
        lambda row: "*" in wanted and _glob(wanted).match(row.path) is not None,
        lambda row: _template(row.path).match("/" + wanted.strip("/")) is not None,
    )
    for test in tests:
        found = [row for row in rows if test(row)]
        if found:
            return found
    return []


# ------------------------------------------------------------------------------------------------ table


def _table(rows: Sequence[RouteRow], options: RenderOptions) -> Iterator[str]:
    cells = [_cells(row) for row in rows]
    methods, path, handler = _WIDEST
    limits = (0, methods, path, handler if options.width else _WIDEST_HANDLER)
    columns = [_column(index, cells, limit) for index, limit in enumerate(limits)]
    room = max(options.width - sum(columns) - len(_GAP) * 4, _MIN_GUARDS) if options.width else 0
    heads = [pad(head, column) for head, column in zip(_HEAD, columns, strict=False)]
    yield paint(_GAP.join([*heads, _HEAD[-1]]), "strong", color=options.color)
    for row, cell in zip(rows, cells, strict=True):
        yield from _lines(row, cell, columns, room, color=options.color)


def _cells(row: RouteRow) -> tuple[str, str, str, str]:
    handler = f"{_short(row.handler)} {row.file}:{row.line}" if row.handler else f"{row.file}:{row.line}"
    return row.auth, one_line(_methods(row)), one_line(row.path or "/"), one_line(handler)


def _column(index: int, cells: Sequence[tuple[str, ...]], limit: int) -> int:
    """The width of a column: that of its widest cell, those that are wider than the limit (0 for none) apart."""
    fitting = [each for each in (width(cell[index]) for cell in cells) if not limit or each <= limit]
    return max([*fitting, len(_HEAD[index])])


def _lines(row: RouteRow, cell: Sequence[str], columns: Sequence[int], room: int, *, color: bool) -> Iterator[str]:
    """The lines of one route. A cell wider than its column is never cut: what follows goes to the next line."""
    guards = _guard_cells(row)
    texts = [paint(pad(cell[0], columns[0]), _STYLES.get(cell[0], "doubt"), color=color)]
    for index in (1, 2, 3):
        texts.append(pad(cell[index], columns[index]))
        if width(cell[index]) > columns[index]:
            yield _GAP.join(texts).rstrip()
            texts = [" " * column for column in columns[: index + 1]]
    for number, guard in enumerate(guards or [""]):
        before = texts if not number else [" " * column for column in columns]
        yield _GAP.join([*before, clip(one_line(guard), room)]).rstrip()


def _guard_cells(row: RouteRow) -> list[str]:
    """What guards a route, or why nothing does."""
    cells = [_guard_cell(guard) for guard in row.guards]
    cells += [f"{guard.name} never rejects {guard.file}:{guard.line}" for guard in row.considered if _is_hollow(guard)]
    if row.demands:
        cells.append(f"asks for {_demanded(row)}")
    cells += [_lapse_cell(guard, lapse) for guard in row.guards for lapse in guard.lapses]
    cells += _doubts(row)
    if row.public:
        cells.append(f"public: {row.public_reason}" if row.public_reason else "public by declaration")
    return cells


def _doubts(row: RouteRow) -> list[str]:
    """What could not be resolved, and where."""
    if row.auth != "unknown":
        return []
    doubts = [f"? '{each.name}': {each.reason} {each.file}:{each.line}" for each in row.considered if each.settle]
    return doubts or [f"? {row.unknown}"]


def _guard_cell(guard: GuardRow) -> str:
    condition = f" if {guard.condition}" if guard.condition else ""
    effect = ", optional" if guard.effect == "optional" else ""
    via = f" ({guard.via})" if guard.via else ""
    return f"{guard.name}{effect}{condition} {guard.file}:{guard.line}{via}"


def _lapse_cell(guard: GuardRow, lapse: StepRow) -> str:
    return f"{guard.name} fails open: {lapse.message} {lapse.file}:{lapse.line}"


def _nothing(held_back: int) -> str:
    """What is said of a program without routes, and how many notes there are that may say why."""
    hint = f" With -v, {plural(held_back, 'note')} on what could not be followed." if held_back else ""
    return f"No routes found.{hint}"


def _summary(rows: Sequence[RouteRow], options: RenderOptions) -> str:
    verdicts = ", ".join(
        paint(f"{count:,} {verdict}", _STYLES.get(verdict, "doubt"), color=options.color)
        for verdict, count in _verdicts(rows).items()
    )
    frameworks = sorted({row.framework for row in rows})
    return f"{plural(len(rows), 'route')} ({', '.join(frameworks)}): {verdicts}."


def _verdicts(rows: Iterable[RouteRow]) -> dict[str, int]:
    counts = Counter(row.auth for row in rows)
    return {verdict: counts[verdict] for verdict in VERDICTS if counts[verdict]}


# -------------------------------------------------------------------------------------------------- why


def _explanation(row: RouteRow, options: RenderOptions) -> Iterator[str]:
    verdict = paint(row.auth, _STYLES.get(row.auth, "doubt"), color=options.color)
    title = paint(one_line(f"{_methods(row)} {row.path or '/'}"), "strong", color=options.color)
    yield f"{title}  {verdict}: {_reading(row)}"
    if row.handler:
        yield f"  handler  {one_line(row.handler)}  {one_line(row.file)}:{row.line}"
    for guard in row.guards:
        yield from _guard_lines(guard, options)
    for guard in row.considered:
        yield from _guard_lines(guard, options)
    if not row.guards and not row.considered:
        yield "  nothing stands between a caller and the handler"
    if row.demands:
        yield one_line(f"  asks for {_demanded(row)}")
    entries = list(dict.fromkeys(guard.settle for guard in row.considered if guard.settle))
    if row.auth == "unknown" and entries:
        yield "  to settle it, say in the configuration what it does (required, optional or none):"
        yield from (f"      {line}" for line in (_TABLE, *map(one_line, entries)))
    if row.public:
        yield one_line(f"  declared public: {row.public_reason or 'no reason given'}")


def _guard_lines(guard: GuardRow, options: RenderOptions) -> Iterator[str]:
    """What a guard does, and the places that lead from the route to the line that rejects; one line where there is
    no more to say than where it is attached."""
    name = paint(one_line(guard.name), "strong", color=options.color)
    condition = f" if {guard.condition}" if guard.condition else ""
    reason = f" ({guard.reason})" if guard.reason else ""
    label = "does not reach" if guard.kind in _NOT_REACHING else _EFFECTS.get(guard.effect, guard.effect)
    head = f"  {label}{one_line(condition)}  {name}{one_line(_manner(guard) + reason)}"
    place = f"{guard.file}:{guard.line}"
    steps = [(f"{step.file}:{step.line}", step.message) for step in guard.chain]
    lapses = [(f"{lapse.file}:{lapse.line}", f"fails open: {lapse.message}") for lapse in guard.lapses]
    if not lapses and (not steps or (len(steps) == 1 and steps[0][0] == place)):
        yield f"{head}  {one_line(place)}"
        return
    yield head
    steps += lapses
    column = max(width(one_line(where)) for where, _ in steps)
    for where, message in steps:
        yield f"      {pad(one_line(where), column)}  {one_line(message)}".rstrip()


def _manner(guard: GuardRow) -> str:
    """What a guard is and how it reaches the route, without saying a word twice."""
    words = [word for word in (guard.kind, guard.via) if word and word != guard.name]
    if guard.via.replace("_", " ").startswith(guard.kind.replace("_", " ")):
        words = [guard.via if len(guard.via) > len(guard.kind) else guard.kind]
    return f"  [{', '.join(words)}]" if words else ""


def _reading(row: RouteRow) -> str:
    """The verdict in words."""
    words = {
        "required": "callers without valid credentials are turned away",
        "optional": "credentials are read, their absence is tolerated",
        "conditional": f"guarded only if {row.condition or 'a setting that the source leaves open says so'}",
        "none": "anyone may call it",
        "unknown": row.unknown or "something on the way could not be resolved",
    }
    return one_line(words.get(row.auth, ""))


def no_route(rows: Sequence[RouteRow], path: str) -> str:
    """That no route is called so, and which ones are spelt alike."""
    wanted = path.strip().rpartition(" ")[2]
    near = difflib.get_close_matches(wanted, sorted({row.path for row in rows}), n=3, cutoff=0.6)
    hint = f"; did you mean {' or '.join(repr(one_line(each)) for each in near)}?" if near else ""
    return f"no route matches '{one_line(path)}'{hint}"


# ----------------------------------------------------------------------------------------------- pieces


def _route_object(row: RouteRow) -> dict[str, Any]:
    return {
        "framework": row.framework,
        "kind": row.kind,
        "methods": row.methods,
        "path": row.path,
        "handler": row.handler,
        "file": row.file,
        "line": row.line,
        "installed": row.installed,
        "auth": row.auth,
        "guards": [_guard_object(guard) for guard in row.guards],
        "considered": [_guard_object(guard) for guard in row.considered],
        "condition": row.condition or None,
        "only_if": row.only_if or None,
        "unknown": row.unknown or None,
        "demands": [{"kind": each.kind, "name": each.name, "enforced": each.enforced} for each in row.demands],
        "public": {"reason": row.public_reason} if row.public else None,
    }


def _guard_object(guard: GuardRow) -> dict[str, Any]:
    return {
        "name": guard.name,
        "kind": guard.kind,
        "via": guard.via,
        "file": guard.file,
        "line": guard.line,
        "effect": guard.effect,
        "condition": guard.condition or None,
        "reason": guard.reason or None,
        "settle": guard.settle or None,
        "chain": [_step_object(step) for step in guard.chain],
        "fails_open": [_step_object(step) for step in guard.lapses],
    }


def _step_object(step: StepRow) -> dict[str, Any]:
    return {"file": step.file, "line": step.line, "message": step.message}


def _demanded(row: RouteRow) -> str:
    """What callers must have beyond being known, in words."""
    return ", ".join(f"{each.kind} {each.name}{'' if each.enforced else ' (never looked at)'}" for each in row.demands)


def _is_hollow(guard: GuardRow) -> bool:
    return guard.effect == "hollow"


def _methods(row: RouteRow) -> str:
    return ",".join(row.methods) or ("WEBSOCKET" if row.kind == "websocket" else "ANY")


def _short(handler: str) -> str:
    return handler.rpartition(":")[2]


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*") + r"\Z")


def _template(path: str) -> re.Pattern[str]:
    """A pattern for the concrete paths of a template: `{x}` and `<int:x>` stand for one segment, `path` for several."""

    def segment(match: re.Match[str]) -> str:
        return "[^/]+(?:/[^/]+)*" if "path" in match[0] else "[^/]+"

    return re.compile(_PARAMETER.sub(segment, re.escape("/" + path.strip("/"))) + r"\Z")
