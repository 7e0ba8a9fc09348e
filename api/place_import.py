"""``stillwell place import``: what ``place export`` wrote, into another installation."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import JSON, Connection, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from api import place_rows, sealed_rows, wiring
from api.exits import CommandFailed
from api.place_export import MANIFEST, arrow, hashes
from api.place_files import known_place
from api.store_work import writing
from config import audit, keys, registry
from config import tables as registry_tables
from config.audit import Entry
from config.database import revision
from config.problems import ConfigProblem
from config.sensor_table import SensorTable
from config.settings import Settings
from config.vault import Vault
from ingest.batch import Batch
from ingest.clock import SystemClock, microseconds
from ingest.message import Reject
from ingest.sink import Entry as StoreEntry

_NO_PASSWORD: Final = ""
"""No password belongs to it: whoever is imported is invited anew."""

Tell = Callable[[str], None]


def import_place(settings: Settings, folder: Path, *, tell: Tell) -> None:
    """Put a place into this installation, all or nothing; readings can be gone on with."""
    pa = arrow()
    said = _manifest(folder)
    place = known_place(said["place"], settings)
    database = wiring.open_database(settings)
    have, _ = revision(database)
    if have != said["revision"]:
        raise ConfigProblem(
            f"import: it was written at revision {said['revision']}, this is {have}: "
            "export it with this version"
        )
    try:
        with database.begin() as connection:
            if not _is_there(connection, pa, folder, place):
                vault = keys.open_vault(settings, database)
                _put(connection, vault, pa, folder, said, place)
            table = registry.load(connection)
    except IntegrityError as problem:
        raise ConfigProblem(
            "import: an id of it is in use here already; nothing was saved"
        ) from problem
    database.dispose()
    readings = _put_readings(settings, pa, folder, table)
    if readings != said["readings"]:
        raise CommandFailed(
            f"import: {said['readings']:,} readings were exported, {readings:,} came"
        )
    for name, count in said["rows"].items():
        tell(f"{count:>10,} rows of {name}")
    tell(f"{readings:>10,} readings")
    tell(f"{place} is here, with the counts that were exported; its people must be invited")


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        wrong = [name for name, digest in said["files"].items() if hashes(folder)[name] != digest]
    except (OSError, ValueError, KeyError) as problem:
        raise ConfigProblem(
            f"import: {folder} is not a whole export, expected what `stillwell place export` wrote"
        ) from problem
    if wrong:
        raise CommandFailed(f"import: {', '.join(wrong)} is not what was exported")
    return said


def _read(pa: Any, folder: Path, table: Table) -> list[dict[str, Any]]:  # noqa: ANN401
    path = folder / "tables" / f"{table.name}.parquet"
    rows: list[dict[str, Any]] = pa.parquet.read_table(path).to_pylist() if path.exists() else []
    for column in table.c:
        if isinstance(column.type, JSON):
            for row in rows:
                row[column.name] = (
                    None if row[column.name] is None else json.loads(row[column.name])
                )
    return rows


def _is_there(connection: Connection, pa: Any, folder: Path, place: str) -> bool:  # noqa: ANN401
    """Return whether its rows are here, so that only readings are missing."""
    h = registry_tables.homes
    here = set(connection.execute(select(h.c.id).where(h.c.place == place)).scalars())
    if here and here != {row["id"] for row in _read(pa, folder, h)}:
        raise ConfigProblem(f"import: {place} has other homes here already")
    a = registry_tables.audit.c
    if not here and connection.execute(select(a.seq).where(a.place == place)).first():
        raise ConfigProblem(f"import: {place} has an audit log here already")
    return bool(here)


def _put(
    connection: Connection,
    vault: Vault,
    pa: Any,  # noqa: ANN401
    folder: Path,
    said: Mapping[str, Any],
    place: str,
) -> None:
    known: dict[str, dict[object, object]] = {"accounts": _put_accounts(connection, pa, folder)}
    for table in place_rows.tables_of_a_place():
        rows = sealed_rows.sealed(vault, place, table.name, _read(pa, folder, table))
        known[table.name] = _put_rows(connection, table, rows, known)
    registry.bump(connection)
    now_us = microseconds(SystemClock().now())
    entry = Entry(audit.INSTALLATION, now_us, "import", "setting", f"place:{place}", {})
    audit.append(connection, entry)
    wrong = []
    for table, mine in place_rows.rows_of(place):
        count = connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
        if count != said["rows"].get(table.name, 0):
            wrong.append(f"{table.name} has {count} rows, {said['rows'].get(table.name)} exported")
    wrong += [f"{f.place}: {f.what}" for f in audit.verify(connection) if f.place == place]
    if wrong:
        raise CommandFailed("import: nothing was saved: " + "; ".join(wrong))


def _put_accounts(connection: Connection, pa: Any, folder: Path) -> dict[object, object]:  # noqa: ANN401
    accounts, known = registry_tables.accounts, dict[object, object]()
    for row in _read(pa, folder, accounts):
        query = select(accounts.c.id).where(accounts.c.email == row["email"])
        here = connection.execute(query).scalar()
        if here is None:
            connection.execute(insert(accounts).values(**row, password_hash=_NO_PASSWORD))
        known[row["id"]] = here or row["id"]
    return known


def _put_rows(
    connection: Connection,
    table: Table,
    rows: list[dict[str, Any]],
    known: Mapping[str, Mapping[object, object]],
) -> dict[object, object]:
    """Insert the rows with new numbers; return the new number of each old one."""
    numbered = table.autoincrement_column
    is_numbered = numbered is not None and not numbered.foreign_keys
    keys = [(key.parent.name, known.get(key.column.table.name, {})) for key in table.foreign_keys]
    new: dict[object, object] = {}
    for row in rows:
        for name, numbers in keys:
            row[name] = numbers.get(row[name], row[name])
        if is_numbered and numbered is not None:
            old = row.pop(numbered.name)
            made = connection.execute(insert(table).values(row)).inserted_primary_key
            new[old] = None if made is None else made[0]
    if rows and not is_numbered:
        connection.execute(insert(table), rows)
    return new


def _put_readings(settings: Settings, pa: Any, folder: Path, table: SensorTable) -> int:  # noqa: ANN401
    numbers = {s.id: s.number for s in (*table.sensors.values(), *table.ended.values())}
    refused: list[Reject] = []
    count = 0
    with writing(settings, refused.extend) as store:
        source = pa.parquet.ParquetFile(folder / "readings.parquet")
        for group in range(source.num_row_groups):
            batch = _batch(source.read_row_group(group), numbers)
            store.append([StoreEntry(0, batch, ())], table.sensor_home)
            count += len(batch)
        source.close()
    return count - len(refused)


def _batch(part: Any, numbers: Mapping[str, int]) -> Batch:  # noqa: ANN401
    sensors = part.column("sensor").combine_chunks().dictionary_encode()
    of = np.array([numbers[id_] for id_ in sensors.dictionary.to_pylist()], np.int32)

    def times(name: str) -> Any:  # noqa: ANN401
        column = part.column(name).combine_chunks()
        return column.to_numpy(zero_copy_only=False).astype("datetime64[us]")

    return Batch(
        of[sensors.indices.to_numpy()],
        times("time"),
        part.column("value").to_numpy(),
        times("received"),
    )
