"""A callable of a running application -> `module:qualname`, file and line, and whether it is the application's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application
from parity.observation import Place, Project


class Places:
    """Where callables stand, relative to the folder in which the application is installed."""

    def __init__(self, application: Application, site_packages: Path) -> None:
        self.packages = application.packages
        self.project = Project(site_packages, site_packages, "", dict(application.values))

    def find(self, function: Callable[..., Any]) -> Place | None:
        """Where the developer's function stands; None for what is written in C or was made up at run time."""
        try:
            return self.project.place(function)
        except (AttributeError, OSError, SyntaxError):
            return None

    def is_own(self, place: Place, holder: type | None = None) -> bool:
        """Whether the function, or the class that it was taken from, is the application's."""
        own_class = holder is not None and holder.__module__.split(".")[0] in self.packages
        return own_class or place.file.split("/")[0] in self.packages

    def name(self, function: Any) -> str:
        """`module:qualname`; of an instance that is called, its class with `()`."""
        if hasattr(function, "__qualname__"):
            return f"{function.__module__}:{function.__qualname__}"
        return f"{type(function).__module__}:{type(function).__qualname__}()"


def wrappers(function: Any) -> list[Any]:
    """The function and all that it wraps by `functools.wraps`, from the outside."""
    chain = [function]
    while hasattr(chain[-1], "__wrapped__"):
        chain.append(chain[-1].__wrapped__)
    return chain
