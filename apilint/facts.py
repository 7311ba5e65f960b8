"""What one file says: the intermediate representation that scanning produces and linking reads.

Everything here is immutable, plain data (no tree nodes, no closures), so that facts can be cached, sent
between processes and compared. Positions are byte offsets into the file's UTF-8 text (`start` inclusive,
`end` exclusive); `FileFacts.lines` turns them into line numbers.

Bodies of functions and classes are kept encoded (`msgspec.Raw`) and decoded when somebody asks: most of a
program is never looked at twice, and a warm run should not pay for it.
"""

from __future__ import annotations

from typing import Union

import msgspec

# --------------------------------------------------------------------------------------- expressions


class _Node(msgspec.Struct, frozen=True, array_like=True, gc=False):
    start: int
    end: int


class Name(_Node, frozen=True, tag=1):
    """A bare identifier."""

    id: str


class Attribute(_Node, frozen=True, tag=2):
    """`value.attr`."""

    value: Expr
    attr: str


class Constant(_Node, frozen=True, tag=3):
    """A number, a boolean, `None`, or a string without interpolation (adjacent literals are joined)."""

    value: str | int | float | bool | None


class Bytes(_Node, frozen=True, tag=4):
    """A bytes literal."""

    value: bytes


class Template(_Node, frozen=True, tag=5):
    """An f-string or t-string: `Constant` text and interpolated expressions, in order."""

    parts: tuple[Expr, ...]


class Keyword(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`name=value` in a call or a class head; `name` is None for `**value`."""

    start: int
    end: int
    name: str | None
    value: Expr


class Call(_Node, frozen=True, tag=6):
    """`func(*args, **keywords)`; a starred argument is a `Starred`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


class BinOp(_Node, frozen=True, tag=7):
    left: Expr
    op: str
    right: Expr


class Compare(_Node, frozen=True, tag=8):
    """`left op[0] right[0] op[1] right[1] …`; operators as written (`not in`, `is not`)."""

    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


class BoolOp(_Node, frozen=True, tag=9):
    """`left and right` or `left or right`."""

    left: Expr
    op: str
    right: Expr


class UnaryOp(_Node, frozen=True, tag=10):
    """`not x`, `-x`, `+x`, `~x`."""

    op: str
    operand: Expr


class IfExp(_Node, frozen=True, tag=11):
    test: Expr
    body: Expr
    orelse: Expr


class Subscript(_Node, frozen=True, tag=12):
    value: Expr
    index: Expr


class Slice(_Node, frozen=True, tag=13):
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


class Sequence(_Node, frozen=True, tag=14):
    """A display; `kind` is `list`, `tuple` or `set`."""

    kind: str
    items: tuple[Expr, ...]


class Dict(_Node, frozen=True, tag=15):
    """A dict display; the key is None for `**value`."""

    items: tuple[tuple[Expr | None, Expr], ...]


class Starred(_Node, frozen=True, tag=16):
    value: Expr


class Lambda(_Node, frozen=True, tag=17):
    params: tuple[Param, ...]
    body: Expr


class Comprehension(_Node, frozen=True, tag=18):
    """`kind` is `list`, `set`, `dict` or `generator`; `value` is set for `dict` only."""

    kind: str
    element: Expr
    value: Expr | None
    clauses: tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]


class Await(_Node, frozen=True, tag=19):
    value: Expr


class Yield(_Node, frozen=True, tag=20):
    value: Expr | None


class NamedExpr(_Node, frozen=True, tag=21):
    target: str
    value: Expr


class Opaque(_Node, frozen=True, tag=22):
    """Something the scanner does not model (an error in the source, an exotic literal)."""


Expr = Union[
    Name, Attribute, Constant, Bytes, Template, Call, BinOp, Compare, BoolOp, UnaryOp, IfExp, Subscript,
    Slice, Sequence, Dict, Starred, Lambda, Comprehension, Await, Yield, NamedExpr, Opaque,
]  # fmt: skip


