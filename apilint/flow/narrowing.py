"""A test -> the names that it vouches for: `x in ALLOWED`, `re.fullmatch(p, x)`, `x.isdigit()`, `int(x)`.

What passed such a test can hold no surprise, or none of the kind that the test is about; the flow remembers it with the
test for the code that runs only then.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.patterns import regex
from apilint.unparse import unparse
from apilint.walk import walk

# Methods of a string that allow no quotes, blanks or semicolons.
_PLAIN_TEXT = frozenset({"isidentifier", "isalnum", "isalpha", "isdigit", "isdecimal", "isnumeric"})
_MATCHES = frozenset({"match", "fullmatch"})
_CASTS = frozenset({"int", "float", "UUID", "Decimal"})
_SAYS_IT_CHECKS = regex(
    r"(?i)^(?!.*(perm|access|auth|login|user|csrf|token|password)).*"
    r"(valid|allow|permit|safe|saniti[sz]e|whitelist|identifier|supported|known|legal|inside|within|contained|trusted|relative|local_(path|ur[il])|same_(origin|site|host)|_in_)"
)
_SAYS_IT_RAISES = regex(
    r"(?i)^(?!.*(perm|access|auth|login|user|csrf|token|password))_*"
    r"(validate|check|ensure|assert|verify|sanitize|require|reject|guard|raise(_if|_on|_for)?_(not|in|un))_?\w*"
    r"(name|ident|table|column|field|sort|order|key|sql|schema|input|value|id|type|param|arg|url|uri|host|path|ssrf"
    r"|redirect|file|dir|address|domain|origin|safe|command|expr)"
)
GUARDS = regex(r"(?i)^_*(validate|check|ensure|assert|verify|restrict|require)_?\w*(access|perm)")
"""Of files and addresses: `check_access_permission(folder, name)`."""
_SAYS_IT_IS_BAD = regex(
    r"(?i)(^|_)(un(safe|trusted|allowed)|disallowed|forbidden|blocked|private|internal|local|invalid|traversal|bad|malicious)(_|$)"
)
# What holds data against a schema, and raises: `order_schema.load(data)`, `validate(data, SCHEMA)`.
BY_SCHEMA = frozenset({"load", "validate"})
_MUST_EXIST = frozenset({"get_object_or_404", "aget_object_or_404", "get_or_404", "first_or_404", "one_or_404"})
_ELSEWHERE = frozenset({"to_thread", "run_in_threadpool", "run_sync"})
# What takes a text apart or cleans it up: a test of the outcome is a test of the text.
_VIEWS = frozenset(
    """
    urlparse urlsplit url_parse URL Path PurePath PurePosixPath PosixPath realpath abspath normpath resolve absolute
    expanduser str lower upper strip lstrip rstrip removeprefix remove_prefix unquote fspath casefold parse_url make_url
    basename ip_address
    """.split()
)
_STRIPS = frozenset({"strip", "lstrip", "rstrip", "removeprefix"})
_READS = frozenset({"get", "get_argument", "get_query_argument", "get_param", "header"})
# Parts of an address that say where it leads; `scheme` says nothing about that.
_PLACES = frozenset({"hostname", "netloc", "host", "domain", "suffix", "parent", "parents", "name", "authority"})
# What a name may not hold: a way out of a folder.
CLIMBING = frozenset({"..", "/", "\\", "../", "/..", "..\\"})

Vouched = tuple[f.Expr, f.Expr]
"""A name, attribute or item, and the test that it passed."""


def vouched(test: f.Expr, holds: bool) -> Iterator[Vouched]:
    """The names, attributes and items that are known to be harmless where `test` holds (or does not), each with that
    part of the test that says so."""
    if isinstance(test, f.UnaryOp) and test.op == "not":
        yield from vouched(test.operand, not holds)
    elif isinstance(test, f.BoolOp):
        if holds == (test.op == "and"):
            yield from vouched(test.left, holds)
            yield from vouched(test.right, holds)
        else:  # either side may be what holds
            others = {unparse(name) for name, _ in vouched(test.left, holds)}
            yield from (each for each in vouched(test.right, holds) if unparse(each[0]) in others)
    elif isinstance(test, f.Compare):
        if len(test.ops) == 1:
            yield from ((name, test) for name in _compared(test, holds))
            yield from _none(test, holds)
    elif isinstance(test, f.Call) and last_name(test.func) in ("len", "bool") and len(test.args) == 1:
        yield from vouched(test.args[0], holds) if isinstance(test.args[0], f.Call) else ()
    elif isinstance(test, f.Call) and holds and last_name(test.func) == "any":
        yield from _any(test)
    elif isinstance(test, f.Call):
        found = _called(test) if holds else _not_called(test)
        yield from ((name, test) for name in found)
    elif isinstance(test, f.NamedExpr):
        yield from vouched(test.value, holds)
    elif is_place(test) and not holds:
        yield from ((name, test) for name in _viewed(test))  # `if not parsed.netloc`: it leads nowhere else
    elif isinstance(test, f.Name) and not holds:
        yield test, test  # nothing is in it


def _compared(test: f.Compare, holds: bool) -> Iterator[f.Expr]:
    op, left, right = test.ops[0], test.left, test.rights[0]
    if op == ("not in" if holds else "in") and isinstance(left, f.Constant) and left.value in CLIMBING:
        yield from _viewed(right)  # ".." in name
    elif op == ("in" if holds else "not in") and not isinstance(right, (f.Constant, f.Template)):
        yield from _viewed(left)
        if isinstance(right, f.Attribute) and right.attr == "parents":
            yield from _viewed(right)  # base in path.parents
    elif op == ("==" if holds else "!=") and (common := [*_common(left), *_common(right)]):
        yield from common
    elif op == ("==" if holds else "!="):
        if not (isinstance(right, f.Constant) and right.value is None):
            yield from _viewed(left)
            if isinstance(right, f.Name):
                yield from _viewed(right)
    elif op in ("<=", "issubset") and holds and isinstance(left, f.Call):
        yield from (item for arg in left.args for item in _trackable(arg))  # set(xs) <= ALLOWED


def _none(test: f.Compare, holds: bool) -> Iterator[Vouched]:
    """`re.match(p, x) is not None`."""
    right = test.rights[0]
    if test.ops[0] == ("is not" if holds else "is") and isinstance(right, f.Constant) and right.value is None:
        yield from vouched(test.left, True) if isinstance(test.left, f.Call) else ()


def is_place(expr: f.Expr) -> bool:
    """Whether an attribute is the part of an address or path that says where it leads."""
    return isinstance(expr, f.Attribute) and expr.attr in _PLACES


def _viewed(expr: f.Expr) -> Iterator[f.Expr]:
    """An expression, and what it is a view of: `url` of `urlparse(url).hostname`, `p` of `p.resolve()`."""
    yield from _trackable(expr)
    if isinstance(expr, f.Call) and last_name(expr.func) in _VIEWS:
        if isinstance(expr.func, f.Attribute) and (not expr.args or _strips(expr)):
            yield from _viewed(expr.func.value)
        for arg in expr.args[:1]:
            yield from _viewed(arg)
    elif isinstance(expr, f.Attribute) and expr.attr in _PLACES:
        yield from _viewed(expr.value)


def _strips(call: f.Call) -> bool:
    """`order.lstrip("-")`, `order.removeprefix("-")`: all but a few letters at the ends."""
    return last_name(call.func) in _STRIPS and isinstance(call.args[0], f.Constant)


def views(expr: f.Expr) -> Iterator[f.Expr]:
    """What an assigned expression is only a view of: a test of the new name is a test of that, too."""
    if isinstance(expr, f.Await):
        expr = expr.value
    if isinstance(expr, f.Call) and last_name(expr.func) in _VIEWS and len(expr.args) == 1:
        yield from _common(expr.args[0])
    yield from _common(expr)
    if (isinstance(expr, f.Call) and last_name(expr.func) in _VIEWS) or is_place(expr):
        yield from _viewed(expr)


def _common(expr: f.Expr) -> Iterator[f.Expr]:
    """The paths of which `commonpath([root, path])` says what they have in common."""
    if isinstance(expr, f.Call) and last_name(expr.func) == "commonpath":
        for arg in expr.args:
            for item in arg.items if isinstance(arg, f.Sequence) else (arg,):
                yield from _viewed(item)


def _called(test: f.Call) -> Iterator[f.Expr]:
    name = last_name(test.func)
    if name in _PLAIN_TEXT and isinstance(test.func, f.Attribute):
        yield from _trackable(test.func.value)
    elif name in ("is_relative_to", "startswith", "endswith") and isinstance(test.func, f.Attribute):
        yield from _viewed(test.func.value)
    elif name in _MATCHES and test.args:
        yield from _trackable(test.args[-1] if len(test.args) < 3 else test.args[1])
    elif name == "all" and test.args and isinstance(test.args[0], f.Comprehension):
        yield from _all(test.args[0])
    elif name in ("isinstance", "hasattr") and len(test.args) == 2:
        if name == "hasattr":
            yield from _trackable(test.args[1])
        elif {last_name(part) for part in _alternatives(test.args[1])} <= {"int", "float", "bool", "UUID", "Decimal"}:
            yield from _trackable(test.args[0])
    elif _says(_SAYS_IT_CHECKS, name):
        for arg in (*test.args, *(keyword.value for keyword in test.keywords)):
            yield from _viewed(arg)


def _not_called(test: f.Call) -> Iterator[f.Expr]:
    """`not url.startswith("//")`, `not is_unsafe(url)`."""
    name = last_name(test.func)
    if name == "startswith" and isinstance(test.func, f.Attribute) and len(test.args) == 1:
        arg = test.args[0]
        if isinstance(arg, f.Constant) and arg.value in ("//", "/", "."):
            yield from _viewed(test.func.value)
    elif _says(_SAYS_IT_IS_BAD, name):
        for arg in (*test.args, *(keyword.value for keyword in test.keywords)):
            yield from _trackable(arg)


def _any(test: f.Call) -> Iterator[Vouched]:
    """`any(path.startswith(folder) for folder in FOLDERS)` vouches for `path`."""
    generator = test.args[0] if test.args else None
    if isinstance(generator, f.Comprehension):
        bound = {clause[0].id for clause in generator.clauses if isinstance(clause[0], f.Name)}
        for name, leaf in vouched(generator.element, True):
            if not (isinstance(name, f.Name) and name.id in bound):
                yield name, leaf


def _all(generator: f.Comprehension) -> Iterator[f.Expr]:
    """`all(x in ALLOWED for x in xs)` vouches for `xs`."""
    target, iterable, _ = generator.clauses[0]
    if isinstance(target, f.Name):
        good = {unparse(item) for item, _ in vouched(generator.element, True)}
        if target.id in good:
            yield from _trackable(iterable)


def _alternatives(expr: f.Expr) -> Iterator[f.Expr]:
    if isinstance(expr, f.Sequence):
        yield from expr.items
    elif isinstance(expr, f.BinOp):
        yield from _alternatives(expr.left)
        yield from _alternatives(expr.right)
    else:
        yield expr


def vouched_by_call(call: f.Expr) -> Iterator[Vouched]:
    """What a statement that is only a call vouches for by not raising: `int(x)`, `p.relative_to(base)`."""
    if isinstance(call, f.Await):
        call = call.value
    if not isinstance(call, f.Call):
        return
    name = last_name(call.func)
    if name in _ELSEWHERE and len(call.args) > 1:  # asyncio.to_thread(validate_url, url)
        yield from vouched_by_call(f.Call(call.start, call.end, call.args[0], call.args[1:], call.keywords))
        return
    if (name in _CASTS and len(call.args) == 1) or _says(_SAYS_IT_RAISES, name) or _says(GUARDS, name):
        for arg in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield from ((each, call) for each in _viewed(arg))
    elif name == "relative_to" and isinstance(call.func, f.Attribute):
        yield from ((each, call) for each in _viewed(call.func.value))
    elif name in BY_SCHEMA and call.args and any(map(_is_schema, (call.func, *call.args[1:]))):
        yield from ((each, call) for each in _viewed(call.args[0]))


def vouched_by_loop(statement: f.For) -> Iterator[Vouched]:
    """What a loop vouches for in which each element has to pass a test: `for part in parts: validate_name(part)`."""
    if not isinstance(statement.target, f.Name):
        return
    for each in statement.body:
        if any(isinstance(node, f.Jump) and node.kind in ("continue", "break") for node in walk([each])):
            return  # the rest is not for every element
        passed: Iterator[Vouched] = iter(())
        if isinstance(each, f.ExprStmt):
            passed = vouched_by_call(each.value)
        elif isinstance(each, f.If) and not each.orelse and leaves(each.body):
            passed = vouched(each.test, False)
        for name, test in passed:
            if isinstance(name, f.Name) and name.id == statement.target.id:
                yield from ((all_of_them, test) for all_of_them in _trackable(statement.iterable))


def _is_schema(expr: f.Expr) -> bool:
    """`order_schema.load`, `SCHEMA`: what says which fields there are."""
    return "schema" in unparse(expr.value if isinstance(expr, f.Attribute) else expr).lower()


def says_it_raises(call: f.Expr) -> bool:
    """Whether a function is named for checking what it is given: `validate_url(url)`."""
    return isinstance(call, f.Call) and _says(_SAYS_IT_RAISES, last_name(call.func))


@functools.cache
def _says(pattern: re.Pattern[str], name: str) -> bool:
    """Whether a name says something. The same few names are asked about again and again."""
    return pattern.search(name) is not None


def exists(test: f.Expr, holds: bool) -> Iterator[str]:
    """The names that are known to hold something where `test` holds (or does not): `if not row: raise`."""
    if isinstance(test, f.UnaryOp) and test.op == "not":
        yield from exists(test.operand, not holds)
    elif isinstance(test, f.BoolOp) and holds == (test.op == "and"):
        yield from exists(test.left, holds)
        yield from exists(test.right, holds)
    elif isinstance(test, f.Compare) and len(test.ops) == 1 and isinstance(test.left, f.Name):
        right = test.rights[0]
        if isinstance(right, f.Constant) and right.value is None and test.ops[0] == ("is not" if holds else "is"):
            yield test.left.id
    elif isinstance(test, f.Name) and holds:
        yield test.id


def must_exist(expr: f.Expr) -> bool:
    """Whether a call goes no further where there is nothing: `get_object_or_404(Book, name=name)`."""
    call = expr.value if isinstance(expr, f.Await) else expr
    return isinstance(call, f.Call) and last_name(call.func) in _MUST_EXIST


def asked_by(call: f.Call) -> Iterator[str]:
    """The names in the conditions of a chain of calls: `db.query(Book).filter(Book.name == name).first()`."""
    owner = call.func.value if isinstance(call.func, f.Attribute) and not call.args else None
    while isinstance(owner, f.Call) and isinstance(owner.func, f.Attribute):
        for compared in owner.args:
            if isinstance(compared, f.Compare) and compared.ops == ("==",) and isinstance(compared.rights[0], f.Name):
                yield compared.rights[0].id
        yield from (each.value.id for each in owner.keywords if isinstance(each.value, f.Name))
        owner = owner.func.value


def _trackable(expr: f.Expr) -> Iterator[f.Expr]:
    if isinstance(expr, f.NamedExpr):
        yield f.Name(expr.start, expr.end, expr.target)
    elif isinstance(expr, (f.Name, f.Attribute, f.Subscript)) or reads_item(expr):
        yield expr
    elif isinstance(expr, f.BoolOp) and expr.op == "or" and isinstance(expr.right, f.Constant):
        yield from _trackable(expr.left)  # name or ""


def reads_item(expr: f.Expr) -> bool:
    """`request.args.get("next")`: what reads the same each time."""
    if not isinstance(expr, f.Call) or not isinstance(expr.func, f.Attribute) or expr.func.attr not in _READS:
        return False
    return bool(expr.args) and all(isinstance(each, f.Constant) for each in expr.args) and not expr.keywords


def last_name(expr: f.Expr) -> str:
    """`c` of `a.b.c` and of `c`; the empty string for anything else."""
    while type(expr) is f.Call:
        expr = expr.func
    if type(expr) is f.Attribute:
        return expr.attr
    return expr.id if type(expr) is f.Name else ""


def leaves(statements: tuple[f.Stmt, ...]) -> bool:
    """Whether a block always ends in `return`, `raise`, `continue` or `break` (an `abort(…)` counts)."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, (f.Return, f.Raise)):
        return True
    if isinstance(last, f.Jump):
        return last.kind != "pass"
    if isinstance(last, f.If):
        return bool(last.orelse) and leaves(last.body) and leaves(last.orelse)
    if isinstance(last, f.ExprStmt) and isinstance(last.value, (f.Call, f.Await)):
        call = last.value.value if isinstance(last.value, f.Await) else last.value
        return isinstance(call, f.Call) and last_name(call.func) in ("abort", "exit", "fail", "raise_error")
    return False
