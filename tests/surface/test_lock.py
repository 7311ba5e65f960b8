"""Entries <-> the text of a lock file, and what is said of a file that is none."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apilint.model import VERDICTS
from apilint.report.rows import GuardRow, RouteRow
from apilint.surface import Entry, LockError, entries, parse, render

HEAD = "# apilint.routes 1: who may call what.\n"
AGAIN = "`apilint routes --lock` writes the file again"


def guard(name: str, effect: str = "required", line: int = 9) -> GuardRow:
    return GuardRow(name, "dependency", "", "main.py", line, effect)


def row(
    path: str, auth: str = "none", *guards: GuardRow, methods: tuple[str, ...] = ("GET",), **more: object
) -> RouteRow:
    return RouteRow("fastapi", methods, path, "shop:handler", "shop.py", 3, auth, guards, **more)  # type: ignore[arg-type]


def text(*rows: RouteRow) -> list[str]:
    """The lines of the lock file, without the head."""
    return render(entries((each, each.public) for each in rows)).splitlines()[2:]


def test_one_line_for_each_method() -> None:
    assert text(row("/items", "required", guard("signed_in"), methods=("GET", "POST"))) == [
        "GET\t/items\trequired\tsigned_in\tshop:handler",
        "POST\t/items\trequired\tsigned_in\tshop:handler",
    ]


def test_what_is_special_about_a_route() -> None:
    assert text(row("/a", methods=()), row("/b", methods=(), kind="websocket")) == [
        "ANY\t/a\tnone\t-\tshop:handler",
        "WEBSOCKET\t/b\tnone\t-\tshop:handler",
    ]
    assert text(row("/a", public=True)) == ["GET\t/a\tnone, public\t-\tshop:handler"]
    switched = guard("Auth", "conditional")
    assert text(row("/a", "conditional", guard("peek", "optional"), switched, condition="settings.AUTH")) == [
        "GET\t/a\tconditional if settings.AUTH\tAuth (conditional), peek (optional)\tshop:handler"
    ]


def test_lines_and_the_order_of_guards_are_no_part_of_it() -> None:
    one = row("/a", "required", guard("b"), guard("a", line=4))
    other = msgspec.structs.replace(row("/a", "required", guard("a"), guard("b"), guard("b", line=70)), line=99)
    assert text(one) == text(other)


def test_it_is_sorted_whatever_the_order() -> None:
    rows = [row("/b"), row("/a", methods=("POST",)), row("/a")]
    assert text(*rows) == text(*reversed(rows))
    assert [line.split("\t")[:2] for line in text(*rows)] == [["GET", "/a"], ["POST", "/a"], ["GET", "/b"]]


def test_an_added_route_is_one_added_line() -> None:
    before = text(row("/b"), row("/c"))
    after = text(
        row("/b"), row("/a/very/long/path/that/would/widen/a/column/{of}/{a}/{table}", methods=("DELETE",)), row("/c")
    )
    assert [line for line in after if line in before] == before
    assert len(after) == len(before) + 1


words = st.text("aZ9é ,-()\t\n\x85\u2028|:/{}<>", max_size=12)


def test_a_guard_is_never_taken_for_none() -> None:
    assert text(row("/a", "required", guard("-"))) == ["GET\t/a\trequired\t?\tshop:handler"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            row,
            words,
            st.sampled_from(["none", "required", "optional", "unknown"]),
            st.builds(guard, words, st.sampled_from(["required", "optional", "conditional"])),
            methods=st.lists(st.sampled_from(["GET", "POST"]), max_size=2, unique=True).map(tuple),
            public=st.booleans(),
        ),
        max_size=5,
    )
)
def test_what_was_written_is_read_again(rows: list[RouteRow]) -> None:
    made = entries((each, each.public) for each in rows)
    assert [plain(each) for each in parse(render(made).encode())] == [plain(each) for each in made]


def plain(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, at=0)


def test_lines_are_remembered_and_line_ends_do_not_matter() -> None:
    lock = HEAD + "\n# a remark\nGET\t/a\tnone\t-\t-\n"
    assert [each.at for each in parse(lock.encode())] == [4]
    assert parse(b"\xef\xbb\xbf" + lock.replace("\n", "\r\n").encode()) == parse(lock.encode())


GOOD = HEAD.encode() + b"GET\t/a\tnone\t-\t-\n"
NO_HEAD = "1: expected the head of a route lock file, '# apilint.routes 1: …', found "
NO_FIELDS = "2: expected 5 fields separated by tabs (method, path, verdict, guards, handler), found 1: 'GET /a none -'"


@pytest.mark.parametrize(
    ("lock", "problem"),
    [
        (b"", NO_HEAD + "nothing"),
        (b"[tool.apilint]\n", NO_HEAD + "'[tool.apilint]'"),
        (b"# apilint.routes 2: x\n", "1: expected version 1 of a route lock file, found version '2'"),
        (HEAD.encode() + b"GET /a none -\n", NO_FIELDS),
        (GOOD.replace(b"none", b"open"), f"2: expected a verdict ({', '.join(VERDICTS)}), found 'open'"),
        (GOOD.replace(b"/a", b""), "2: expected a method and a path, found 'GET' and ''"),
        (GOOD.replace(b"/a", b"/\xff"), "2: expected UTF-8 text, found the byte 0xff"),
        (GOOD + b"<<<<<<< HEAD\n", f"3: found a merge conflict, '<<<<<<< HEAD'; {AGAIN}"),
        (GOOD + GOOD, "4: 'GET /a' stands here a second time, as in line 2"),
    ],
)
def test_a_file_that_is_none(lock: bytes, problem: str) -> None:
    with pytest.raises(LockError) as raised:
        parse(lock)
    assert str(raised.value) == f"apilint.routes:{problem}"
