"""blinker: a signal that the program connects nothing to reaches nobody.

`signal.send(sender, **arguments)` gives a list of pairs, of a receiver and what it returned
(https://blinker.readthedocs.io/en/stable/#blinker.Signal.send): programs ask it whether somebody else has decided. Who
would listen in somebody's plugin is not in the source.
"""

from __future__ import annotations

from collections.abc import Mapping

from apilint.facts import Span
from apilint.guards.visit import Visit
from apilint.startup.core import Core
from apilint.startup.values import Attr, External, Result, Seq, Value, text_of

_NAMESPACES = ("blinker.Namespace", "blinker.base.Namespace")
_SIGNAL = "blinker.NamedSignal"
_SIGNALS = ("blinker.Signal", "blinker.base.Signal", _SIGNAL, "blinker.base.NamedSignal")
_CONNECTS = ("connect", "connect_via", "connected_to", "temporarily_connected_to")


def prepare(machine: Core, options: Mapping[str, str]) -> None:
    """Teach the machine what a namespace gives for a name, and what sending gives."""
    for namespace in _NAMESPACES:
        machine.extensions.methods[f"{namespace}.signal"] = _signal
    for signal in _SIGNALS:
        machine.extensions.methods[f"{signal}.send"] = _send
    machine.extensions.seal()


def _signal(machine: Core, base: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    """`Namespace.signal(name)`: the same signal for the same name."""
    name = text_of(args[0]) if args else None
    if not isinstance(base, Result) or name is None:
        return None
    if name not in base.attrs:
        base.attrs[name] = Result(External(_SIGNAL), args, kwargs, span, machine.next_order(), machine.conditions)
    return base.attrs[name]


def _send(machine: Core, base: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    """What a request sends, after everything was connected."""
    if not isinstance(machine, Visit) or not isinstance(base, Result):
        return None
    calls = (event.callee.name for event in base.events if isinstance(event.callee, Attr))
    return None if any(name in _CONNECTS for name in calls) else Seq("tuple", [])
