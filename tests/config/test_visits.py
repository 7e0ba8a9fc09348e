"""Booked visits as text: what is meant is read, and every mistake is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.problems import ConfigProblem
from config.visits import (
    FOREVER,
    LONGEST_MIN,
    MOST,
    Visit,
    VisitKind,
    as_row,
    read_csv,
    read_row,
    read_rows,
)

HEADER = b"home,day,from,to,kind,first,last\n"
HOMES = {"home-one-1": 1, "home-two-2": 2}


def row(**changed: str) -> dict[str, str]:
    return {"home": "home-one-1", "day": "mon-fri", "from": "08:30", "to": "09:00", **changed}


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    from_min, length = draw(st.integers(0, 1439)), draw(st.integers(1, LONGEST_MIN))
    first, last = draw(st.integers(1, 30_000)), draw(st.integers(1, 30_000))
    mask = 127 if first == last else draw(st.integers(1, 127))
    kind = draw(st.sampled_from(VisitKind))
    if draw(st.booleans()):
        return Visit(0, 0, kind, mask, from_min, from_min + length, 0, FOREVER)
    first, last = min(first, last), max(first, last)
    return Visit(0, 0, kind, mask, from_min, from_min + length, first, last)


@given(visits())
def test_a_visit_written_as_text_is_read_as_the_same_visit(visit: Visit) -> None:
    assert read_row(as_row(visit)) == (visit, [])


@pytest.mark.parametrize(
    ("said", "mask"),
    [("mon-fri", 31), ("daily", 127), ("sat sun", 96), ("fri-mon", 113), ("TUE, thu", 10)],
)
def test_weekdays_are_read_as_people_write_them(said: str, mask: int) -> None:
    visit, wrong = read_row(row(day=said))
    assert visit is not None
    assert (visit.weekdays, wrong) == (mask, [])


def test_a_window_may_go_over_midnight() -> None:
    visit, _ = read_row(row(**{"from": "22:00", "to": "07:00"}))
    assert visit is not None
    assert (visit.from_min, visit.to_min) == (22 * 60, 31 * 60)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"day": "montag"}, "day"),
        ({"day": ""}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"from": "25:00"}, "from"),
        ({"from": "8.30"}, "from"),
        ({"from": "\u0661\u0662:\u0660\u0660"}, "from"),
        ({"to": "08:30"}, "to"),
        ({"to": "21:30"}, "to"),
        ({"kind": "=cmd()"}, "kind"),
        ({"first": "1.12.2026"}, "first"),
        ({"first": "2026-12-03", "last": "2026-12-02"}, "last"),
        ({"day": "2026-12-03", "first": "2026-12-01"}, "first"),
    ],
)
def test_a_mistake_is_named_with_its_column_and_what_was_expected(
    changed: dict[str, str], column: str
) -> None:
    visit, wrong = read_row(row(**changed))
    assert visit is None
    assert [name for name, _ in wrong] == [column]


def test_every_mistake_of_a_file_is_told_by_row_and_column() -> None:
    data = HEADER + (
        b"home-one-1,mon,08:30,09:00,,,\n"
        b"home-six-6,mon,8h,09:00,,,\n"
        b"\n"
        b"home-one-1,mon,08:30,09:00,care,,\n"
    )
    with pytest.raises(ConfigProblem) as told:
        read_rows(read_csv(data, "visits.csv"), HOMES, "fenbridge")
    assert str(told.value).splitlines() == [
        "visits: row 3, home is 'home-six-6', expected the id of a home of fenbridge",
        "visits: row 3, from is '8h', expected a time from 00:00 to 23:59",
        "visits: row 5 is the same visit as a row before; leave one out",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"home,day,from\n", "has no column 'to'"),
        (HEADER.replace(b"kind", b"who"), "has a column 'who'"),
        (HEADER.replace(b"last", b"first"), "'first' twice"),
        (HEADER + b"caf\xe9-home,mon,08:30,09:00,,,\n", "is not UTF-8"),
        (HEADER + b"home-one-1,mon,08:30,09:00,,,,x\n", "row 2 has more cells"),
        (HEADER + b'home-one-1,"mon,08:30\n', "is not CSV"),
        (HEADER + b"a" * 200_000 + b",mon,08:30,09:00,,,\n", "row 2, home is .aaa"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(ConfigProblem, match=says):
        read_rows(read_csv(data, "visits.csv"), HOMES, "fenbridge")


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    data = b"\xef\xbb\xbf" + (HEADER + b"home-two-2,daily,22:00,07:00,other,,\n").replace(
        b"\n", b"\r\n"
    )
    found = read_rows(read_csv(data, "visits.csv"), HOMES, "fenbridge")
    assert [visit.kind for visit in found[2]] == [VisitKind.OTHER]


def test_a_home_has_so_many_visits_at_most() -> None:
    rows = [(f"row {n}", row(**{"from": f"07:{n:02d}"})) for n in range(MOST - 1)]
    rows += [("row x", row(day="sat")), ("row y", row(day="sun"))]
    with pytest.raises(ConfigProblem, match=f"up to {MOST} of one home"):
        read_rows(rows, HOMES, "fenbridge")
