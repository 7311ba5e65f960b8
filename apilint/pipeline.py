"""lint(options) -> Report; survey(options) -> the route table.

A run over the files, settings and rules of an earlier one takes its result from the cache and loads none of the
modules that scan, link and judge: those stand behind `analysis`.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from apilint import __version__, discover
from apilint import baseline as baselines
from apilint import config as settings
from apilint.cache import Cache, decoded
from apilint.catalogue import rules_digest
from apilint.changes import Standing, about_changes
from apilint.finding import Diagnostic, Finding, Report, RuleInfo, in_order
from apilint.installation import identity
from apilint.report.rows import RouteRow
from apilint.revision import NoRevision, Revision, revision
from apilint.scope import Scope, named
from apilint.source import Sources
from apilint.specifications import specifications
from apilint.surface import FILE_NAME as LOCK_FILE

if TYPE_CHECKING:
    from apilint.library import Library
    from apilint.mending import Mended, State, Workshop
    from apilint.project import Project
    from apilint.scanning import Scanned
    from apilint.versions import Versions

Progress = Callable[[int, int], None]
T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says on top of the configuration. `edits` asks for what each fix changes."""

    paths: tuple[Path, ...] = ()
    root: Path
    config: settings.Config
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    since: str = ""
    since_option: str = "--since"
    edits: bool = False
    baseline: bool = True
    require_reasons: bool = False
    today: Callable[[], datetime.date] = datetime.date.today
    cache: bool = True
    jobs: int = 0
    progress: Progress | None = None


class NothingToAnalyse(Exception):
    """There is no Python file where one was asked for."""


class _Checked(msgspec.Struct, frozen=True, array_like=True):
    report: Report
    routes: tuple[Standing, ...]


class _Surveyed(msgspec.Struct, frozen=True, array_like=True):
    rows: list[RouteRow]
    diagnostics: list[Diagnostic]


def lint(options: Options) -> Report:
    """Discover, scan, link, judge, suppress; then the part that was asked for.

    Raises `config.ConfigError` (also for broken rules and unknown selectors) and `NothingToAnalyse`.
    """
    return _linted(Run(options))


def lint_and_survey(options: Options) -> tuple[Report, list[RouteRow]]:
    """The report, and the routes in the named paths, of one program that is linked once. Raises as `lint`."""
    run = Run(options)
    return _linted(run), _surveyed(run).rows


def _linted(run: Run) -> Report:
    options = run.options
    done = run.remembered("check", _Checked, run.check)
    is_shown: Callable[[Finding], bool] = run.is_shown
    if run.base is not None:
        before = run.remembered("base", tuple[Standing, ...], run.standings_before)
        is_shown = _either(is_shown, about_changes(before, done.routes))
    report = done.report
    if options.edits and any(f.fix is not None and f.fix.safe and is_shown(f) for f in report.findings):
        findings = run.remembered("edits", tuple[Finding, ...], lambda: run.with_edits(done.report.findings))
        report = msgspec.structs.replace(report, findings=findings)
    return run.told(report, is_shown)


def survey(options: Options) -> tuple[list[RouteRow], list[Diagnostic]]:
    """Discover, scan, link: the routes in the named paths, and what could not be analysed. Raises as `lint`."""
    found = _surveyed(Run(options))
    return found.rows, found.diagnostics


def _surveyed(run: Run) -> _Surveyed:
    found = run.remembered("routes", _Surveyed, run.survey)
    rows = [row for row in found.rows if run.scope.covers(row.file) or run.scope.covers(row.registered)]
    return _Surveyed(rows, list(_told(found.diagnostics, run.scope)))


def survey_before(options: Options) -> list[RouteRow]:
    """All routes of the project as it was at the revision `options.since`. Raises as `lint`."""
    run = Run(options)
    if run.base is None:
        raise settings.ConfigError(f"{options.since_option} {options.since}: expected a git revision, found nothing")
    return run.remembered("base-routes", list[RouteRow], run.rows_before)


def mend(options: Options, is_wanted: Callable[[Finding], bool], *, unsafe: bool) -> Mended:
    """Lint, and mend what is shown, wanted and can be mended. Nothing is written. Raises as `lint`."""
    from apilint import mending

    run = Run(options)
    found = _linted(run)
    if not any(each.fix is not None and is_wanted(each) for each in found.findings):
        return mending.Mended(found, (), (), ())
    codes = run.codes(options.select)
    accepted = {each.fingerprint for each in found.findings if each.suppression is not None}

    def is_due(finding: Finding) -> bool:
        is_accepted = finding.fingerprint in accepted
        return not is_accepted and run.is_shown(finding) and finding.code in codes and is_wanted(finding)

    mended = mending.mend(run.state(), run.workshop(), is_due, unsafe=unsafe)
    chosen = tuple(finding for finding in mended.report.findings if finding.code in codes)
    report = msgspec.structs.replace(mended.report, findings=chosen, rules=found.rules)
    return msgspec.structs.replace(mended, report=run.told(report, run.is_shown))


