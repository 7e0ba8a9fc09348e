"""Proves that nothing of an erased home is left: asks every store, and searches the raw files.

Rows, keys, readings and what was learned are asked for; then every file in the data folder is
searched for bytes of the home's readings, for what was said of it, and for ids of its sensors,
raw and unpacked. On a store server and on PostgreSQL, whose files may be elsewhere, it is asked
whether any value can be read. The home's own id and its gateways' stay in the audit chain, which
others check: they lead to nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import JSON, Connection, String, Text, cast, func, literal, or_, select

from alerts import forgetting
from alerts.checkpoint import CheckpointDamaged, read_checkpoint
from api import erasing, home_rows, stores, subject_readings, wiring
from api.erasing import Here
from api.erasure_record import Record, file_of
from api.exits import CommandFailed
from api.raw_search import Marks, search
from api.store_copy import AFTER_ALL, BEFORE_ALL
from api.table_copy import every_table
from ingest import journal_erasure
from ingest.sink import Store, StoreDown
from ingest.store.pieces import NO_HOME

KEPT_OUT: Final = ("master.key", "keys.db")
"""Files that hold random bytes only."""


@dataclass(slots=True)
class Proof:
    """What was searched, and what was found: empty ``found`` is the proof.

    ``files`` and ``bytes`` were searched raw; ``asked`` says what else was asked.
    """

    files: int = 0
    bytes: int = 0
    asked: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    is_in_database: bool = False

    @property
    def detail(self) -> dict[str, object]:
        """Return what the audit log keeps of it."""
        return {"files": self.files, "bytes": self.bytes, "asked": self.asked}


def prove(here: Here, record: Record, also: Sequence[Path] = ()) -> Proof:
    """Search everything, and these folders beside the data folder (of backups or exports)."""
    proof = Proof()
    with here.database.connect() as connection:
        proof.found += _rows(connection, record)
        proof.asked.append(f"{len(every_table())} tables: no row leads to the home")
        proof.found += _steps(connection, record)
        proof.found += _checkpoint(here, record)
        proof.asked.append("the engine's memory and its log: nothing of the home is known")
    if held := here.vault.keyring.find(list(record.subjects)):
        proof.found.append(f"{len(held)} keys are still there")
    proof.asked.append(f"{len(record.subjects)} keys: none is there")
    for settings in erasing.stores_of(here.settings):
        store = stores.open_to_read(settings)
        try:
            proof.found += [f"{settings.store.kind}: {what}" for what in _readings(store, record)]
        except StoreDown as problem:
            raise CommandFailed(f"subject: {problem}; run the same again") from problem
        finally:
            store.close()
        proof.asked.append(f"{settings.store.kind}: no value of the home can be read")
    left = journal_erasure.count(wiring.files(here.settings).journal, record.own)
    if not left.is_none:
        proof.found.append(f"the journal holds {left}")
    proof.asked.append("the journal: no reading, signal, dead letter or position")
    words = [word.encode() for word in record.words]
    marks = Marks([*(bytes.fromhex(m) for m in record.marks), *words])
    hits = _search(proof, here, record, marks, also)
    with here.database.connect() as connection:
        said = {word for held in hits.values() for word in held if word in words}
        others = _said_of_others(connection, [word.decode() for word in said])
    for path, hit in hits.items():
        if own := hit - {word.encode() for word in others}:
            proof.found.append(f"{path} holds {len(own)} of {len(marks.all)} marks of the home")
            proof.is_in_database |= _is_of_database(here, path)
    return proof


def _rows(connection: Connection, record: Record) -> Iterator[str]:
    for table, mine in home_rows.rules(record.home):
        if table.name not in erasing.STAYS:
            count = connection.execute(select(func.count()).select_from(table).where(mine)).scalar()
            if count:
                yield f"{count} rows of {table.name}"


def _steps(connection: Connection, record: Record) -> Iterator[str]:
    steps = forgetting.forget_steps(connection, record.erased, record.gateway_ids, is_dry_run=True)
    if steps:
        yield f"{steps} steps of the engine's log hold readings"


def _checkpoint(here: Here, record: Record) -> Iterator[str]:
    checkpoint = wiring.files(here.settings).checkpoint
    if forgetting.is_wished(checkpoint):
        yield "the engine's memory is still to forget the home"
    known = subject_readings.learned(
        checkpoint, record.home.number, record.sensors, record.gateways
    )
    if known:
        yield f"the engine's memory knows {', '.join(sorted(known))}"
    try:
        saved = read_checkpoint(checkpoint)
    except CheckpointDamaged:
        yield "the engine's memory is damaged: start the worker once, and run this again"
        return
    if saved is not None and set(saved.waiting.sensor.tolist()) & set(record.sensors):
        yield "the engine's memory holds readings that wait"


def _readings(store: Store, record: Record) -> Iterator[str]:
    count = len(store.read(record.home.number, BEFORE_ALL, AFTER_ALL))
    if count:
        yield f"{count:,} readings can be read"
    if newest := store.latest(record.sensors):
        yield f"the newest value of {len(newest)} sensors can be read"
    own = set(record.sensors)
    nobodys = store.read(NO_HOME, BEFORE_ALL, AFTER_ALL)
    if own & set(nobodys.sensor.tolist()):
        yield "readings of its sensors are kept as nobody's"


def _said_of_others(connection: Connection, words: Sequence[str]) -> frozenset[str]:
    """Return those words that rows of others hold too: finding them would prove nothing."""
    found: set[str] = set()
    for table in every_table():
        columns = [c for c in table.c if isinstance(c.type, String | Text | JSON)]
        for word in words:
            if word in found or not columns:
                continue
            held = [func.instr(cast(c, Text), literal(word)) > 0 for c in columns]
            if connection.dialect.name == "postgresql":
                held = [func.strpos(cast(c, Text), literal(word)) > 0 for c in columns]
            if connection.execute(select(literal(1)).where(
                select(literal(1)).select_from(table).where(or_(*held)).exists()
            )).first():  # fmt: skip
                found.add(word)
    return frozenset(found)


def _search(
    proof: Proof, here: Here, record: Record, marks: Marks, also: Sequence[Path]
) -> dict[Path, set[bytes]]:
    """Return the marks that each file holds."""
    own = file_of(here.settings.data, record.home.id)
    found: dict[Path, set[bytes]] = {}
    for path in _files([here.settings.data, *also], here.database.url.database or ""):
        if path == own or path.name in KEPT_OUT:
            continue
        try:
            hits, size = search(path, marks), path.stat().st_size
        except FileNotFoundError:
            continue  # a log of the moment
        proof.files += 1
        proof.bytes += size
        if hits:
            found[path] = hits
    return found


def _is_of_database(here: Here, path: Path) -> bool:
    file = Path(here.database.url.database or "-")
    return here.database.dialect.name == "sqlite" and path.name.startswith(file.name)


def _files(folders: Sequence[Path], database: str) -> list[Path]:
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    if database and Path(database).is_file():
        found |= {p for p in Path(database).parent.glob(f"{Path(database).name}*") if p.is_file()}
    return sorted(found)
