"""Checks: `@check` functions, queries over a `Project` that yield `Match`es. One file a topic."""
