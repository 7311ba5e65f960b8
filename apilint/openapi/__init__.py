"""OpenAPI specifications: what they say of routes, how that differs from the program, and a skeleton of one."""

from __future__ import annotations

from apilint.openapi.compare import KINDS, Difference, compare
from apilint.openapi.document import Operation, Specification, SpecificationError, read
from apilint.openapi.shape import parameters, shape, template

__all__ = [
    "KINDS",
    "Difference",
    "Operation",
    "Specification",
    "SpecificationError",
    "compare",
    "parameters",
    "read",
    "shape",
    "template",
]
