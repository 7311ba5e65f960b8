"""lint(paths, config) -> Report; survey(paths, config) -> the route table."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from apilint import __version__, discover
from apilint import config as settings
from apilint.cache import Cache
from apilint.facts import FileFacts, FunctionFacts, Span, Stmt, decode_body, decode_file
from apilint.files import SourceFile
from apilint.finding import Diagnostic, Finding, Place, Report, RuleInfo, Stats, Suppression
from apilint.report.rows import RouteRow
from apilint.rows import route_rows
from apilint.source import Sources

if TYPE_CHECKING:
    from apilint.project import Project
    from apilint.rule import Rule

Progress = Callable[[int, int], None]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says on top of the configuration."""

    paths: tuple[Path, ...] = ()
    root: Path
    config: settings.Config
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cache: bool = True
    jobs: int = 0
    progress: Progress | None = None


class Scanned(msgspec.Struct, frozen=True):
    """The files of a project with their facts."""

    files: tuple[SourceFile, ...]
    projects: tuple[str, ...]
    facts: dict[str, FileFacts]
    diagnostics: tuple[Diagnostic, ...]


# ------------------------------------------------------------------------------------------ the pipeline


def lint(options: Options) -> Report:
    """Discover, scan, link, judge, suppress. Raises `config.ConfigError` and `rule.RuleError`."""
    run = _Run(options)
    known = run.cached("check")
    if known is not None:
        return _shown(msgspec.msgpack.decode(known, type=Report), options, run.named)
    rules = _load_rules(options.config)
    chosen = _chosen(rules, options)
    scanned = run.scan()
    project = run.link(scanned)
    report = _judged(project, rules, chosen, scanned, run, options)
    run.keep("check", msgspec.msgpack.encode(report))
    return _shown(report, options, run.named)


def survey(options: Options) -> tuple[list[RouteRow], list[Diagnostic]]:
    """Discover, scan, link: the routes in the named paths, and what could not be analysed."""
    run = _Run(options)
    known = run.cached("routes")
    if known is not None:
        rows, diagnostics = msgspec.msgpack.decode(known, type=tuple[list[RouteRow], list[Diagnostic]])
    else:
        scanned = run.scan()
        project = run.link(scanned)
        rows = route_rows(project)
        diagnostics = sorted({*scanned.diagnostics, *project.diagnostics})
        run.keep("routes", msgspec.msgpack.encode((rows, diagnostics)))
    return [row for row in rows if run.named(row.file)], list(diagnostics)


