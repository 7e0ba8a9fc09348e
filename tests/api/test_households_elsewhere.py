"""The household record goes with its home: to another place, and to another installation."""

from datetime import date
from pathlib import Path

from sqlalchemy import Engine, select

from api import place_export, place_import, place_move, sealed_rows, wiring
from config import drafts, household_rows, keys, tables
from config.household_rows import Kept
from config.household_tables import drafts as draft_rows
from config.households import read_household
from config.settings import Settings
from tests.api.test_place_export import A, B, fill, installation
from tests.households import rows


def home_of(database: Engine, place: str) -> str:
    h = tables.homes.c
    with database.connect() as connection:
        query = select(h.id).where(h.place == place).order_by(h.number)
        return str(connection.execute(query).scalars().first())


def enter(settings: Settings, place: str) -> str:
    """Enter who lives in the first home of a place; return its id."""
    database = wiring.open_database(settings)
    vault, home = keys.open_vault(settings, database), home_of(database, place)
    household, wrong = read_household(next(rows(1)), date(2026, 3, 3))
    assert household is not None, wrong
    with database.begin() as connection:
        household_rows.save(
            connection, vault, home, household, revision=0, by="account-bob", now_us=1
        )
    return home


def kept(settings: Settings, home: str) -> tuple[Kept, str]:
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    with database.begin() as connection:
        found = household_rows.read(connection, vault, home)
        assert found is not None
        return found, household_rows.key_safe(connection, vault, home, "account-bob", 2)


def test_an_imported_household_is_sealed_by_the_keys_of_where_it_came_to(tmp_path: Path) -> None:
    old, new = installation(tmp_path / "old"), installation(tmp_path / "new")
    fill(old, B, 1)
    fill(old, A, 4)
    fill(new, B, 7)  # so that every number differs
    home = enter(old, A)
    place_export.export(old, A, tmp_path / "out", tell=lambda _: None)
    place_import.import_place(new, tmp_path / "out", tell=lambda _: None)
    assert kept(new, home) == kept(old, home)
    assert kept(new, home)[1] == "1234"


def test_a_household_and_a_draft_move_with_their_place(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    fill(settings, A, 1)
    home = enter(settings, A)
    before = kept(settings, home)
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    with database.begin() as connection:
        account = connection.execute(select(tables.accounts.c.id)).scalars().first()
        drafts.create(connection, vault, A, str(account), 1)
        plan = place_move.merging(connection, [A], B)
        done = place_move.move(connection, plan, account="account-bob", now_us=3)
        assert done.places["drafts"] == 1
        subjects = sealed_rows.subjects_of(connection, list(plan.homes[B]))
        assert len(subjects) == 2  # of the home, and of the person
        vault.move(subjects, B)
        assert connection.execute(select(draft_rows.c.place)).scalar() == B
    after = kept(settings, home)
    assert (after[0].place, after[0].persons, after[1]) == (B, before[0].persons, "1234")
    assert vault.keyring.counts()[B] == 2