class Run:
    """One run over one project: its files, its cache, and what of it was asked for. To make one raises as `lint`."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.base = _base(options)
        self.found = discover.discover(options.root, options.config, options.paths)
        self.scope = _scope(options, self.base, self.found)
        self.identity = identity()
        self.cache = Cache.open(options.root, self.identity.scanner, options.cache)
        self.lookup = self.cache.lookup(self.found.files)
        self.digests = dict(self.lookup.digests)
        self.library = _library(options, self.identity.scanner)
        self.sources = Sources(options.root, elsewhere=None if self.library is None else self.library.read)
        self.documents = {} if self.scope.tests else _documents(options)
        self.requirements = dict(_contents(options.root, self.found.requirements))
        self.specifications = specifications(options.root, self.requirements.values())
        self.is_judged = False

    # --------------------------------------------------------------------------------------- remembering

    def remembered(self, kind: str, type_: type[T], work: Callable[[], T]) -> T:
        """What an earlier run found out on exactly these files under these settings, or what the work finds now."""
        key = self._key(kind)
        known = None if key is None else decoded(self.cache.reports.get(key), type_)
        if known is not None:
            return known
        result = work()
        if self.library is not None:
            self.library.keep()
        key = self._key(kind)
        if key is not None:
            self.cache.reports.put(key, msgspec.msgpack.encode(result))
        return result

    def _key(self, kind: str) -> bytes | None:
        """What a result depends on; None while some file's content is not known."""
        if not self.options.cache or any(file.path not in self.digests for file in self.found.files):
            return None
        options = self.options
        state = hashlib.blake2b(digest_size=32)
        for part in (
            kind,
            __version__,
            self.identity.code,
            options.config,
            options.select,
            options.ignore,
            self.scope.tests,
            self.found.diagnostics,
            self.found.projects,
            self.base.commit if kind.startswith("base") and self.base else "",
        ):
            state.update(repr(part).encode("utf-8", "surrogateescape") + b"\0")
        for path, data in self.requirements.items():
            state.update(path.encode("utf-8", "surrogateescape") + b"\0" + hashlib.blake2b(data).digest())
        if options.config.environment is not None:
            state.update(repr((self.versions, self.library and self.library.state())).encode())
        if options.config.rules:
            state.update(rules_digest(options.config))
        if kind == "check":
            state.update(repr(sorted(self.documents.items())).encode())
        if self.specifications:
            state.update(repr(sorted(self.specifications.items())).encode())
        for file in self.found.files:
            state.update(file.path.encode("utf-8", "surrogateescape") + b"\0" + self.digests[file.path])
        return state.digest()

    # ------------------------------------------------------------------------------------------- telling

    def is_shown(self, finding: Finding) -> bool:
        """Whether a finding is about what was asked for."""
        file = finding.place.file
        return self.scope.covers(file) and (
            self.options.config.tests or not finding.is_test or self.scope.names_test(file)
        )

    def told(self, report: Report, is_shown: Callable[[Finding], bool]) -> Report:
        """What is shown of a report, less what the baseline accepts."""
        diagnostics = tuple(_told(report.diagnostics, self.scope))
        baseline = self.baseline() if self.options.baseline else None
        if baseline is None:
            findings = tuple(filter(is_shown, report.findings))
            return msgspec.structs.replace(report, findings=findings, diagnostics=diagnostics)
        report = msgspec.structs.replace(report, rules=self._with_reasons(report.rules))
        files = {file.path for file in self.found.files}
        applied, about = baselines.subtract(baseline, report, files, self.options.today, self.scope.covers)
        findings = tuple(sorted((*filter(is_shown, applied), *about), key=in_order))
        return msgspec.structs.replace(report, findings=findings, diagnostics=diagnostics)

    def baseline(self) -> baselines.Baseline | None:
        """The project's baseline. Raises `ConfigError`."""
        named_ = self.options.config.baseline
        path = baseline_path(self.options)
        found = baselines.load(path, os.path.relpath(path, self.options.root).replace(os.sep, "/"))
        if found is None and named_:
            raise settings.ConfigError(f"{path}: there is no such baseline; `apilint baseline` writes it")
        return found

    def _with_reasons(self, rules: tuple[RuleInfo, ...]) -> tuple[RuleInfo, ...]:
        """The rules that ran, with the one that asks for reasons if they are required."""
        options = self.options
        is_there = any(rule.code == baselines.REASONLESS for rule in rules)
        if is_there or not (options.require_reasons or options.config.require_reasons):
            return rules
        from apilint.catalogue import load_rules

        asking = (rule.info() for rule in load_rules(options.config) if rule.code == baselines.REASONLESS)
        return tuple(sorted((*rules, *asking), key=lambda rule: rule.code))

    # ------------------------------------------------------------------------------------------- working

    @functools.cached_property
    def scanned(self) -> Scanned:
        """The facts of all files."""
        from apilint import scanning

        options = self.options
        jobs, progress = options.jobs, options.progress
        scanned, digests = scanning.scan(self.found, self.cache, self.lookup, jobs, progress, self._load)
        self.digests.update(digests)
        return scanned

    def _load(self) -> None:
        """Import what follows on scanning."""
        from apilint import analysis

        analysis.load(checks=self.is_judged)

    @functools.cached_property
    def versions(self) -> Versions:
        """The versions of libraries that the project says it runs with."""
        from apilint.requirements import read_versions

        return read_versions(self.requirements, self.options.config.environment)

    @functools.cached_property
    def project(self) -> Project:
        """The linked program."""
        scanned = self.scanned

        from apilint import analysis

        config, scope, name = self.options.config, self.scope, self.options.root.name
        text, documents, served = self.sources.text, self.documents, self.specifications
        return analysis.start(scanned, config, scope, name, text, documents, self.versions, self.library, served)

    def check(self) -> _Checked:
        """All findings of the chosen rules in the whole project."""
        self.is_judged = True
        scanned = self.scanned

        from apilint import analysis  # once it was scanned: imports run while other processes scan

        report = self.judged(self.project, scanned, self.options.select, self.sources)
        return _Checked(report, analysis.standings(self.project))

    def judged(self, project: Project, scanned: Scanned, select: tuple[str, ...], sources: Sources) -> Report:
        """What the rules find in a program that are selected and not ignored."""
        from apilint import analysis

        options = self.options
        return analysis.judge(project, scanned, options.config, select, options.ignore, sources, options.jobs)

    def workshop(self, unsaved: Mapping[str, bytes] | None = None) -> Workshop:
        """How the program is linked and judged again with other texts, by every rule that usually runs. `unsaved` are
        UTF-8 texts that stand for what the disk holds."""
        from apilint import analysis
        from apilint.catalogue import load_rules
        from apilint.mending import Workshop

        options = self.options
        config, root = options.config, options.root

        def judge(scanned: Scanned, texts: Mapping[str, bytes]) -> tuple[Project, Report]:
            elsewhere = None if self.library is None else self.library.read
            instead = {**unsaved, **texts} if unsaved else texts
            sources = Sources(root, instead=instead, elsewhere=elsewhere)
            project = analysis.start(
                scanned,
                config,
                self.scope,
                root.name,
                sources.text,
                self.documents,
                self.versions,
                self.library,
                self.specifications,
            )
            return project, self.judged(project, scanned, self.usual, sources)

        before = Sources(root, instead=unsaved) if unsaved else self.sources
        return Workshop(before.text, {rule.code: rule.params for rule in load_rules(config)}, judge)

    def codes(self, select: tuple[str, ...]) -> set[str]:
        """The codes of the rules that run if these are selected."""
        from apilint import analysis
        from apilint.catalogue import load_rules

        config = self.options.config
        return {rule.code for rule in analysis.choose(load_rules(config), config, select, self.options.ignore)}

    @functools.cached_property
    def usual(self) -> tuple[str, ...]:
        """What to select so that every rule runs that usually does, besides those that were selected."""
        return (*self.options.select, *sorted(self.codes(()))) if self.options.select else ()

    def state(self) -> State:
        """The program as it is, judged by every rule that usually runs."""
        from apilint.mending import State

        report = self.judged(self.project, self.scanned, self.usual, self.sources)
        return State(self.scanned, self.project, report, {})

    def with_edits(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings with what their fixes change."""
        from apilint.mending import with_edits

        return tuple(with_edits(findings, self.project, self.workshop()))

    def survey(self) -> _Surveyed:
        """All routes of the whole project."""
        project = self.project

        from apilint.rows import route_rows

        diagnostics = sorted({*self.scanned.diagnostics, *project.diagnostics})
        return _Surveyed(route_rows(project), diagnostics)

    def standings_before(self) -> tuple[Standing, ...]:
        """The routes of the program as it was at the base revision."""
        from apilint import analysis

        return analysis.standings(self.project_before()) if self.base is not None else ()

    def rows_before(self) -> list[RouteRow]:
        """The same as rows."""
        from apilint.rows import route_rows

        return route_rows(self.project_before())

    def project_before(self) -> Project:
        """The program as it was at the base revision."""
        from apilint import analysis

        assert self.base is not None
        config, scope = self.options.config, self.scope
        scanned, text = analysis.as_of(self.base, self.scanned, self.sources.text, config)
        name, versions = self.options.root.name, self.versions
        return analysis.start(scanned, config, scope, name, text, versions=versions, library=self.library)


def _library(options: Options, scanner: str) -> Library | None:
    """The libraries of the environment that was named. Raises `ConfigError` for a folder that is none."""
    environment = options.config.environment
    if environment is None:
        return None
    from apilint.library import Library

    library = Library(environment, scanner, options.config.max_file_size, cache=options.cache)
    if not library.folders:
        where = f"{options.config.file}: environment: " if options.config.file else ""
        expected = "expected a virtual environment, with lib/python*/site-packages in it"
        raise settings.ConfigError(f"{where}{environment}: {expected}")
    return library


def _contents(root: Path, files: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The files that can be read: one that cannot says nothing of versions."""
    for file in files:
        try:
            yield file, (root / file).read_bytes()
        except OSError:
            continue


def baseline_path(options: Options) -> Path:
    """Where the baseline of a project is, or will be."""
    return options.root / (options.config.baseline or baselines.FILE_NAME)


# ------------------------------------------------------------------------------------ what was asked for


def _base(options: Options) -> Revision | None:
    if not options.since:
        return None
    try:
        return revision(options.root, options.since)
    except NoRevision as error:
        raise settings.ConfigError(f"{options.since_option} {options.since}: {error}") from None


def _documents(options: Options) -> dict[str, bytes]:
    """What stands beside the source and speaks of its routes."""
    found = {}
    for name in filter(None, (LOCK_FILE, options.config.openapi)):
        try:
            found[name] = (options.root / name).read_bytes()
        except FileNotFoundError:
            if name != LOCK_FILE:
                raise settings.ConfigError(f"{options.config.file}: openapi: there is no file '{name}'") from None
        except OSError as error:
            raise settings.ConfigError(f"{options.root / name}: cannot be read: {error.strerror}") from None
    return found


def _scope(options: Options, base: Revision | None, found: discover.Discovered) -> Scope:
    """The named paths; the changed files where only a revision is named."""
    if base is None:
        scope = named(options.root, options.paths)
        _refuse_nothing(options, scope, found)
        return scope
    if options.paths:
        return Scope(named(options.root, options.paths).names)
    return Scope(base.changed([file.path for file in found.files]))


def _refuse_nothing(options: Options, scope: Scope, found: discover.Discovered) -> None:
    """Nothing found where something was asked for is an error, and no clean bill. A file that is named and excluded
    all the same is none: that is what pre-commit does."""
    covered = any(scope.covers(file.path) for file in found.files)
    if covered or any(each.fatal for each in found.diagnostics):
        return
    if scope.is_whole or any(map(os.path.isdir, options.paths)) or not found.files:
        where = ", ".join(str(path) for path in options.paths or (options.root,))
        reasons = "".join(f"\n  {each.file}: {each.message}" for each in found.diagnostics)
        raise NothingToAnalyse(f"nothing to analyse: no Python files in {where}{reasons}")


def _either(one: Callable[[Finding], bool], other: Callable[[Finding], bool]) -> Callable[[Finding], bool]:
    return lambda finding: one(finding) or other(finding)


def _told(diagnostics: Iterable[Diagnostic], scope: Scope) -> Iterator[Diagnostic]:
    """What is said of the files that were asked for. That another file could not be read is worth a note, since
    what it defines is missing; it does not keep the job from being done."""
    for each in diagnostics:
        if not each.file or scope.covers(each.file):
            yield each
        elif each.fatal:
            yield msgspec.structs.replace(each, fatal=False)


__all__ = ["NothingToAnalyse", "Options", "Run", "lint", "lint_and_survey", "mend", "survey", "survey_before"]
