"""Fingerprints: what they survive and what they tell apart; GitHub's line hashes."""

import msgspec
import pytest

from apilint.finding import Finding, Place, Precision, Severity
from apilint.fingerprint import fingerprints, line_hashes


def finding(text: str = "db.execute(f'SELECT {x}')", line: int = 3, **fields: object) -> Finding:
    base = Finding(
        code="APL201",
        name="sql-injection",
        severity=Severity.ERROR,
        security_severity=9.0,
        precision=Precision.HIGH,
        message="SQL is built from the request.",
        place=Place("shop/db.py", line, 1, line, 10, text=text),
        cwe=(89,),
        owasp=(),
        fingerprint="",
    )
    return msgspec.structs.replace(base, **fields)


def one(item: Finding, name: str = "search") -> str:
    return fingerprints([item], [name])[0]


@pytest.mark.parametrize(
    "same",
    [
        finding(line=90),
        finding(message="Something else.", precision=Precision.LOW, security_severity=1.0),
        finding(text="    db.execute( f'SELECT {x}' )"),
        finding(text='db.execute(f"SELECT {x}")'),
        finding(text="db.execute(f'SELECT {x}')  # noqa: S608"),
    ],
)
def test_survives(same: Finding) -> None:
    assert one(same) == one(finding())


@pytest.mark.parametrize(
    "other",
    [
        finding(code="APL203"),
        finding(text="db.execute(f'SELECT {y}')"),
        finding(text="db.execute(f'SELECT # {x}')"),
        finding(route="GET /search"),
        finding(place=Place("shop/other.py", 3, 1, 3, 10, text="db.execute(f'SELECT {x}')")),
    ],
)
def test_tells_apart(other: Finding) -> None:
    assert one(other) != one(finding())


def test_enclosing_name_tells_apart_unless_a_route_is_known() -> None:
    assert one(finding(), "search") != one(finding(), "delete")
    assert one(finding(route="GET /a"), "search") == one(finding(route="GET /a"), "renamed")


def test_equals_are_numbered_in_the_order_of_the_file() -> None:
    first, second, third = finding(line=3), finding(line=8), finding(line=40)
    forwards = fingerprints([first, second, third], ["f"] * 3)
    backwards = fingerprints([third, second, first], ["f"] * 3)
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 3


@pytest.mark.parametrize("text", [" a\nb\n  \t\tc\n d", " a\r\nb\r\n  c\r\n\td", "a\rb\rc\rd"])
def test_line_hashes_of_short_lines(text: str) -> None:
    assert line_hashes(text) == ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]


def test_line_hash_of_an_empty_file() -> None:
    assert line_hashes("") == ["c129715d7a2bc9a3:1"]


def test_equal_line_hashes_are_numbered() -> None:
    assert line_hashes("Lorem ipsum dolor sit amet.\n" * 10) == [
        *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
        "a7f2ff1481e87703:1",
        "a9cf91f7bbf1862b:1",
        "55ec222b86bcae53:1",
        "cc97dc7b1d7d8f7b:1",
        "c129715d7a2bc9a3:1",
    ]


def test_line_hashes_of_a_script() -> None:
    assert line_hashes("x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n") == [
        "e54938cc54b302f1:1",
        "bb609acbe9138d60:1",
        "1131fd5871777f34:1",
        "5c482a0f8b35ea28:1",
        "54517377da7028d2:1",
        "2c644846cb18d53e:1",
        "f1b89f20de0d133:1",
        "c129715d7a2bc9a3:1",
    ]


def test_line_hashes_count_utf16_code_units() -> None:
    assert line_hashes("\U0001f600 = 1\n") == ["8f63ec7c1bfee084:1", "c129715d7a2bc9a3:1"]


def test_line_hashes_know_a_byte_order_mark_and_every_line_break() -> None:
    text = b"\xef\xbb\xbfx = 1\r\n \r\n\n\r\r \n\xff\xfe b\xe2\x82 \n\xed\xa0\x80\n".decode("utf-8", "replace")
    assert len(line_hashes(text)) == 9
    assert line_hashes(text)[0] == "b57d85aa6fe7670c:1"
