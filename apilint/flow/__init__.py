"""Inside one function: every call it makes, with what each argument derives from.

A function is run symbolically for unknown arguments (`Input`s). Locals, `+=`, f-strings, `%`, `format`, `join`,
attributes of `self` and module constants are followed by the same rules as at start-up, and so are calls of the
project's own functions, a few levels deep. What comes out is the list of calls, of assigned attributes and of returned
values, in order. What stays unknown is `Derived`: it knows what it was computed of.
"""

from __future__ import annotations

from apilint.flow import expressions, statements
from apilint.flow.kept import Traces
from apilint.flow.noted import Assigned, Call
from apilint.flow.trace import HANDS_ON, Trace, env_in, env_of
from apilint.flow.values import Checked, Derived, Element, Input, Number, Returned, inputs, inside, parts

Trace.evaluators = expressions.EVALUATE
Trace.table = statements.TABLE

__all__ = [
    "HANDS_ON",
    "Assigned",
    "Call",
    "Checked",
    "Derived",
    "Element",
    "Input",
    "Number",
    "Returned",
    "Trace",
    "Traces",
    "env_in",
    "env_of",
    "inputs",
    "inside",
    "parts",
]  # fmt: skip
