"""What holds back callers who ask too often: by the library models, or by what the project calls it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from apilint import facts as f
from apilint.checks.configured import dictionary
from apilint.checks.exposed import words_of
from apilint.checks.reached import Reached
from apilint.checks.rejections import functions_of
from apilint.index import Function, Module
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, FunctionValue, ModuleValue, Seq, Value, unwrap

# Where a view class says which form is filled in.
_FORMS = ("form_class", "authentication_form")
MAX_DEPTH = 3
_SETTINGS_WORDS = ("MIDDLEWARE", "INSTALLED_APPS", "AUTHENTICATION_BACKENDS")
_EVERYWHERE = ("middleware", "before_request")

Entry = Mapping[str, Any]


class Limits:
    """The entries of the models' section `limiters`, and what limits whom in one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.machine = project.program.machine
        self.entries: Mapping[str, Entry] = project.knowledge.sections.get("limiters", {})
        self.libraries = frozenset(name.partition(".")[0] for name in self.entries)
        names = project.knowledge.sections.get("names", {}).get("limiter", {})
        self.named = regex(str(names.get("matches", "(?!)")))
        self.reached = project.once("reached", lambda: Reached(project))
        self._says: dict[Function, bool] = {}

    @staticmethod
    def of(project: Project) -> Limits:
        """Those of a project, which several checks ask."""
        return project.once("limits", lambda: Limits(project))

    # ------------------------------------------------------------------- values

    def entry(self, value: Value) -> tuple[str, Entry] | None:
        """The model of a limiter: of a decorator, of a dependency, of the object whose method it is."""
        for name in self.project.names_of(value):
            entry = self.entries.get(name)
            if entry is not None:
                return name, entry
            owner, _, method = name.rpartition(".")
            entry = self.entries.get(owner)
            if entry is not None and method in entry.get("methods", ()):
                return name, {**entry, "kind": "decorator"}
        return None

    def is_named(self, name: str) -> bool:
        """Whether something is called like what limits."""
        return bool(self.named.search(words_of(name)))

    def modules(self) -> Iterator[Module]:
        """The modules that import a library of limiters, tests aside."""
        for module in self.project.index.modules.values():
            if not module.is_test and any(name.partition(".")[0] in self.libraries for name in module.facts.imports):
                yield module

    def using(self) -> Iterator[Module]:
        """The modules that import what limits, not only something else of the same library."""
        named = {name.rpartition(".")[0] for name, entry in self.entries.items() if entry.get("kind") != "settings"}
        for module in self.project.index.modules.values():
            if not module.is_test and not named.isdisjoint(module.facts.imports):
                yield module

    # ------------------------------------------------------------------- routes

    def reach(self, route: Route, *, asks_settings: bool = True) -> bool:
        """Whether anything before or in a handler holds back those who ask too often; generously, by names too.
        `asks_settings` unless a view is known to look past the project's default."""
        if self.everywhere or (asks_settings and route.framework in self.by_default):
            return True
        view = self.view(route)
        if view is not None and self._class_limits(view):
            return True
        if any(map(self._asks_more, self._forms_given(route))):
            return True
        if any(self._is_limiter(guard.qualname, guard.name) for guard in (*route.guards, *route.considered)):
            return True
        hooks = (guard for guard in (*route.guards, *route.considered) if guard.kind == "before_request")
        if any(self._says_so(each, 1) for hook in hooks for each in functions_of(self.project, hook)):
            return True
        target = route.function
        return target is not None and (self._around(target) or self._says_so(target.function, MAX_DEPTH))

    def view(self, route: Route) -> ClassValue | None:
        """The project's class whose method, inherited or not, handles a route."""
        name, _, qualname = route.handler.partition(":")
        module = self.project.index.module(name, route.span.file)
        for cls in module.classes if module is not None else ():
            if cls.qualname in (qualname, qualname.rpartition(".")[0]):
                return self.machine.class_value(cls)
        return None

    @cached_property
    def by_default(self) -> frozenset[str]:
        """The frameworks whose views the settings in use limit, unless they say otherwise."""
        found = set()
        for name, entry in self.entries.items():
            known = dictionary(self.project, name, entry["dictionary"]) if entry.get("kind") == "settings" else None
            classes = known.entry(entry["classes"]) if known is not None else None
            if classes is not None and not (isinstance(classes, Seq) and not classes.items and not classes.open):
                found.add(str(entry["framework"]))
        return frozenset(found)

    def _is_limiter(self, qualname: str, name: str) -> bool:
        dotted = qualname.replace(":", ".")
        return dotted in self.entries or dotted.rpartition(".")[0] in self.entries or self.is_named(name)

    def _around(self, target: FunctionValue) -> bool:
        """Whether a decorator of the function or of its class limits, or an attribute of the class does."""
        function = target.function
        nodes: list[f.Expr] = [*function.head.decorators]
        owner = function.owner
        made = self.machine.class_value(owner) if owner is not None else None
        return any(map(self._names_limiter, nodes)) or (made is not None and self._class_limits(made))

    def _names_limiter(self, node: f.Expr) -> bool:
        return any(map(self.is_named, _names(node)))

    def _class_limits(self, cls: ClassValue) -> bool:
        """`throttle_classes = [LoginThrottle]`, `throttle_scope = "login"`, `decorators = [limiter.limit("5/m")]`."""
        for base in attributes.own_classes(self.machine, cls):
            if any(map(self._names_limiter, base.cls.code.decorators)) or any(map(self.is_named, base.cls.methods)):
                return True
            for name, value in attributes.namespace(self.machine, base).vars.items():
                if self.is_named(name):
                    return not (isinstance(value, Seq) and not value.items and not value.open)
                if name == "decorators" and any(self.entry(each) for each in _items(value)):
                    return True
                if name in _FORMS and isinstance(value, ClassValue) and self._asks_more(value):
                    return True
        return False

    def _asks_more(self, form: ClassValue) -> bool:
        """Whether a form has a field that slows down whoever sends it: `captcha = CaptchaField()`; or looks itself how
        often it was sent."""
        return self._made_of_it(form) or any(
            self.is_named(name)
            for base in attributes.own_classes(self.machine, form)
            for name in attributes.namespace(self.machine, base).vars
        )

    def _forms_given(self, route: Route) -> Iterator[ClassValue]:
        """The project's forms that a view is given where it is registered: `as_view(authentication_form=LoginForm)`."""
        at = route.registered
        module = self.project.index.file(at.file)
        for call in module.nodes(f.Call) if module is not None and "as_view" in module.words else ():
            if at.start <= call.start and call.end <= at.end and module is not None:
                env = self.machine.run_module(module)
                for keyword in call.keywords:
                    value = self._named_value(keyword.value, env) if keyword.name in _FORMS else None
                    if isinstance(value, ClassValue):
                        yield value

    def _says_so(self, function: Function, depth: int) -> bool:
        """Whether a function, or one that it calls, names something that limits, or answers 429."""
        known = self._says.get(function)
        if known is None:
            self._says[function] = False  # for one that calls itself
            known = self._says[function] = self._speaks_of_it(function) or (
                depth > 0 and any(self._says_so(each, depth - 1) for each in self.reached.by(function))
            )
        return known

    def _speaks_of_it(self, function: Function) -> bool:
        names = {node.attr for node in function.nodes(f.Attribute)} | {node.id for node in function.nodes(f.Name)}
        if any(node.value == 429 for node in function.nodes(f.Constant)):
            return True
        return any(map(self.is_named, (function.name, *names))) or any(map(self._made_of_it, self._classes(function)))

    def _classes(self, function: Function) -> Iterator[ClassValue]:
        """The project's classes of which a function makes objects: forms, serializers, whose methods run unseen."""
        env = self.machine.run_module(function.module)
        for call in function.nodes(f.Call):
            value = self._named_value(call.func, env)
            if isinstance(value, ClassValue):
                yield value

    def _named_value(self, node: f.Expr, env: Env) -> Value | None:
        """What `LoginForm` or `forms.LoginForm` is."""
        if isinstance(node, f.Name):
            return unwrap(self.machine.lookup(node.id, env))
        if isinstance(node, f.Attribute):
            owner = self._named_value(node.value, env)
            found = self.machine.lookup_in_module(owner.module, node.attr) if isinstance(owner, ModuleValue) else None
            return None if found is None else unwrap(found)
        return None

    def _made_of_it(self, cls: ClassValue) -> bool:
        """Whether a method of a class, or of one that it derives from, speaks of limits."""
        bases = attributes.own_classes(self.machine, cls)
        return any(any(map(self.is_named, method.words)) for base in bases for method in base.cls.methods.values())

    # ------------------------------------------------------------ whole programs

    @cached_property
    def everywhere(self) -> str:
        """What limits all routes of the program, by name; empty when nothing does."""
        return next(self._for_all(), "")

    def _for_all(self) -> Iterator[str]:
        modules = [module for module in self.project.index.modules.values() if not module.is_test]
        named = [name for name, entry in self.entries.items() if entry.get("kind") == "application"]
        for module in modules:
            if not module.words.isdisjoint(_SETTINGS_WORDS):
                body = bytes(module.facts.body) + b"".join(bytes(cls.code) for cls in module.facts.classes)
                yield from (name for name in named if name.encode() in body)
            yield from (cls.name for cls in module.facts.classes if self._is_wide(cls.name))
        for name, entry in self.entries.items():
            if entry.get("kind") == "middleware" or entry.get("wide"):
                module_name = name.rpartition(".")[0]
                if "." in module_name and any(module_name in module.facts.imports for module in modules):
                    yield name
        holding = [name for name, entry in self.entries.items() if entry.get("defaults")]
        for made in self.project.program.objects(holding):
            known = self.entry(made)
            if known is not None and known[1]["defaults"] in self.project.program.made_with(made)[1]:
                yield known[0]

    @cached_property
    def by_any_name(self) -> str:
        """What limits some route of the program, be it by its name only; empty when nothing does."""
        return self.everywhere or next(self._for_some(), "")

    def _for_some(self) -> Iterator[str]:
        yield from (module.name for module in self.using())
        for module in self.project.index.modules.values():
            if not module.is_test:
                yield from (each.name for each in module.facts.functions if self.is_named(each.name))
                yield from (each.name for each in module.facts.classes if self.is_named(each.name))
                yield from filter(self.is_named, module.words)

    def _is_wide(self, name: str) -> bool:
        return self.is_named(name) and "middleware" in name.lower()


def _names(node: f.Expr) -> Iterator[str]:
    """The names in a decorator: `throttle` and `limiter` of `limiter.throttle(…)`, those of its arguments too."""
    if isinstance(node, f.Call):
        yield from _names(node.func)
        for arg in node.args:
            yield from _names(arg)
    elif isinstance(node, f.Attribute):
        yield node.attr
        yield from _names(node.value)
    elif isinstance(node, f.Name):
        yield node.id
    elif isinstance(node, f.Sequence):
        for item in node.items:
            yield from _names(item)


def _items(value: Value) -> Sequence[Value]:
    return value.items if isinstance(value, Seq) else ()


__all__ = ["Limits"]
