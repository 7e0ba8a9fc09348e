"""The household record: read from fields of text, kept sealed, opened for those who may."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from config import audit, contacts, home_labels, household_rows, registry, safeguarding, tables
from config.household_rows import Outrun
from config.household_tables import households as table
from config.household_tables import persons
from config.households import Household, Person, age_on, as_row, label_mistake, read_household
from config.problems import ConfigProblem
from config.vault import Vault, open_vault
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")

TODAY = date(2026, 3, 3)
ROW = {
    "name": "Mx Larkspur Invented",
    "born": "28/02/1941",
    "nhs_number": "999 000 0018",
    "untraced": "",
    "language": "cy",
    "name_2": "Mx Teasel Invented",
    "born_2": "unknown",
    "nhs_number_2": "",
    "untraced_2": "new in the country",
    "address_1": "Flat 9, Larkspur Court",
    "address_2": "",
    "town": "Fenbridge",
    "postcode": "zz12ab",
    "uprn": "000100",
    "notes": "Hard of hearing: ring twice.\nSide door.",
    "key_safe": "1234#",
}


def household(**changed: str) -> Household:
    found, wrong = read_household({**ROW, **changed}, TODAY)
    assert found is not None, wrong
    return found


def mistakes(**changed: str) -> Mapping[str, str]:
    found, wrong = read_household({**ROW, **changed}, TODAY)
    assert found is None
    return dict(wrong)


def test_fields_are_read_as_people_write_them_and_kept_in_one_way() -> None:
    found = household()
    first, second = found.persons
    assert (first.nhs_number, first.born) == ("9990000018", date(1941, 2, 28))
    assert (second.born, second.untraced) == (None, "new in the country")
    assert (found.address.postcode, found.address.uprn) == ("ZZ1 2AB", "100")
    assert read_household(as_row(found), TODAY) == (found, [])


@pytest.mark.parametrize(
    ("field", "said", "expected"),
    [
        ("name", "", "2 to 120 characters"),
        ("name", "x" * 10_000_000, "at most 120 characters, not 10,000,000"),
        ("name", "Mx\x07Bell", "without control characters"),
        ("name", "=HYPERLINK(1)", "formula"),
        ("name", "@SUM(1)", "formula"),
        ("born", "2026-03-04", "nobody is born in the future"),
        ("born", "1899-01-01", "within the last 120 years"),
        ("born", "31/02/1941", "a day such as"),
        ("born", "", "a day such as"),
        ("nhs_number", "999 000 0019", "check digit"),
        ("nhs_number", "999000001", "ten digits"),
        ("nhs_number", "٩٩٩٠٠٠٠٠١٨", "ten digits"),
        ("nhs_number", "5990000014", "this range is not"),
        ("nhs_number", "", "is empty, expected the NHS number"),
        ("untraced", "moved here", "leave one out"),
        ("language", "Welsh", "the code of a language"),
        ("address_1", "", "1 to 100 characters"),
        ("address_1", "-2+3", "formula"),
        ("postcode", "PE1 2", "a whole postcode"),
        ("postcode", "PE1 2CI", "never C, I"),
        ("uprn", "1.0E+11", "digits"),
        ("uprn", "0", "digits"),
        ("notes", "x" * 501, "at most 500"),
        ("key_safe", "under the mat!", "up to 20 digits"),
        ("nhs_number_2", "9990000018", "that of the first person"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_shown_short(
    field: str, said: str, expected: str
) -> None:
    changed = {field: said}
    if field == "nhs_number_2":
        changed["untraced_2"] = ""
    told = mistakes(**changed)
    assert list(told) == [field]
    assert expected in told[field]
    assert len(told[field]) < 250


def test_every_mistake_is_told_and_not_the_first_only() -> None:
    told = mistakes(born="tomorrow", postcode="nowhere", nhs_number_2="1", town="")
    assert set(told) == {"born", "postcode", "nhs_number_2", "town"}


@given(st.dictionaries(st.sampled_from(sorted(ROW)), st.text(max_size=300)))
def test_no_text_breaks_the_reader(changed: dict[str, str]) -> None:
    found, wrong = read_household({**ROW, **changed}, TODAY)
    assert (found is None) == bool(wrong)
    if found is not None:
        assert read_household(as_row(found), TODAY) == (found, [])


@pytest.mark.parametrize(
    ("label", "is_free"),
    [
        ("Round 4, house 12", True),
        ("LARKSPUR", False),
        ("Near zz1 2ab", False),
        ("flat 9,larkspur court", False),
        ("Mrs invented's", False),
    ],
)
def test_a_label_says_neither_name_nor_address(label: str, is_free: bool) -> None:
    assert (label_mistake(label, household()) is None) is is_free


def test_an_age_counts_whole_years() -> None:
    born = date(1941, 2, 28)
    assert [age_on(born, date(2026, 2, day)) for day in (27, 28)] == [84, 85]


@pytest.fixture
def vault() -> Vault:
    return open_vault(None, [bytes(range(32))])


@pytest.fixture
def database() -> Engine:
    database = new_database()
    with database.begin() as connection:
        registry.enrol(connection, enrolment(3), now_us=0)
    return database


def save(
    connection: Connection, vault: Vault, one: Household, revision: int | None = None
) -> list[str]:
    home = enrolment(1).homes[0].id
    return household_rows.save(
        connection, vault, home, one, revision=revision, by="account-bob", now_us=7
    )


def test_what_is_kept_is_opened_again_and_no_table_holds_it_in_the_clear(
    database: Engine, vault: Vault
) -> None:
    home, one = enrolment(1).homes[0].id, household()
    with database.begin() as connection:
        assert save(connection, vault, one) == []
        kept = household_rows.read(connection, vault, home)
        assert kept is not None
        assert (kept.persons, kept.address, kept.notes) == (one.persons, one.address, one.notes)
        assert (kept.has_key_safe, kept.revision, "1234#" in repr(kept)) == (True, 1, False)
        rows = [
            str(row)
            for each in tables.metadata.sorted_tables
            for row in connection.execute(select(each))
        ]
        for word in ("Larkspur", "1941", "9990000018", "ZZ1 2AB", "ring twice", "1234#"):
            assert not [row for row in rows if word in row], word
        sector = select(tables.homes.c.sector).where(tables.homes.c.id == home)
        assert connection.execute(sector).scalar() == "ZZ1 2"


def test_a_change_on_what_somebody_else_has_changed_is_refused(
    database: Engine, vault: Vault
) -> None:
    with database.begin() as connection:
        save(connection, vault, household(), revision=0)
        save(connection, vault, household(notes="Ring once."), revision=1)
        with pytest.raises(Outrun):
            save(connection, vault, household(), revision=1)


def test_a_person_keeps_the_key_and_who_left_loses_it(database: Engine, vault: Vault) -> None:
    home = enrolment(1).homes[0].id
    with database.begin() as connection:
        save(connection, vault, household())
        before = list(
            connection.execute(select(persons.c.id).order_by(persons.c.position)).scalars()
        )
        alone = replace(household(), persons=(replace(household().persons[0], language="pl"),))
        assert save(connection, vault, alone) == [f"person:{before[1]}"]
        assert connection.execute(select(persons.c.id)).scalar() == before[0]
        other = replace(alone, persons=(Person("Mx Other", None, "", "unknown", "en"),))
        assert save(connection, vault, other) == [f"person:{before[0]}"]
        kept = household_rows.read(connection, vault, home)
        assert kept is not None
        assert [person.name for person in kept.persons] == ["Mx Other"]


def test_a_dropped_key_erases_the_person_and_leaves_the_rest(
    database: Engine, vault: Vault
) -> None:
    home = enrolment(1).homes[0].id
    with database.begin() as connection:
        save(connection, vault, household())
        first = connection.execute(select(persons.c.id).order_by(persons.c.position)).scalar()
        vault.drop([f"person:{first}"])
        kept = household_rows.read(connection, vault, home)
        assert kept is not None
        assert [person.name for person in kept.persons] == ["Mx Teasel Invented"]
        vault.drop([f"household:{connection.execute(select(table.c.id)).scalar()}"])
        kept = household_rows.read(connection, vault, home)
        assert kept is not None
        assert (kept.address, kept.notes) == (None, "")


def test_the_code_of_a_key_safe_is_shown_by_an_act_that_is_noted_and_stays_until_changed(
    database: Engine, vault: Vault
) -> None:
    home = enrolment(1).homes[0].id
    with database.begin() as connection:
        save(connection, vault, household())
        save(connection, vault, household(key_safe="", notes="Ring."))
        code = household_rows.key_safe(connection, vault, home, "account-bob", 9)
        last = audit.read(connection, "fenbridge", limit=1)[0]
        assert (code, last.what, last.subject) == ("1234#", "key-safe", f"home:{home}")
        assert "1234" not in str(last)


def test_a_name_is_found_in_the_searchers_own_places_only(database: Engine, vault: Vault) -> None:
    home = enrolment(1).homes[0].id
    with database.begin() as connection:
        save(connection, vault, household())
        for said in ("lark", "invented LARKSPUR", "teas"):
            assert list(household_rows.search(connection, vault, ["fenbridge"], said)) == [home]
        assert household_rows.search(connection, vault, ["northmoor"], "lark") == {}
        assert household_rows.search(connection, vault, ["fenbridge"], " ") == {}
        assert household_rows.search(connection, vault, ["fenbridge"], "spur") == {}
        assert household_rows.nhs_numbers(connection, vault, "fenbridge") == {"9990000018": home}


def test_a_contact_is_removed_for_safeguarding_and_may_not_come_back(
    database: Engine, vault: Vault
) -> None:
    home = enrolment(1).homes[0].id
    listed = [{"kind": "contact", "name": "A Relative", "phone": "01632 960 001"}]
    plan = contacts.read_plan({"contact": listed}, "test")
    with database.begin() as connection:
        saved, _ = contacts.save(connection, vault, home, plan, "account-bob", 1)
        gone = safeguarding.bar(connection, vault, saved[0].id, "account-bob", 2, "a test of ours")
        assert contacts.read(connection, vault, home) == []
        assert gone == [f"contact:{saved[0].id}"]
        assert vault.drop(gone) == 1
        for phone in ("01632960001", "+44 1632 960001", "0044 1632 960 001"):
            again = contacts.read_plan({"contact": [{**listed[0], "phone": phone}]}, "test")
            with pytest.raises(ConfigProblem, match="safeguarding"):
                contacts.save(connection, vault, home, again, "account-bob", 3)
        save(connection, vault, household())  # the record comes later, and keeps what is barred
        with pytest.raises(ConfigProblem, match="safeguarding"):
            contacts.save(connection, vault, home, plan, "account-bob", 3)
        with pytest.raises(ConfigProblem, match="no such contact"):
            safeguarding.bar(connection, vault, saved[0].id, "account-bob", 4, "a test of ours")
        row = connection.execute(select(table.c.barred)).scalar_one()
        assert "1632" not in row
        assert audit.verify(connection) == []


@pytest.mark.parametrize(
    "label",
    ["Mrs Example", "with Dr Teasel, second floor", "ZZ1 2AB, flat 2", "born 28/02/1941",
     "01632 960 001", "home of 9990000018"],
)  # fmt: skip
def test_a_label_that_looks_like_somebody_is_refused_before_anybody_is_known(label: str) -> None:
    assert label_mistake(label) is not None


@pytest.mark.parametrize("label", ["Round 4, house 12", "Elm Dr 4", "Larch Row 61", "Block 12-34"])
def test_a_label_that_is_nobody_s_is_taken(label: str) -> None:
    assert label_mistake(label) is None


def test_whatever_is_entered_later_may_not_be_in_the_label(database: Engine, vault: Vault) -> None:
    home = enrolment(1).homes[0].id
    with database.begin() as connection:
        assert (
            home_labels.save(
                connection, vault, home, "Court of Larkspur", by="account-bob", now_us=5
            )
            == ""
        )
        assert home_labels.agree(connection, home, None, None, by="account-bob", now_us=5) == ""
        said = home_labels.agree(connection, home, household(), None, by="account-bob", now_us=5)
        assert "name of a person" in said
        assert (
            home_labels.agree(connection, home, household(), "Round 4", by="account-bob", now_us=5)
            == ""
        )
        save(connection, vault, household())
        assert "name of a person" in home_labels.save(
            connection, vault, home, "Larkspur", by="account-bob", now_us=5
        )
        assert home_labels.save(connection, vault, home, "", by="account-bob", now_us=5) == ""
        h = tables.homes.c
        label = connection.execute(select(h.label).where(h.id == home)).scalar_one()
        assert label == f"Home {home[:8]}"
        assert audit.verify(connection) == []