class Param(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One parameter. `kind` is `plain`, `positional` (before `/`), `keyword` (after `*`), `args` or `kwargs`."""

    start: int
    end: int
    name: str
    kind: str
    annotation: Expr | None
    default: Expr | None


# ---------------------------------------------------------------------------------------- statements


class Assign(_Node, frozen=True, tag=40):
    """`a = b = value`: one target per `=`."""

    targets: tuple[Expr, ...]
    value: Expr


class AnnAssign(_Node, frozen=True, tag=41):
    target: Expr
    annotation: Expr
    value: Expr | None


class AugAssign(_Node, frozen=True, tag=42):
    """`target op= value`; `op` without the `=`."""

    target: Expr
    op: str
    value: Expr


class ExprStmt(_Node, frozen=True, tag=43):
    value: Expr


class Return(_Node, frozen=True, tag=44):
    value: Expr | None


class Raise(_Node, frozen=True, tag=45):
    exception: Expr | None
    cause: Expr | None


class Assert(_Node, frozen=True, tag=46):
    test: Expr
    message: Expr | None


class Delete(_Node, frozen=True, tag=47):
    targets: tuple[Expr, ...]


class If(_Node, frozen=True, tag=48):
    """`elif` is an `If` alone in `orelse`."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


class While(_Node, frozen=True, tag=49):
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


class For(_Node, frozen=True, tag=50):
    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


class With(_Node, frozen=True, tag=51):
    """`items` are `(context expression, target or None)`."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: tuple[Stmt, ...]


class Handler(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`except type as name:`; `type` is None for a bare `except`, a tuple display for several. `comment` is what stands
    right above it, `inside` what its own comments say."""

    start: int
    end: int
    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]
    comment: str = ""
    inside: str = ""


class Try(_Node, frozen=True, tag=52):
    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`case pattern if guard:`; names bound by the pattern are in `binds`, its literals in `values`."""

    start: int
    end: int
    values: tuple[Expr, ...]
    binds: tuple[str, ...]
    guard: Expr | None
    body: tuple[Stmt, ...]


class Match(_Node, frozen=True, tag=53):
    subject: Expr
    cases: tuple[Case, ...]


class Import(_Node, frozen=True, tag=54):
    """`import a.b as c`: pairs of module and alias (or None)."""

    names: tuple[tuple[str, str | None], ...]


class ImportFrom(_Node, frozen=True, tag=55):
    """`from ..module import a as b`; `level` counts the dots; the name `*` is a star import."""

    level: int
    module: str
    names: tuple[tuple[str, str | None], ...]


class FunctionDef(_Node, frozen=True, tag=56):
    """A `def`; `index` into `FileFacts.functions`."""

    name: str
    index: int


class ClassDef(_Node, frozen=True, tag=57):
    """A `class`; `index` into `FileFacts.classes`."""

    name: str
    index: int


class Global(_Node, frozen=True, tag=58):
    """`global` or `nonlocal`."""

    names: tuple[str, ...]


class Jump(_Node, frozen=True, tag=59):
    """`break`, `continue` or `pass`."""

    kind: str


Stmt = Union[
    Assign, AnnAssign, AugAssign, ExprStmt, Return, Raise, Assert, Delete, If, While, For, With, Try, Match,
    Import, ImportFrom, FunctionDef, ClassDef, Global, Jump,
]  # fmt: skip

# --------------------------------------------------------------------------------------------- files


class FunctionHead(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A function's decorators (top to bottom), parameters and return annotation."""

    decorators: tuple[Expr, ...]
    params: tuple[Param, ...]
    returns: Expr | None