class _Run:
    """One run over one project: its files, its cache, and which of its files were asked for."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.found = discover.discover(options.root, options.config, options.paths)
        self.cache = Cache.open(options.root, _scanner(), options.cache)
        self.lookup = self.cache.lookup(self.found.files)
        self.sources = Sources(options.root)
        self.named = _named(options)
        self.asked_tests = _asked_tests(options)
        self.digests = dict(self.lookup.digests)

    def report_key(self, kind: str) -> bytes | None:
        """What a finished report depends on; None when some file's content is not known yet."""
        if not self.options.cache or any(file.path not in self.digests for file in self.found.files):
            return None
        from apilint.rule import rules_digest

        options = self.options
        state = hashlib.blake2b(digest_size=32)
        for part in (
            kind,
            __version__,
            options.config,
            options.select,
            options.ignore,
            self.asked_tests,
            self.found.diagnostics,
        ):
            state.update(repr(part).encode("utf-8", "surrogateescape"))
        state.update(_code_digest())
        state.update(rules_digest(options.config))
        for file in self.found.files:
            state.update(file.path.encode("utf-8", "surrogateescape"))
            state.update(self.digests[file.path])
        return state.digest()

    def cached(self, kind: str) -> bytes | None:
        """The finished report on exactly these files under these settings."""
        key = self.report_key(kind)
        return None if key is None else self.cache.reports.get(key)

    def keep(self, kind: str, data: bytes) -> None:
        """Remember a finished report."""
        key = self.report_key(kind)
        if key is not None:
            self.cache.reports.put(key, data)

    def scan(self) -> Scanned:
        """The facts of all files, from the cache or scanned now."""
        known, damaged = self.cache.load(self.lookup)
        missing = [*self.lookup.misses, *damaged]
        fresh: dict[str, tuple[bytes, bytes]] = {}
        diagnostics = list(self.found.diagnostics)
        if missing:
            from apilint.pool import default_jobs, scan_all

            result = scan_all(missing, self.options.jobs or default_jobs(), self.options.progress)
            fresh = result.fresh
            self.digests.update({path: digest for path, (digest, _) in fresh.items()})
            diagnostics += result.diagnostics
        self.cache.store(self.lookup, fresh)
        encoded = {**known, **{path: data for path, (_, data) in fresh.items()}}
        facts = {path: decode_file(encoded[path]) for path in sorted(encoded)}
        diagnostics += _scan_errors(facts)
        return Scanned(self.found.files, self.found.projects, facts, tuple(sorted(set(diagnostics))))

    def link(self, scanned: Scanned) -> Project:
        """Start the program symbolically and compose its routes."""
        from apilint.link import link

        options = self.options
        return link(
            scanned.facts,
            _module_names(scanned),
            _load_models(options.config),
            tests=[path for path in scanned.facts if _is_test(path, self.asked_tests)],
            root_name=options.root.name,
            lower=self._lower,
            options={"settings": options.config.settings} if options.config.settings else {},
            public=options.config.public,
        )

    def _lower(self, file: str, function: FunctionFacts, facts: FileFacts) -> tuple[Stmt, ...]:
        from apilint.scan import lower_body

        return decode_body(lower_body(self.sources.text(file), function, facts.functions, facts.classes))

    def locate(self, span: Span, message: str) -> Place:
        """A span as a person reads it."""
        return self.sources.place(span, message)


# ----------------------------------------------------------------------------------------------- judging


def _judged(
    project: Project, rules: Sequence[Rule], chosen: Sequence[Rule], scanned: Scanned, run: _Run, options: Options
) -> Report:
    """Findings of the chosen rules with their suppressions, and everything else that a report tells."""
    from apilint import engine, hygiene

    findings = engine.run(project, chosen, run.locate)
    findings = [_with_severity(finding, options.config) for finding in findings]
    findings = _ignored_by_path(findings, options.config)
    findings = hygiene.with_suppressions(findings, project, rules, chosen, run.locate)
    findings += hygiene.parse_errors(scanned.diagnostics, chosen, run.sources)
    findings.sort(key=engine.sort_key)
    diagnostics = sorted({*scanned.diagnostics, *project.diagnostics})
    infos: tuple[RuleInfo, ...] = tuple(rule.info() for rule in chosen)
    return Report(tuple(findings), tuple(diagnostics), infos, _stats(project, scanned, findings))


