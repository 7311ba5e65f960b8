"""Django, and what stands on it: settings, URLconf, views -> routes with their effective guards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apilint.frameworks import serializers
from apilint.frameworks.django import admin, apps, library, models, settings_files
from apilint.frameworks.django import settings as configuration
from apilint.frameworks.django.settings import SETTINGS, Settings
from apilint.frameworks.django.site import Site
from apilint.frameworks.django.urlconf import Scope, Tree
from apilint.frameworks.drf import routers
from apilint.frameworks.ninja import operations
from apilint.frameworks.program import Program
from apilint.index import Module
from apilint.model import Route
from apilint.startup.core import Core
from apilint.startup.values import External, Known, ModuleValue, Seq, Unknown, Value

URLPATTERNS = "urlpatterns"


def prepare(machine: Core, options: Mapping[str, str]) -> None:
    """Teach the machine Django, and run the settings in use before everything else."""
    if not configuration.uses(machine.index):
        return
    found = Settings({}, None)
    machine.substitutes[SETTINGS] = found
    library.teach(machine.extensions, found)
    settings_files.teach(machine.extensions)
    admin.teach(machine.extensions)
    models.teach(machine.extensions)
    routers.teach(machine)
    serializers.teach(machine.extensions)
    operations.teach(machine.extensions)
    registry = apps.teach(machine, found)
    machine.extensions.seal()
    loaded = configuration.load(machine, options)
    found.values.update(loaded.values)
    found.module = loaded.module
    configuration.add_defaults(machine, found)
    registry.ready()
    # URLconfs come last: what they list may be registered by any module.
    for module in machine.index.modules.values():
        if not module.is_test and URLPATTERNS not in module.words:
            machine.run_module(module)


def routes(program: Program) -> Iterator[Route]:
    """All routes, from the root URLconf down; of a project without settings, from every URLconf that none includes."""
    settings = program.machine.substitutes.get(SETTINGS)
    if not isinstance(settings, Settings):
        return
    site = Site(program, settings)
    root = root_urlconf(program, settings)
    for urlpatterns in [root] if root is not None else roots(program):
        yield from site.routes(urlpatterns)


def roots(program: Program) -> Iterator[Value]:
    """The patterns of a project without settings: of URLconfs that none includes, and of applications."""
    for module in unincluded(program):
        urlpatterns = program.machine.lookup_in_module(module, URLPATTERNS)
        if urlpatterns is not None:
            yield urlpatterns
    registry = program.machine.substitutes.get(apps.REGISTRY)
    if isinstance(registry, apps.Registry):
        lists = registry.urls()
        trees = [[leaf.span for leaf in Tree(program.machine).leaves(urlpatterns, Scope())] for urlpatterns in lists]
        for urlpatterns, spans in zip(lists, trees, strict=True):
            # What another application's list holds as well is included there.
            if spans and not any(other is not spans and set(spans) < set(other) for other in trees):
                yield urlpatterns


def root_urlconf(program: Program, settings: Settings) -> Value | None:
    """The patterns that ROOT_URLCONF names, or None."""
    name = settings.text("ROOT_URLCONF")
    if not name:
        return None
    near = settings.module.file if settings.module is not None else ""
    found = program.machine.resolve_dotted(name, near)
    if isinstance(found, ModuleValue):
        return program.machine.lookup_in_module(found.module, URLPATTERNS)
    return found if isinstance(found, Seq) else None


def unincluded(program: Program) -> list[Module]:
    """The URLconfs of the project that no other one includes."""
    index = program.index
    modules = [
        module
        for module in index.modules.values()
        if not module.is_test and URLPATTERNS in module.words and _lists(program, module)
    ]
    tree = Tree(program.machine)
    for module in modules:
        urlpatterns = program.machine.lookup_in_module(module, URLPATTERNS)
        if urlpatterns is not None:
            for _ in tree.leaves(urlpatterns, Scope()):
                pass
    return [module for module in modules if module.file not in tree.included]


def _lists(program: Program, module: Module) -> bool:
    value = program.machine.lookup_in_module(module, URLPATTERNS)
    return value is not None and not isinstance(value, (Unknown, External))


__all__ = ["Known", "prepare", "routes"]
