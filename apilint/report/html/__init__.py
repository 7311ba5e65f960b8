"""Report -> one HTML file: the attack surface as a picture, with every route's guards and every finding's proof.

The file needs no network and no other file. What the scanned program says goes in as JSON and comes out as text nodes:
the policy in its head lets nothing run but the script whose hash it names, and takes no string for markup.
"""

from __future__ import annotations

import base64
import hashlib
import html
from importlib import resources

from apilint.finding import Report
from apilint.report.html.data import contents
from apilint.report.json import encode
from apilint.report.options import RenderOptions
from apilint.report.terminal import one_line

# In the order in which the parts stand upon each other.
_SCRIPTS = ("elements", "model", "treemap", "filters", "picture", "inspector", "lists", "main")
_STYLES = ("page", "picture", "inspector", "print")
# JSON inside of an element that ends at the first `</script`, in a file that people may paste into scripts.
_HARMFUL = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def render(report: Report, options: RenderOptions) -> str:
    """The page with its data."""
    style = "\n".join(_asset(f"{name}.css") for name in _STYLES)
    script = "\n".join(['"use strict";', "{", *(_asset(f"{name}.js") for name in _SCRIPTS), "}"])
    values = {
        "policy": _policy(style, script),
        "title": html.escape(one_line(f"{options.project or 'API'}: who may call what")),
        "style": style,
        "script": script,
        "data": embedded(contents(report, options)),
    }
    return _filled(_asset("page.html"), values)


def embedded(data: dict[str, object]) -> str:
    """JSON that can stand in an element of HTML."""
    return encode(data).decode().translate(_HARMFUL)


def _filled(page: str, values: dict[str, str]) -> str:
    """The page with its places filled, each once and none within what was filled in."""
    first, *rest = page.split("{{")
    parts = [first]
    for piece in rest:
        name, _, text = piece.partition("}}")
        parts += [values[name], text]
    return "".join(parts)


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")
