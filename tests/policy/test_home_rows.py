"""Every table that holds something of a home is handed over and erased with it, or says why not."""

from sqlalchemy import Table

from api import home_rows
from api.home_rows import LEFT_OUT, SAYS_HOME, Subject
from api.table_copy import every_table

HOME = Subject(1, "q3x8k2m1", "fenbridge")


def leads_to_a_home(table: Table) -> bool:
    """Tell whether a column is named for something of a home, or refers to such a table."""
    refers = {key.column.table.name for key in table.foreign_keys}
    of_homes = {"homes", "gateways", "sensors", "alerts", "shadow_findings", "contacts",
                "households", "persons"}  # fmt: skip
    return bool(SAYS_HOME & set(table.c.keys()) or refers & of_homes)


def test_no_table_with_something_of_a_home_is_forgotten() -> None:
    covered = {table.name for table, _ in home_rows.rules(HOME)}
    leading = {table.name for table in every_table() if leads_to_a_home(table)}
    assert len(leading) >= 20
    assert leading - covered - set(LEFT_OUT) == set(), (
        "these hold something of a home: let api/home_rows.py follow them, or give the reason there"
    )


def test_what_is_left_out_exists_has_a_reason_and_is_not_followed_all_the_same() -> None:
    covered = {table.name for table, _ in home_rows.rules(HOME)}
    names = {table.name for table in every_table()}
    assert set(LEFT_OUT) <= names
    assert not covered & set(LEFT_OUT)
    assert all(len(reason) > 20 for reason in LEFT_OUT.values())


def test_a_table_comes_after_those_that_it_refers_to() -> None:
    seen: set[str] = set()
    for table, _ in home_rows.rules(HOME):
        refers = {key.column.table.name for key in table.foreign_keys} - {"accounts", "rehearsals"}
        assert refers <= seen, table.name
        seen.add(table.name)
