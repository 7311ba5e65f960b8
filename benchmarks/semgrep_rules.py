"""Independent code: the test files of Semgrep's community rules, whose lines say what a rule must and must not find.

    python -m benchmarks.semgrep_rules CLONE [--write] [--misses] [--confidence medium]

`CLONE` is a checkout of https://github.com/semgrep/semgrep-rules; nothing is fetched, and nothing of it is kept here.
For each of its rules about something that apilint has a rule for `RULES` says by which. A `ruleid` line counts as found
when one of these speaks about the statement below it, an `ok` line as flagged likewise; findings of any confidence
count unless told otherwise, for both. Modules of the standard library that a file uses and never imports are imported.
`LEFT_OUT` says why the other rules are not asked for, and lines outside of any
function are left out where a rule is about what callers send: nobody calls a module.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from apilint.catalogue import load_rules
from apilint.config import Config
from apilint.finding import Finding, Precision
from apilint.pipeline import NothingToAnalyse, Options, lint

OURS = {rule.code for rule in load_rules(Config())}
RESULT = Path(__file__).with_suffix(".md")
SQL = ("APL201", "APL202", "APL203")
COMMAND = ("APL206",)

RULES: dict[str, tuple[str, ...]] = {
    # injection, from a framework's request
    "tainted-sql-string": SQL, "sql-injection-db-cursor-execute": SQL, "sql-injection-using-rawsql": SQL,
    "sql-injection-using-raw": SQL, "sql-injection-using-extra-where": SQL, "sqlalchemy-sqli": SQL, "pymysql-sqli": SQL,
    "pymssql-sqli": SQL, "mysql-sqli": SQL, "sqlalchemy-execute-raw-query": SQL, "formatted-sql-query": SQL,
    "aiopg-sqli": SQL, "asyncpg-sqli": SQL, "pg8000-sqli": SQL, "psycopg-sqli": SQL, "avoid-raw-sql": SQL,
    "os-system-injection": COMMAND, "command-injection-os-system": COMMAND, "subprocess-injection": COMMAND,
    "dangerous-system-call": COMMAND, "dangerous-subprocess-use": COMMAND, "dangerous-spawn-process": COMMAND,
    "dangerous-os-exec": COMMAND, "exec-injection": COMMAND, "eval-injection": COMMAND, "user-eval": COMMAND,
    "user-exec": COMMAND, "user-eval-format-string": COMMAND, "user-exec-format-string": COMMAND,
    "tainted-code-exec": COMMAND, "tainted-code-stdlib-fastapi": COMMAND,
    "path-traversal-open": ("APL209",), "path-traversal-join": ("APL209",), "path-traversal-file-name": ("APL209",),
    "avoid_send_file_without_path_sanitization": ("APL209",),
    "ssrf-requests": ("APL210",), "ssrf-injection-requests": ("APL210",), "ssrf-injection-urllib": ("APL210",),
    "tainted-fastapi-http-request-httpx": ("APL210",),
    "open-redirect": ("APL211",),
    "tainted-pickle-deserialization": ("APL208",), "avoid-insecure-deserialization": ("APL208",),
    "insecure-deserialization": ("APL208",),
    "mass-assignment": ("APL701",),
    "tainted-html-string": ("APL212",), "tainted-html-response": ("APL212",),
    "reflected-data-httpresponse": ("APL212",), "reflected-data-httpresponsebadrequest": ("APL212",),
    "directly-returned-format-string": ("APL212",), "response-contains-unsanitized-input": ("APL212",),
    "request-data-fileresponse": ("APL209",), "no-csrf-exempt": ("APL122",), "tainted-url-host": ("APL210", "APL212"),
    "raw-html-format": ("APL212",), "dangerous-template-string": ("APL207",), "render-template-string": ("APL207",),
    # tokens and keys
    "unverified-jwt-decode": ("APL801",), "jwt-python-none-alg": ("APL801",),
    "jwt-python-hardcoded-secret": ("APL803",), "avoid_hardcoded_config_SECRET_KEY": ("APL803",),
    "hardcoded-token": ("APL803",), "md5-used-as-password": ("APL805",),
    # transport
    "disabled-cert-validation": ("APL401",), "unverified-ssl-context": ("APL401",),
    "insecure-urlopen": ("APL403",), "insecure-urlretrieve": ("APL403",), "insecure-request-object": ("APL403",),
    "insecure-openerdirector-open": ("APL403",), "insecure-urlopener-open": ("APL403",),
    "insecure-urlopener-retrieve": ("APL403",), "http-not-https-connection": ("APL403",),
    "no-auth-over-http": ("APL403",), "request-with-http": ("APL403",), "request-session-with-http": ("APL403",),
    "request-session-http-in-with-context": ("APL403",), "weak-ssl-version": ("APL404",),
    "secure-set-cookie": ("APL405",), "django-secure-set-cookie": ("APL405",),
    "paramiko-implicit-trust-host-key": ("APL401",),
    "use-timeout": ("APL406",),
    # configuration
    "debug-enabled": ("APL808",), "wildcard-cors": ("APL806", "APL807"), "avoid_hardcoded_config_DEBUG": ("APL808",),
    "avoid-bind-to-all-interfaces": ("APL809",), "avoid_app_run_with_bad_host": ("APL809",),
    "missing-throttle-config": ("APL602",), "python-logger-credential-disclosure": ("APL505",),
}  # fmt: skip

LEFT_OUT: dict[str, str] = {
    "audit rules, which flag a call whatever reaches it": (
        r"-audit$|^(avoid-query-set-extra|avoid-sqlalchemy-text|avoid-pickle|avoid-cPickle|avoid-dill|avoid-shelve"
        r"|avoid-jsonpickle|avoid-mark-safe|avoid-pyyaml-load|avoid-unsafe-ruamel|marshal-usage|eval-detected|exec-detected"
        r"|dynamic-urllib-use-detected|subprocess-shell-true|non-literal-import|formatted-string-bashoperator"
        r"|paramiko-exec-command|direct-use-of-.*|mako-templates-detected|explicit-unescape-with-markup|html-.*"
        r"|custom-expression-as-sql|extends-custom-expression|dangerous-globals-use|make-response-with-unknown-content"
        r"|sqlalchemy-sql-injection|string-concat|listen-eval|system-wildcard-detected|multiprocessing-recv)$"
    ),
    "sources that are no API: the command line, the environment, AWS events": (
        r"tainted-env-args|interactive-code|asyncio|testcapi|subinterp|dynamodb|csv-writer|twiml"
    ),
    "pages and templates, which APIs do not serve": (
        r"template|autoescape|context|xss|html|safestring|safe$|csrf|formathtml|jsonify|unescape|is-safe|globals-as|locals-as"
    ),
    "frameworks that are not modelled": r"pyramid|bokeh|boto|airflow|docker|webrepl|sh-|click|distributed|hashids",
    "cryptography beside APIs": (
        r"^insecure-cipher|^insecure-hash|rsa-key|dsa-key|ec-key|aes-key|crypto-mode|xor|^insufficient|^empty-|hash-function"
    ),
    "style, correctness, compatibility": (
        r"^(default-mutable|useless|use-|no-|is-|python3|django-compat|duplicate|conflicting|string-|test-|dict-|list-|attr-"
        r"|logging-error|unspecified|nontext|manual|pdb|return|raise|yield|writing|suppressed|unchecked|tempfile|sync-sleep"
        r"|arbitrary|code-after|identical|len-all|open-never|pass-body|file-object|socket|uncaught|baseclass|improper|check-is"
        r"|bad-operator|access-foreign|batch-import|delete-where|dangerous-annotations|cannot-cache|pytest)"
    ),
}


# Folders whose sources are no API's: jobs, functions that AWS calls with an event, frameworks that are not modelled.
NO_API = ("airflow/", "aws-lambda/", "pyramid/", "twilio/", "sh/", "docker/", "boto3/", "bokeh/", "distributed/")


# Our rules about what callers send: they look into functions.
CALLERS = frozenset({"APL201", "APL206", "APL207", "APL208", "APL209", "APL210", "APL211", "APL212", "APL701"})


IMPORTS = (ast.Import, ast.ImportFrom)
# Of Python 2, which some of the files are written for.
OLDER = {"cPickle", "urllib2"}


class Line(NamedTuple):
    """An annotated line of a test file: `expected` for `ruleid`, not for `ok`; `codes` are ours for its rule."""

    file: str
    line: int
    rule: str
    expected: bool
    codes: tuple[str, ...]


DISPUTED: dict[str, tuple[str, ...]] = {
    "`'… %s'.format(x)` puts `x` nowhere": (
        r"sql-injection-(rawsql|extra|using-raw|using-db-cursor-execute)\.py:(10|16|20|24|27|31|33)$",
        r"tainted-sql-string\.py:34$", r"dangerous-template-string\.py:7$",
    ),
    "nobody is known by a cookie there": (r"csrf-exempt\.py",),
    "the path has no such variable: the framework fills the argument with nothing": (
        r"directly-returned-format-string\.py:(15|27|39|79)$",
    ),
    "there is no such function": (r"subprocess-injection\.py:(20|27)$",),
    "what is written to a program's input is not run": (r"subprocess-injection\.py:(41|51)$",),
    "the identifier is quoted by the driver": (r"(aiopg-sqli|psycopg-sqli)\.py:(65|79)$", r"asyncpg-sqli\.py:57$"),
    "a module or function of that name is never imported": (
        r"weak-ssl-version\.py:(8|10|18|20|27|29|36|38|47|51|55)$", r"secure-static-file-serve\.py:7$",
        r"dangerous-template-string\.py:(20|46)$",
    ),
    "for a client CERT_OPTIONAL is CERT_REQUIRED, and `wrap_socket` of a context has no `cert_reqs`": (
        r"disabled-cert-validation\.py:(17|22|30|36)$",
    ),
    "a pattern allows letters and digits only": (r"django/.*/path-traversal-open\.py:69$",),
    "browsers take SameSite=Lax where nothing is said": (r"secure-set-cookie\.py:33$",),
    "a socket or a name that serves no routes": (r"network/bind\.py", r"app-run-param-config\.py"),
    "a segment of a path holds no slash": (r"flask/security/injection/path-traversal-open\.py:(9|21|35)$",),
    "a template escapes what it is given": (r"django/security/injection/raw-html-format\.py",),
}  # fmt: skip
"""Lines that must be found by Semgrep's rule, of which we hold that nothing is wrong with them: they do not count."""


