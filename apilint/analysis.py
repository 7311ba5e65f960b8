"""Files that no earlier run has finished with -> facts, the linked program, its findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from apilint import config as settings
from apilint import discover, engine, fix, hygiene
from apilint.catalogue import load_models, load_rules
from apilint.changes import Standing
from apilint.check import load_checks
from apilint.checks.inventory import dynamic_registration_unresolved
from apilint.facts import FileFacts, FunctionFacts, Span, Stmt, decode_body, decode_file, encode
from apilint.finding import Finding, Report, Stats, Suppression, in_order
from apilint.library import FOLDER as LIBRARIES
from apilint.library import Library
from apilint.link import link, rooms
from apilint.processes import default_jobs
from apilint.project import Project
from apilint.revision import Revision
from apilint.rule import Rule, match_codes
from apilint.scanning import Scanned
from apilint.scope import Scope
from apilint.shape import nearest
from apilint.source import Sources, decoded
from apilint.versions import Versions

Text = Callable[[str], bytes]


def load(*, checks: bool) -> None:
    """Import what linking needs, and what judging does, while other processes scan."""
    rooms()
    if checks:
        load_checks()


def as_of(revision: Revision, now: Scanned, text: Text, config: settings.Config) -> tuple[Scanned, Text]:
    """The facts of a project as it was at a revision, and the texts that they refer to."""
    from apilint.scan import scan as scan_one

    files, projects = discover.listed(revision.files, config)
    changed = revision.changed(())
    texts = {
        file: data
        for file, data in revision.contents([file for file in files if file in changed]).items()
        if len(data) <= config.max_file_size
    }
    facts = {file: now.facts[file] for file in files if file in now.facts and file not in changed}
    facts |= {file: decode_file(encode(scan_one(data))) for file, data in texts.items()}

    def text_then(file: str) -> bytes:
        return decoded(texts[file]) if file in texts else text(file)

    return Scanned(dict(sorted(facts.items())), projects, ()), text_then


# ----------------------------------------------------------------------------------------------- linking


def start(
    scanned: Scanned,
    config: settings.Config,
    scope: Scope,
    root_name: str,
    text: Text,
    documents: Mapping[str, bytes] | None = None,
    versions: Versions | None = None,
    library: Library | None = None,
    specifications: Mapping[str, bytes] | None = None,
) -> Project:
    """The program, started symbolically, with its routes."""

    def lower(file: str, function: FunctionFacts, facts: FileFacts) -> tuple[Stmt, ...]:
        from apilint.scan import lower_body

        return decode_body(lower_body(text(file), function, facts.functions, facts.classes))

    return link(
        scanned.facts,
        _module_names(scanned),
        load_models(config),
        tests=filter(scope.is_test, scanned.facts),
        root_name=root_name,
        lower=lower,
        text=text,
        options={"settings": config.settings} if config.settings else {},
        public=config.public,
        documents=documents,
        versions=versions,
        library=library,
        specifications=specifications,
    )


def _module_names(scanned: Scanned) -> dict[str, str]:
    """Dotted names by file. A folder whose files import relatively is a package, `__init__.py` or not."""
    packages: set[str] = set()
    imports: set[str] = set()
    for file, facts in scanned.facts.items():
        for name in facts.imports:
            if not name.startswith("."):
                imports.add(name)
                continue
            folder = os.path.dirname(file)
            for _ in range(len(name) - len(name.lstrip("."))):
                if folder:
                    packages.add(f"{folder}/__init__.py")
                    folder = os.path.dirname(folder)
    names = discover.module_names(sorted({*scanned.facts, *packages}), scanned.projects, imports)
    return {file: names[file] for file in scanned.facts}


def standings(project: Project) -> tuple[Standing, ...]:
    """The routes of a program, as far as a comparison needs them."""
    return tuple(
        Standing(
            route.handler,
            methods,
            tuple(f"{method} {route.path}" for method in methods),
            route.auth,
            route.span.file,
            project.line(route.span),
        )
        for route in project.routes
        for methods in [route.methods or ("ANY",)]
    )


# ----------------------------------------------------------------------------------------------- judging


def judge(
    project: Project,
    scanned: Scanned,
    config: settings.Config,
    select: Sequence[str],
    ignore: Sequence[str],
    sources: Sources,
    jobs: int = 0,
) -> Report:
    """Findings of the chosen rules with their suppressions, and everything else that a report tells."""
    rules = load_rules(config)
    chosen = choose(rules, config, select, ignore)
    findings = engine.run(project, chosen, sources.place, jobs or default_jobs())
    findings = [finding for finding in findings if not finding.place.file.startswith(LIBRARIES)]
    findings = [_with_severity(finding, config) for finding in findings]
    findings = _ignored_by_path(findings, config)
    findings = hygiene.with_suppressions(findings, project, rules, chosen, sources.place)
    findings += hygiene.parse_errors(scanned.diagnostics, chosen, sources)
    findings = [_with_fix(finding) for finding in sorted(findings, key=in_order)]
    diagnostics = tuple(sorted({*scanned.diagnostics, *project.diagnostics}))
    infos = tuple(rule.info() for rule in chosen)
    return Report(tuple(findings), diagnostics, infos, _stats(project, scanned, findings))


def choose(rules: Sequence[Rule], config: settings.Config, select: Sequence[str], ignore: Sequence[str]) -> list[Rule]:
    """The rules that run: selected (all enabled ones by default) and not ignored. Raises `ConfigError` for a
    selector that no rule answers to."""
    known = [word for rule in rules for word in (rule.code, rule.name)]
    settings.check_codes(config, known)
    for option, words in (("--select", select), ("--ignore", ignore)):
        for word in words:
            if not settings.is_known(word, known):
                raise settings.ConfigError(f"{option}: unknown rule '{word}'{nearest(word, known)}")
    wanted = select or config.select
    chosen = match_codes(wanted, rules) if wanted else frozenset(rule.code for rule in rules if rule.enabled)
    chosen -= match_codes((*config.ignore, *ignore), rules)
    return [rule for rule in rules if rule.code in chosen]


def _with_severity(finding: Finding, config: settings.Config) -> Finding:
    level = _most_specific(config.severity, finding)
    return finding if level is None else msgspec.structs.replace(finding, severity=type(finding.severity)(level))


def _with_fix(finding: Finding) -> Finding:
    offer = fix.offered(finding)
    return finding if offer is None else msgspec.structs.replace(finding, fix=offer)


def _most_specific(levels: Mapping[str, str], finding: Finding) -> str | None:
    """What is said of a finding's rule: by its code or name, else by the longest beginning of its code."""
    if not levels:
        return None
    for word in (finding.code, finding.name):
        if word in levels:
            return levels[word]
    beginnings = [word for word in levels if settings.is_known(word, (finding.code,))]
    return levels[max(beginnings, key=len)] if beginnings else None


