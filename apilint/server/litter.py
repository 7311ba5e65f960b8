"""What analysis has left behind -> taken away, at moments when nobody waits.

The collector is off in every run: it would look through a whole program again and again while that is being linked.
Programs refer to themselves all over, so that nothing of one goes without it.
"""

from __future__ import annotations

import gc

# So much may wait for a quiet moment. Each may be as large as a program.
PATIENCE = 2


class Litter:
    """How many programs have been replaced, or been given up half linked, since somebody looked."""

    def __init__(self) -> None:
        self._replaced = 0
        self._given_up = 0

    def replaced(self) -> None:
        """A program has been linked; the one before it is of no use any more."""
        self._replaced += 1

    def given_up(self) -> None:
        """The linking of a program has been broken off."""
        self._given_up += 1

    def tidy(self, *, is_quiet: bool) -> None:
        """Between two edits: what was given up goes. What the last sweep has left is not looked at, which is quick."""
        if self._replaced > PATIENCE:
            self.sweep(is_quiet=is_quiet)
        elif self._given_up and (is_quiet or self._given_up > PATIENCE):
            gc.collect()
            self._given_up = 0

    def sweep(self, *, is_quiet: bool) -> None:
        """At rest: everything that is of no use goes, and what is of use is set aside."""
        if self._replaced and (is_quiet or self._replaced > PATIENCE):
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._replaced = self._given_up = 0
        else:
            self.tidy(is_quiet=is_quiet)


__all__ = ["Litter"]