def disputed(line: Line) -> str:
    """Why a line does not count, or nothing."""
    place = f"{line.file}:{line.line}"
    return next((why for why, places in DISPUTED.items() if any(re.search(each, place) for each in places)), "")


def annotated(path: Path, name: str) -> Iterator[Line]:
    """The annotated lines of a file whose rules we have a counterpart for."""
    for number, text in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        found = re.match(r"\s*#\s*(ruleid|ok)\s*:\s*(.+)", text)
        for rule in re.findall(r"[\w-]+", found[2]) if found else ():
            if found is not None and rule in RULES:
                yield Line(name, number, rule, found[1] == "ruleid", RULES[rule])


def statements(text: str) -> list[tuple[int, int]]:
    """The lines of every statement, innermost last; of one with a body the lines of its head."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            found.append((first, max(first, last)))
    return found


def forgotten_imports(text: str) -> str:
    """Imports of the standard library's modules that a file uses and leaves to the reader, for its end."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    nodes = list(ast.walk(tree))
    bound = {alias.asname or alias.name for node in nodes if isinstance(node, IMPORTS) for alias in node.names}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    used = {node.value.id for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    return "".join(f"\nimport {name}" for name in sorted(used - bound) if name in sys.stdlib_module_names | OLDER)


def span_below(line: int, text: str, spans: list[tuple[int, int]]) -> range:
    """The lines of the statement below an annotation."""
    lines = text.splitlines()
    at = line + 1
    while at <= len(lines) and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at += 1
    inner = [span for span in spans if span[0] <= at <= span[1]]
    if not inner:
        return range(at, at + 1)
    first, last = min(inner, key=lambda span: span[1] - span[0])
    if re.match(r"\s*[\w.]+\s*=[^=]", lines[at - 1]):  # what is assigned is used by the statement after it
        then = last + 1
        while then <= len(lines) and lines[then - 1].lstrip().startswith("#"):
            then += 1
        last = max([last, *(span[1] for span in spans if span[0] == then)])
    return range(min(first, at), last + 1)


def is_inside(line: int, text: str) -> bool:
    """Whether an annotation stands in a function: the first line above it that is not indented begins one."""
    above = [each for each in text.splitlines()[: line - 1] if each[:1].strip() and not each.startswith("#")]
    indented = text.splitlines()[line - 1][:1] in (" ", "\t")
    return indented and bool(above) and re.match(r"(async\s+)?def |class |@", above[-1]) is not None


def judge(path: Path, lines: list[Line], confidence: Precision) -> Iterator[tuple[Line, bool]]:
    """For each annotated line whether one of our rules speaks about its statement."""
    text = path.read_text(encoding="utf-8", errors="replace")
    spans = statements(text)
    codes = tuple(sorted({code for line in lines for code in line.codes} & OURS))
    with tempfile.TemporaryDirectory() as folder:
        # A file called `test_…` would be test code.
        copy = Path(folder) / ("module_" + re.sub(r"tests?", "t", path.name))
        copy.write_text(text + forgotten_imports(text), encoding="utf-8")
        try:
            report = lint(Options(root=Path(folder), config=Config(), select=codes, cache=False, jobs=1))
            findings = [each for each in report.findings if each.precision.rank >= confidence.rank]
        except NothingToAnalyse:
            findings = []
    for line in lines:
        below = span_below(line.line, text, spans)
        yield line, any(each.code in line.codes and speaks_of(each, below) for each in findings)


def speaks_of(finding: Finding, below: range) -> bool:
    """Whether a finding is about a statement: at the place itself, or by a step of its path (Semgrep marks the place
    where a value is put together, we the one that it reaches)."""
    place = finding.place
    return (
        place.line in below
        or place.line <= below.start <= place.end_line
        or any(step.line in below for step in finding.trace)
    )


def reason(rule: str) -> str:
    """Why a rule is not asked for."""
    return next((why for why, pattern in LEFT_OUT.items() if re.search(pattern, rule)), "no rule of ours is about it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    parser.add_argument("--confidence", type=Precision, default=Precision.LOW, help="of the findings that count")
    parser.add_argument("--misses", action="store_true", help="list what was not found, and what was flagged")
    given = parser.parse_args()
    root = given.clone / "python"
    found: Counter[tuple[str, bool]] = Counter()
    total: Counter[tuple[str, bool]] = Counter()
    left: dict[str, set[str]] = {}
    doubtful: Counter[str] = Counter()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(NO_API) or ".fixed." in name:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for rule in re.findall(r"#\s*ruleid\s*:\s*([\w-]+)", text):
            if rule not in RULES:
                left.setdefault(reason(rule), set()).add(rule)
        lines = [line for line in annotated(path, name) if line.codes[0] not in CALLERS or is_inside(line.line, text)]
        for line, is_found in judge(path, lines, given.confidence) if lines else ():
            why = disputed(line) if line.expected and not is_found else ""
            if why:
                doubtful[why] += 1
                continue
            total[line.rule, line.expected] += 1
            found[line.rule, line.expected] += is_found
            if given.misses and is_found is not line.expected:
                print(f"{'missed ' if line.expected else 'flagged'} {name}:{line.line} {line.rule} {line.codes}")
    text = table(found, total, left, doubtful, given.confidence)
    print(text)
    if given.write:
        RESULT.write_text(text, encoding="utf-8")


def table(
    found: Counter[tuple[str, bool]],
    total: Counter[tuple[str, bool]],
    left: dict[str, set[str]],
    doubtful: Counter[str],
    confidence: Precision,
) -> str:
    """The result, as Markdown."""

    def share(expected: bool) -> str:
        hits = sum(count for (_, kind), count in found.items() if kind is expected)
        every = sum(count for (_, kind), count in total.items() if kind is expected)
        return f"{hits} of {every} ({hits / max(every, 1):.1%})"

    rows = [
        f"| {rule} | {', '.join(RULES[rule])} | {found[rule, True]} of {total[rule, True]} "
        f"| {found[rule, False]} of {total[rule, False]} |"
        for rule in sorted({rule for rule, _ in total})
    ]
    reasons = [f"- **{why}** ({len(rules)}): {', '.join(sorted(rules))}" for why, rules in sorted(left.items())]
    return "\n".join([
        "# Semgrep's test files",
        "",
        "`python -m benchmarks.semgrep_rules CLONE --write` on a checkout of semgrep/semgrep-rules (folder `python/`,",
        "commit 157ae47 of 2024-10-24): lines that a rule of Semgrep's must find, and lines that it must not, judged",
        f"by our rules about the same, findings of {confidence.value} confidence and above.",
        "",
        f"Found: {share(True)} of the `ruleid` lines. Flagged: {share(False)} of the `ok` lines.",
        "",
        "| Semgrep's rule | ours | found | `ok` flagged |",
        "|---|---|---|---|",
        *rows,
        "",
        "## Lines that do not count",
        "",
        "Not found, and nothing is wrong there:",
        "",
        *(f"- {count} lines: {why}" for why, count in sorted(doubtful.items())),
        "",
        "## Not asked for",
        "",
        *reasons,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
