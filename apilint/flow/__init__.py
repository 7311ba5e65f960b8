"""Inside one function: every call it makes, with what each argument derives from.

A function is run symbolically for unknown arguments (`Input`s). Locals, `+=`, f-strings, `%`, `format`, `join`,
attributes of `self` and module constants are followed by the same rules as at start-up, and so are calls of the
project's own functions, a few levels deep. What comes out is the list of calls, of assigned attributes and of returned
values, in order. What stays unknown is `Derived`: it knows what it was computed of.
"""

from __future__ import annotations

from apilint.flow.trace import HANDS_ON, Assigned, Call, Closures, Prototypes, Trace, env_in, env_of, instance_of, trace
from apilint.flow.values import Checked, Derived, Element, Input, Number, Returned, inputs, inside, parts

__all__ = [
    "HANDS_ON",
    "Assigned",
    "Call",
    "Checked",
    "Closures",
    "Derived",
    "Element",
    "Input",
    "Number",
    "Prototypes",
    "Returned",
    "Trace",
    "env_in",
    "env_of",
    "inputs",
    "inside",
    "instance_of",
    "parts",
    "trace",
]  # fmt: skip
