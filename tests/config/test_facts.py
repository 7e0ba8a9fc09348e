"""What decides how a home is watched, as text: what is meant is read, every mistake is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.facts import COLUMNS, MOST_RESIDENTS, Facts, as_row, changes, read_csv, read_row
from config.facts import read_rows as read
from config.homes import GoesOut
from config.problems import ConfigProblem

KNOWN = {"home-one-1": Facts(), "home-two-2": Facts(2, True, GoesOut.NEVER, 1)}
EVERY_FACT = st.builds(
    Facts,
    st.integers(1, MOST_RESIDENTS),
    st.booleans(),
    st.sampled_from(GoesOut),
    st.integers(1, 3),
    st.sampled_from(("", "ZZ1 2", "ZZ1A 9")),
)


@given(EVERY_FACT, EVERY_FACT)
def test_facts_written_as_text_are_read_as_the_same_facts(facts: Facts, before: Facts) -> None:
    assert read_row(as_row(facts), before) == (facts, [])


@given(EVERY_FACT)
def test_an_empty_row_keeps_all_that_is_known(before: Facts) -> None:
    assert read_row({}, before) == (before, [])
    assert read_row(dict.fromkeys(COLUMNS, " "), before) == (before, [])


def test_a_row_changes_what_it_names_and_keeps_the_rest() -> None:
    facts, _ = read_row({"goes_out": " Never ", "pets": "YES"}, Facts(2, False, GoesOut.ALONE, 3))
    assert facts == Facts(2, True, GoesOut.NEVER, 3)


@pytest.mark.parametrize(
    ("column", "said", "expected"),
    [
        ("residents", "0", "a number from 1 to 12"),
        ("residents", "13", "a number from 1 to 12"),
        ("residents", "9" * 5000, "a number from 1 to 12"),
        ("residents", "two", "a number from 1 to 12"),
        ("residents", "\u0661", "a number from 1 to 12"),
        ("residents", "-1", "a number from 1 to 12"),
        ("residents", "1.5", "a number from 1 to 12"),
        ("pets", "a dog", "yes or no"),
        ("goes_out", "sometimes", "alone, accompanied or never"),
        ("risk_tier", "0", "1 (the highest), 2 or 3"),
        ("risk_tier", "4", "1 (the highest), 2 or 3"),
        (
            "sector",
            "ZZ1 2AB",
            "a postcode without its last two letters, like PE1 2, never the whole",
        ),
        ("sector", "Larch Row", "a postcode without its last two letters, like PE1 2"),
        ("risk_tier", "=cmd()", "1 (the highest), 2 or 3"),
    ],
)
def test_a_mistake_is_named_with_its_column_and_what_was_expected(
    column: str, said: str, expected: str
) -> None:
    facts, wrong = read_row({column: said}, Facts())
    assert facts is None
    ((name, told),) = wrong
    assert name == column
    assert told.endswith(f"expected {expected}")
    assert len(told) < 120


def test_every_mistake_of_a_file_is_told_by_row_and_column() -> None:
    data = (
        b"home,residents,pets,goes_out,risk_tier\n"
        b"home-one-1,0,perhaps,,\n"
        b"home-six-6,1,no,alone,2\n"
        b"\n"
        b"home-two-2,,,,9\n"
        b"home-one-1,2,,,\n"
        b"home-two-2,2,,,\n"
        b"home-two-2,2,,,\n"
    )
    with pytest.raises(ConfigProblem) as told:
        read(read_csv(data, "facts.csv"), KNOWN, "fenbridge")
    assert str(told.value).splitlines() == [
        "facts: row 2, residents is '0', expected a number from 1 to 12",
        "facts: row 2, pets is 'perhaps', expected yes or no",
        "facts: row 3, home is 'home-six-6', expected the id of a home of fenbridge",
        "facts: row 5, risk_tier is '9', expected 1 (the highest), 2 or 3",
        "facts: row 8, home is 'home-two-2' a second time; leave one out",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"residents,pets\n", "has no column 'home'"),
        (b"home,dogs\n", "has a column 'dogs', expected home, residents, pets"),
        (b"home,pets,pets\n", "'pets' twice"),
        (b"home,pets\ncaf\xe9,no\n", "is not UTF-8"),
        (b"home,pets\nhome-one-1,no,2\n", "row 2 has more cells"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(ConfigProblem, match=f"facts: .*{says}"):
        read_csv(data, "facts.csv")


def test_a_file_may_hold_one_column_of_many_homes() -> None:
    rows = read_csv(b"home,risk_tier\nhome-one-1,1\nhome-two-2,3\n", "facts.csv")
    assert read(rows, KNOWN, "fenbridge") == {
        "home-one-1": Facts(risk_tier=1),
        "home-two-2": Facts(2, True, GoesOut.NEVER, 3),
    }


def test_a_change_names_the_old_and_the_new_of_what_is_another() -> None:
    after = Facts(2, False, GoesOut.NEVER)
    assert changes(Facts(), after) == {"residents": [1, 2], "goes_out": ["alone", "never"]}
    assert changes(after, after) == {}
