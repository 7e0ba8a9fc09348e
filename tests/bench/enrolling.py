"""How long a file of five thousand households takes: read, checked, sealed, enrolled."""

import time
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from api.household_files import enrol_all
from config import household_form, keys, people, registry, tables
from config.database import connect, migrate
from config.household_form import Known
from config.kits import shipped
from config.settings import Settings
from tests.households import csv_of

HOUSEHOLDS = 5000


def measure(folder: Path, url: str = "") -> float:
    """Return the seconds from the file's bytes to the last row, into an empty database.

    Without a URL it is SQLite's, in a file.
    """
    settings = Settings(data=folder, database_url=url)
    migrate(settings.database)
    database = connect(settings.database)
    vault = keys.open_vault(settings, database)
    with database.begin() as connection:
        account = people.write_account(
            connection, email="bench@example.org", name="Bench", password_hash="", now_us=0
        )
    data = csv_of(HOUSEHOLDS)
    began = time.perf_counter()
    rows = household_form.read_csv(data, "bench.csv")
    day = date(2026, 3, 3)
    wishes, wrong = household_form.read_rows(rows, day, shipped(), Known())
    assert not wrong
    told = [(where, wish) for (where, _), wish in zip(rows, wishes, strict=True)]
    with database.connect() as connection:
        revision = registry.revision(connection)
    enrol_all(
        database, vault, "fenbridge", told, "0" * 64,
        by=account.id, now_us=0, done=0, revision=revision, show=lambda _: None,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    with database.connect() as connection:
        query = select(func.count()).select_from(tables.homes)
        assert connection.execute(query).scalar() == HOUSEHOLDS
    database.dispose()
    return seconds
