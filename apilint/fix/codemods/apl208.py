"""A loader that builds any object -> the one of the same library that builds plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix import calls, imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

if TYPE_CHECKING:
    import libcst

SAFE = True
YAML = {
    "load": "safe_load",
    "full_load": "safe_load",
    "unsafe_load": "safe_load",
    "load_all": "safe_load_all",
    "full_load_all": "safe_load_all",
    "unsafe_load_all": "safe_load_all",
}
# What these read beyond plain data are objects that a caller chooses.
LOADERS = ("Loader", "CLoader", "UnsafeLoader", "FullLoader", "CFullLoader", "CUnsafeLoader")
WEIGHTS = "weights_only"


def fix(site: Site) -> Iterator[TextEdit]:
    """`yaml.load(x, Loader=...)` -> `yaml.safe_load(x)`; `torch.load(x)` -> `torch.load(x, weights_only=True)`."""
    call = site.part.at(cst.Call, site.start, site.end)
    library, _, name = imports.meaning(site, site.part.code(call.func)).rpartition(".")
    if library == "torch":
        site.doubts = True  # a model that was saved whole is refused then
        yield from calls.with_value(site, site.part, call, WEIGHTS, "True")
    elif library == "yaml" and name in YAML:
        yield from _yaml(site, call, YAML[name])
    else:
        raise Declined("its library has no other loader")


def _yaml(site: Site, call: libcst.Call, safe: str) -> Iterator[TextEdit]:
    part = site.part
    owner = part.code(call.func).rpartition(".")[0]
    start, end = part.span(call.func)
    if owner:
        yield replacing(start, end, f"{owner}.{safe}")
    else:
        imported = imports.named(site, "yaml", safe)
        yield from imported.edits
        yield replacing(start, end, imported.spelling)
    loader = calls.keyword(call, "Loader") or next(iter(call.args[1:]), None)
    if loader is not None:
        if part.code(loader.value).rpartition(".")[2] not in LOADERS:
            raise Declined("a loader of its own may build what the program needs")
        yield calls.without(site, part, call, loader)