class ClassCode(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A class's head and body."""

    decorators: tuple[Expr, ...]
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    body: tuple[Stmt, ...]


class FunctionFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One `def`, wherever it stands.

    `start` is where the `def` keyword (or `async`) stands, `head_end` the end of its head (after the colon),
    `end` the end of its body. `parent` is the index of the innermost enclosing function or -1, `owner` that of
    the class whose body holds it directly or -1. `words` are the names that its text (nested functions
    included) calls, passes as keywords or assigns: `execute`, `verify`, … sorted and joined by spaces; `~secret` is
    among them where the text mentions something like a password or a token, `~http` where it holds an address that is
    not encrypted, `~tls` where it may be about certificates, `~splat` where it holds `**`, `~waits` where it may call
    what waits for other servers without end, `~cors` where it says that pages of others may send cookies.
    `body` encodes its statements (`tuple[Stmt, ...]`; nested functions are `FunctionDef`s; at least one), or is
    `NOT_LOWERED`: most bodies are never asked for, so the scanner lowers those that are likely to be, and the
    index the others when somebody asks.
    """

    name: str
    qualname: str
    start: int
    head_end: int
    end: int
    parent: int
    owner: int
    is_async: bool
    is_generator: bool
    decorated: bool
    words: str
    head: msgspec.Raw
    body: msgspec.Raw


class ClassFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One `class`. `parent` is the index of the enclosing function or -1, `owner` of the enclosing class or -1.

    `methods` maps a name to the index of the (last) function of that name defined directly in its body.
    """

    name: str
    qualname: str
    start: int
    head_end: int
    end: int
    parent: int
    owner: int
    methods: dict[str, int]
    code: msgspec.Raw


class Directive(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A comment that speaks to apilint: `# apilint: ignore[CODE] -- reason` or `# apilint: public -- reason`.

    `kind` is `ignore`, `public` or `unknown` (a comment that starts with `apilint:` and says neither);
    `codes` is empty for a bare `ignore`. `start`/`end` span the comment; `first`/`last` are the lines (1-based)
    of the innermost statement it belongs to: the one on whose lines it stands (for a compound statement, its
    head with its decorators), or, for a comment on a line of its own, the next one below it.
    """

    kind: str
    codes: tuple[str, ...]
    reason: str
    start: int
    end: int
    line: int
    first: int
    last: int


class ScanError(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something that stood in the way of reading the file; `line` and `column` are 1-based."""

    message: str
    line: int
    column: int


class FileFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All that apilint knows of one file. Holds no path: the same content gives the same facts.

    `lines` are the byte offsets of line starts as native `array('I')` bytes; `body` encodes the module's
    statements (`tuple[Stmt, ...]`); `words` is as in `FunctionFacts`, for the whole file; `imports` are the
    modules that the file names in imports at any depth, as written (`..models`, `os.path`).
    """

    size: int
    lines: bytes
    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    imports: tuple[str, ...]
    words: str
    directives: tuple[Directive, ...]
    errors: tuple[ScanError, ...]
    body: msgspec.Raw


class Span(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """A place: file (relative to the project root, `/` separators) and byte offsets."""

    file: str
    start: int
    end: int


_encoder = msgspec.msgpack.Encoder()
_file_decoder = msgspec.msgpack.Decoder(FileFacts)
_head_decoder = msgspec.msgpack.Decoder(FunctionHead)
_class_decoder = msgspec.msgpack.Decoder(ClassCode)
_body_decoder = msgspec.msgpack.Decoder(tuple[Stmt, ...])


def encode(value: object) -> bytes:
    """Encode facts, or any part of them, as MessagePack."""
    return _encoder.encode(value)


NOT_LOWERED = msgspec.Raw(encode(()))
"""The body of a function that the scanner left: no statements. (`Raw(b"")` cannot be encoded.)"""


def decode_file(data: bytes) -> FileFacts:
    """Decode what `encode` made of a `FileFacts`. Raises `msgspec.DecodeError` on anything else."""
    return _file_decoder.decode(data)


def decode_head(head: msgspec.Raw) -> FunctionHead:
    """Decode a function's head."""
    return _head_decoder.decode(head)


def decode_class(code: msgspec.Raw) -> ClassCode:
    """Decode a class's head and body."""
    return _class_decoder.decode(code)


def decode_body(body: msgspec.Raw) -> tuple[Stmt, ...]:
    """Decode the statements of a module or a function."""
    return _body_decoder.decode(body)
