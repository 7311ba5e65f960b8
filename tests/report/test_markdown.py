"""Markdown for a comment on a pull request: what it says, and that what others wrote does nothing in it."""

from __future__ import annotations

import re

import pytest

from apilint.finding import Severity
from apilint.report import render
from apilint.report.links import page
from apilint.report.markup import code, escaped, fenced, html_sentence, sentence
from apilint.report.options import RenderOptions

from .samples import BROKEN, FINDING, UNRESOLVED, at, finding, report

HOST = RenderOptions(repository_uri="git@github.com:acme/shop.git", revision="a" * 40, path_prefix="services/shop")


def markdown(*args: object, **options: object) -> str:
    return render(report(*args), "markdown", options=RenderOptions(**options))


def test_a_finding_opens_to_its_code_its_proof_and_its_mend() -> None:
    assert markdown(FINDING) == (
        "<!-- apilint check -->\n"
        "### apilint: 1 finding\n"
        "\n"
        "<details><summary><b>error</b> APL101 Anyone can call <code>POST /items</code>."
        " <code>shop/items.py:12</code></summary>\n"
        "\n"
        "```python\n"
        '12 | @router.post("/items")\n'
        "```\n"
        "\n"
        "- `shop/items.py:8` `router` is made without dependencies\n"
        "- `shop/main.py:14` included here without dependencies\n"
        "\n"
        "**Mend:** Add a guard, e.g. `Depends(user)`.\n"
        "\n"
        "`apilint rule APL101` says more.\n"
        "\n"
        "</details>\n"
        "\n"
        "Found 1 finding: 1 error in 41 files; 87 routes, 20 open to anyone.\n"
    )


def test_places_link_to_the_host_where_it_is_known() -> None:
    shown = render(report(FINDING), "markdown", options=HOST)
    address = f"https://github.com/acme/shop/blob/{'a' * 40}/services/shop/shop/items.py#L8"
    assert f"[`services/shop/shop/items.py:8`]({address})" in shown


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://user:key@gitlab.example/a/b.git", "https://gitlab.example/a/b/-/blob/r/a%20%28b%29.py#L3"),
        ("https://github.example/a/b", "https://github.example/a/b/blob/r/a%20%28b%29.py#L3"),
        ("https://elsewhere.example/a/b", ""),
        ("file:///srv/github/b", ""),
        (None, ""),
    ],
)
def test_pages_of_hosts(remote: str | None, expected: str) -> None:
    assert page("a (b).py", 3, RenderOptions(repository_uri=remote, revision="r")) == expected


def test_the_worst_comes_first_and_what_finds_no_room_is_counted() -> None:
    notes = [finding(severity=Severity.NOTE, code="APL906", name="unused-suppression") for _ in range(500)]
    shown = markdown(*notes, FINDING)
    assert len(shown) < 65_536
    assert re.findall(r"<b>(\w+)</b>", shown)[:2] == ["error", "note"]
    left = 501 - shown.count("<details>")
    assert f"{left} more findings, which find no room here:\n" in shown
    assert f"\n| {left} | APL906 `unused-suppression` |\n" in shown


def test_what_was_not_analysed() -> None:
    shown = render(report(diagnostics=(BROKEN, UNRESOLVED)), "markdown", options=RenderOptions())
    assert (
        "### apilint: not everything could be analysed\n\n- **not analysed** `shop/broken.py:3` invalid syntax\n"
        in shown
    )
    assert markdown().startswith("<!-- apilint check -->\n### apilint: all clear\n")


def test_what_others_wrote_is_only_shown() -> None:
    strange = finding(
        message="</summary> 'a`b' by @somebody, #12, ![x](http://y) <img src=x>",
        place=at(file="a|`b`\n<b>.py", text="x = '''```\n</details>'''"),
        trace=(at(file="``", message="**@all** [l](x) `|`"),),
    )
    shown = markdown(strange)
    assert shown.count("</summary>") == 1
    assert "<img" not in shown
    assert "<code>a`b</code> by @\u200bsomebody, #\u200b12" in shown
    assert "````python\n1 | x = '''```\ufffd</details>'''\n````" in shown
    assert "- ``` ``:1 ``` \\*\\*@\u200ball\\*\\* \\[l\\](x) `|`" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "`a`"),
        ("`a`", "`` `a` ``"),
        ("a``b", "```a``b```"),
        ("a\nb", "`a b`"),
        ("", ""),
    ],
)
def test_code(text: str, shown: str) -> None:
    assert code(text) == shown


def test_text() -> None:
    assert escaped("a_b*c <d> $e$ & x@y") == r"a\_b\*c \<d\> \$e\$ &amp; x@" + "\u200by"
    assert fenced("````") == "`````\n````\n`````"
    assert sentence("it doesn't call 'f' or `g`, isn't it") == "it doesn't call `f` or `g`, isn't it"
    assert html_sentence("'<a>' & \"b\"") == "<code>&lt;a&gt;</code> &amp; &quot;b&quot;"