def _stats(project: Project, scanned: Scanned, findings: Iterable[Finding]) -> Stats:
    verdicts: dict[str, int] = {}
    for route in project.routes:
        verdicts[route.auth] = verdicts.get(route.auth, 0) + 1
    return Stats(
        files=len(scanned.facts),
        lines=sum(len(facts.lines) // 4 for facts in scanned.facts.values()),
        routes=len(project.routes),
        verdicts=dict(sorted(verdicts.items())),
        frameworks=tuple(sorted({route.framework for route in project.routes})),
        suppressed=sum(1 for finding in findings if finding.suppression is not None),
    )


def _chosen(rules: Sequence[Rule], options: Options) -> list[Rule]:
    """The rules that run: selected (all enabled ones by default) and not ignored."""
    from apilint.rule import match_codes

    select = options.select or options.config.select
    known = [word for rule in rules for word in (rule.code, rule.name)]
    settings.check_codes(options.config, known)
    for word in (*options.select, *options.ignore):
        if not settings.is_known(word, known):
            raise settings.ConfigError(_unknown_rule(word, known))
    chosen = match_codes(select, rules) if select else frozenset(rule.code for rule in rules if rule.enabled)
    chosen -= match_codes((*options.config.ignore, *options.ignore), rules)
    return [rule for rule in rules if rule.code in chosen]


def _unknown_rule(word: str, known: Sequence[str]) -> str:
    from apilint.shape import nearest

    return f"no rule is called '{word}'{nearest(word, known)}"


def _with_severity(finding: Finding, config: settings.Config) -> Finding:
    level = config.severity.get(finding.code) or config.severity.get(finding.name)
    return finding if level is None else msgspec.structs.replace(finding, severity=type(finding.severity)(level))


def _ignored_by_path(findings: Iterable[Finding], config: settings.Config) -> list[Finding]:
    if not config.per_path_ignores:
        return list(findings)
    ignores = settings.PathIgnores(config)
    return [
        msgspec.structs.replace(finding, suppression=Suppression("external", "per-path-ignores"))
        if any(finding.code.startswith(word) or finding.name == word for word in ignores.selectors(finding.place.file))
        else finding
        for finding in findings
    ]


def _shown(report: Report, options: Options, named: Callable[[str], bool]) -> Report:
    """The part of a report that was asked for: the named files, tests only when asked for."""
    tests = options.config.tests
    findings = tuple(each for each in report.findings if named(each.place.file) and (tests or not each.is_test))
    diagnostics = tuple(each for each in report.diagnostics if not each.file or named(each.file) or not each.fatal)
    return msgspec.structs.replace(report, findings=findings, diagnostics=diagnostics)


# ----------------------------------------------------------------------------------------------- helpers


def _load_rules(config: settings.Config) -> Sequence[Rule]:
    from apilint.rule import load_rules

    return load_rules(config)


def _load_models(config: settings.Config) -> Mapping[str, Mapping[str, Any]]:
    from apilint.rule import load_models

    return load_models(config)


def _code_digest() -> bytes:
    """Names this installation's code by the directory entries of its files: a changed check is a changed report."""
    state = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        entry = path.stat()
        state.update(f"{path.name}:{entry.st_size}:{entry.st_mtime_ns};".encode())
    return state.digest()


def _scanner() -> str:
    from apilint import scan

    return str(scan.VERSION)


def _named(options: Options) -> Callable[[str], bool]:
    """Whether a file (relative to the root) lies in the paths that were asked for."""
    wanted = [_relative(path, options.root) for path in options.paths]
    if not wanted or any(path == "" for path in wanted):
        return lambda file: True
    exact = set(wanted)
    folders = tuple(f"{path}/" for path in wanted)
    return lambda file: file in exact or file.startswith(folders)


def _relative(path: Path, root: Path) -> str:
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root)).replace(os.sep, "/")
    return "" if relative == "." else relative


def _asked_tests(options: Options) -> tuple[str, ...]:
    """The named paths that lie in test code: whoever names them wants them analysed as the program."""
    named = [_relative(path, options.root) for path in options.paths]
    return tuple(
        path for path in named if path and (discover.is_test_path(path) or discover.is_test_path(f"{path}/_.py"))
    )


def _is_test(file: str, asked: Iterable[str]) -> bool:
    """Whether a file is test code, judged from the named path that it lies in."""
    for path in asked:
        if file == path:
            return False
        if file.startswith(f"{path}/"):
            return discover.is_test_path(file[len(path) + 1 :])
    return discover.is_test_path(file)


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


def _scan_errors(facts: dict[str, FileFacts]) -> list[Diagnostic]:
    return [Diagnostic(file, error.line, error.message) for file, each in facts.items() for error in each.errors]


__all__ = ["Options", "lint", "survey"]
