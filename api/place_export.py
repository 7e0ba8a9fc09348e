"""``stillwell place export``: everything of a place as CSV and Parquet, for whoever comes next."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import JSON, Connection, RowMapping, Table, select
from sqlalchemy.types import BigInteger, Boolean, Float, Integer

from api import exporting, place_rows, sealed_rows, stores, wiring
from api.exits import CommandFailed
from api.place_files import known_place
from api.store_copy import WINDOW_DAYS, windows
from config import keys, registry
from config import tables as registry_tables
from config.database import revision, steady
from config.problems import ConfigProblem
from config.sensor_table import SensorTable
from config.settings import Settings
from ingest.batch import Batch
from ingest.clock import SystemClock, microseconds
from ingest.sink import Store

MANIFEST: Final = "export.json"
FORMULA: Final = ("=", "+", "-", "@", "'", "\t", "\r")
"""Text that begins so gets a ``'`` before it in CSV, so that no spreadsheet runs it."""

ACCOUNT_COLUMNS: Final = ("id", "email", "name", "created_us")
Tell = Callable[[str], None]


def arrow() -> Any:  # noqa: ANN401  # pyarrow is untyped
    """Return pyarrow; CommandFailed says how to install it."""
    try:
        import pyarrow as pa
        import pyarrow.csv
        import pyarrow.parquet
    except ModuleNotFoundError as problem:
        raise CommandFailed(
            "place: Parquet needs pyarrow, which is not installed: "
            "python -m pip install 'stillwell[parquet]'"
        ) from problem
    return pa


def export(settings: Settings, place: str, folder: Path, *, tell: Tell) -> None:
    """Write tables, readings, place file and a manifest into a new folder."""
    pa = arrow()
    known_place(place, settings)
    if folder.exists() and any(folder.iterdir()):
        raise ConfigProblem(f"export: {folder} is not empty, expected a new folder")
    (folder / "tables").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    for file in settings.places.glob(f"{place}.*"):
        shutil.copyfile(file, folder / file.name)
    if logo := wiring.places(settings)[place].logo:
        shutil.copyfile(settings.places / logo, folder / logo)
    database = wiring.open_database(settings)
    exporting.note(database, place, "place", microseconds(SystemClock().now()))
    with steady(database) as connection:
        vault = keys.open_vault(settings, database)
        counts = {
            name: _write(pa, folder, table, sealed_rows.opened(vault, name, rows))
            for name, table, rows in _tables(connection, place)
        }
        table = registry.load(connection)
    have, _ = revision(database)
    database.dispose()
    store = stores.open_to_read(settings)
    try:
        readings = _write_readings(pa, folder, place, table, store, settings)
    finally:
        store.close()
    said = {
        "place": place,
        "taken_us": microseconds(SystemClock().now()),
        "revision": have,
        "rows": counts,
        "readings": readings,
        "files": hashes(folder),
    }
    (folder / MANIFEST).write_text(json.dumps(said, indent=1), "utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for name, count in counts.items():
        tell(f"{count:>10,} rows of {name}")
    tell(f"{readings:>10,} readings")
    tell(f"written to {folder}; it holds personal data")


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file but the manifest."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[str(path.relative_to(folder))] = digest
    return found


def _tables(
    connection: Connection, place: str
) -> Sequence[tuple[str, Table, Sequence[RowMapping]]]:
    accounts, grants = registry_tables.accounts, registry_tables.grants
    query = select(*(accounts.c[name] for name in ACCOUNT_COLUMNS)).where(
        accounts.c.id.in_(select(grants.c.account).where(grants.c.place == place))
    )
    people = connection.execute(query.order_by(accounts.c.id)).mappings().all()
    found: list[tuple[str, Table, Sequence[RowMapping]]] = [("accounts", accounts, people)]
    for table, mine in place_rows.rows_of(place):
        rows = connection.execute(select(table).where(mine).order_by(*table.primary_key))
        found.append((table.name, table, rows.mappings().all()))
    return found


def _write(pa: Any, folder: Path, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:  # noqa: ANN401
    names = ACCOUNT_COLUMNS if table.name == "accounts" else tuple(table.c.keys())
    fields = [pa.field(name, _type(pa, table.c[name].type)) for name in names]
    columns = {
        name: [_plain(row[name], is_json=isinstance(table.c[name].type, JSON)) for row in rows]
        for name in names
    }
    made = pa.table(columns, schema=pa.schema(fields))
    pa.parquet.write_table(made, folder / "tables" / f"{table.name}.parquet")
    pa.csv.write_csv(_harmless(pa, made), folder / "tables" / f"{table.name}.csv")
    return len(rows)


def _type(pa: Any, kind: object) -> Any:  # noqa: ANN401
    if isinstance(kind, Boolean):
        return pa.bool_()
    if isinstance(kind, Integer | BigInteger):
        return pa.int64()
    return pa.float64() if isinstance(kind, Float) else pa.string()


def _plain(value: object, *, is_json: bool) -> object:
    return json.dumps(value, ensure_ascii=False) if is_json and value is not None else value


def _harmless(pa: Any, table: Any) -> Any:  # noqa: ANN401
    for number, field in enumerate(table.schema):
        if field.type == pa.string():
            texts = table.column(number).to_pylist()
            safe = [f"'{t}" if t and t.startswith(FORMULA) else t for t in texts]
            table = table.set_column(number, field, pa.array(safe, pa.string()))
    return table


def _write_readings(
    pa: Any,  # noqa: ANN401
    folder: Path,
    place: str,
    table: SensorTable,
    store: Store,
    settings: Settings,
) -> int:
    kept = wiring.places(settings)[place].retention_days
    now = SystemClock().now()
    spans = list(windows(now - np.timedelta64(kept + WINDOW_DAYS, "D"), now))
    schema = pa.schema(
        [
            ("home", pa.string()),
            ("sensor", pa.string()),
            ("time", pa.timestamp("us", "UTC")),
            ("value", pa.float64()),
            ("received", pa.timestamp("us", "UTC")),
        ]
    )
    known = {**table.sensors, **table.ended}
    ids = np.array([known[n].id if n in known else "" for n in range(len(table.sensor_home))])
    count = 0
    with (
        pa.parquet.ParquetWriter(folder / "readings.parquet", schema) as columns,
        pa.csv.CSVWriter(folder / "readings.csv", schema) as lines,
    ):
        for number, home in sorted(table.homes.items()):
            if home.place != place:
                continue
            for start, stop in spans:
                batch = store.read(number, start, stop)
                if len(batch):
                    part = _part(pa, schema, home.id, ids, batch)
                    columns.write_table(part)
                    lines.write_table(part)
                    count += len(batch)
    return count


def _part(pa: Any, schema: Any, home: str, ids: np.ndarray[Any, Any], batch: Batch) -> Any:  # noqa: ANN401
    return pa.table(
        {
            "home": pa.array(np.full(len(batch), home), pa.string()),
            "sensor": pa.array(ids[batch.sensor], pa.string()),
            "time": pa.array(batch.time.astype("datetime64[us]"), pa.timestamp("us", "UTC")),
            "value": pa.array(batch.value),
            "received": pa.array(
                batch.received.astype("datetime64[us]"), pa.timestamp("us", "UTC")
            ),
        },
        schema=schema,
    )
