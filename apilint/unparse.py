"""Expression -> short source-like text, for messages."""

from __future__ import annotations

from apilint import facts as f


def unparse(expr: f.Expr | None, depth: int = 6) -> str:
    """Render an expression on one line; what lies deeper than `depth` is `…`."""
    if expr is None:
        return ""
    if depth == 0:
        return "…"
    if isinstance(expr, f.Name):
        return expr.id
    down = depth - 1
    if isinstance(expr, f.Attribute):
        return f"{unparse(expr.value, depth)}.{expr.attr}" if depth > 1 else f"….{expr.attr}"
    if isinstance(expr, (f.Constant, f.Bytes)):
        return repr(expr.value)
    if isinstance(expr, f.Call):
        args = [unparse(arg, down) for arg in expr.args]
        args += [
            f"{k.name}={unparse(k.value, down)}" if k.name else f"**{unparse(k.value, down)}" for k in expr.keywords
        ]
        return f"{unparse(expr.func, depth)}({', '.join(args)})"
    if isinstance(expr, (f.BinOp, f.BoolOp)):
        return f"{unparse(expr.left, down)} {expr.op} {unparse(expr.right, down)}"
    if isinstance(expr, f.UnaryOp):
        return f"not {unparse(expr.operand, down)}" if expr.op == "not" else f"{expr.op}{unparse(expr.operand, down)}"
    if isinstance(expr, f.Compare):
        rest = "".join(f" {op} {unparse(right, down)}" for op, right in zip(expr.ops, expr.rights, strict=False))
        return f"{unparse(expr.left, down)}{rest}"
    if isinstance(expr, f.Subscript):
        return f"{unparse(expr.value, depth)}[{unparse(expr.index, down)}]"
    if isinstance(expr, f.Sequence):
        inner = ", ".join(unparse(item, down) for item in expr.items)
        return {"list": f"[{inner}]", "set": f"{{{inner}}}"}.get(expr.kind, f"({inner})")
    if isinstance(expr, f.Template):
        return 'f"' + "".join(_template_part(part, down) for part in expr.parts) + '"'
    if isinstance(expr, f.Await):
        return f"await {unparse(expr.value, down)}"
    if isinstance(expr, f.Starred):
        return f"*{unparse(expr.value, down)}"
    if isinstance(expr, f.Lambda):
        return f"lambda {', '.join(p.name for p in expr.params)}: {unparse(expr.body, down)}"
    if isinstance(expr, f.IfExp):
        return f"{unparse(expr.body, down)} if {unparse(expr.test, down)} else {unparse(expr.orelse, down)}"
    return "…"


def _template_part(part: f.Expr, depth: int) -> str:
    if isinstance(part, f.Constant):
        return str(part.value)
    return "{" + unparse(part, depth) + "}"


def dotted(expr: f.Expr) -> str:
    """`a.b.c` for a chain of attributes on a name, else the empty string."""
    parts: list[str] = []
    while isinstance(expr, f.Attribute):
        parts.append(expr.attr)
        expr = expr.value
    if not isinstance(expr, f.Name):
        return ""
    parts.append(expr.id)
    return ".".join(reversed(parts))


def quotable(text: str) -> str:
    """A text of the source as it can stand between single quotes: with double ones inside."""
    return text if '"' in text else text.replace("'", '"')
