"""Files -> whether they stand beside the program: examples, stand-ins for tests, what a developer runs by hand."""

from __future__ import annotations

from apilint.patterns import regex

# `docs` may be an application of its own anywhere but at the top.
_BESIDE = regex(
    r"(?i)^docs?/|(^|/)(scripts?|examples?|samples?|demos?|e2e|(\w+_)?mocks?|benchmarks?|playground|notebooks?|cookbooks?)/"
    r"|(^|/)((mock|fake|dummy|example|demo)[_.][^/]*|[^/]*_(mock|demo|example)\.py)$"
)


def is_beside(file: str) -> bool:
    """Whether nobody serves what stands in a file."""
    return _BESIDE.search(file) is not None


__all__ = ["is_beside"]