def _ignored_by_path(findings: Collection[Finding], config: settings.Config) -> list[Finding]:
    if not config.per_path_ignores:
        return list(findings)
    ignores = settings.PathIgnores(config)
    by_path = Suppression("external", "per-path-ignores")
    return [
        msgspec.structs.replace(finding, suppression=by_path)
        if any(settings.is_known(word, (finding.code, finding.name)) for word in ignores.selectors(finding.place.file))
        else finding
        for finding in findings
    ]


def _stats(project: Project, scanned: Scanned, findings: Iterable[Finding]) -> Stats:
    verdicts: dict[str, int] = {}
    cut_short: list[Span] = project.once(engine.CUT_SHORT, project.cut_short)
    for route in project.routes:
        verdicts[route.auth] = verdicts.get(route.auth, 0) + 1
    return Stats(
        files=len(scanned.facts),
        lines=sum(len(facts.lines) // 4 for facts in scanned.facts.values()),
        routes=len(project.routes),
        verdicts=dict(sorted(verdicts.items())),
        frameworks=tuple(sorted({route.framework for route in project.routes})),
        suppressed=sum(1 for finding in findings if finding.suppression is not None),
        unresolved=sum(1 for _ in dynamic_registration_unresolved(project, cut_short="")),
        cut_short=tuple(f"{span.file}:{project.line(span)}" for span in cut_short),
    )
