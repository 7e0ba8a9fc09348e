"""What ``stillwell store`` does to one store."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from alerts import forgetting
from api import console, expiring, health, stores, wiring
from api.exits import CommandFailed
from api.expiring import Expiring
from config import audit, holds, registry
from config.places import Place
from config.problems import ConfigProblem
from config.sensor_table import SensorTable
from config.settings import Settings
from ingest.clock import Instant, SystemClock, microseconds
from ingest.sink import CannotDo, Store, StoreBusy, StoreDown
from ingest.store.embedded import EmbeddedStore
from ingest.store.pieces import StoreDamaged

OPEN_DAYS = np.timedelta64(2, "D")
"""A day is packed for good once its lateness window has closed."""

Tell = Callable[[str], None]


@contextmanager
def writing(settings: Settings, on_refused: stores.OnRefused = lambda _: None) -> Iterator[Store]:
    """Open the store to write; whatever it raises is told in a sentence."""
    store = stores.open_to_write(settings, on_refused)
    try:
        yield store
    except (CannotDo, StoreBusy, StoreDown, StoreDamaged, sqlite3.Error) as problem:
        raise CommandFailed(f"store: {str(problem).removeprefix('store: ')}") from problem
    finally:
        store.close()


def roster(settings: Settings) -> SensorTable:
    """Return the enrolled homes."""
    with wiring.open_database(settings).connect() as connection:
        return registry.load(connection)


def erase(settings: Settings, home: str, *, tell: Tell) -> None:
    """Erase one home; ConfigProblem when nobody knows it."""
    known = next((one for one in roster(settings).homes.values() if one.id == home), None)
    if known is None:
        raise ConfigProblem(f"store: there is no home {home!r}; its id stands on its page")
    with wiring.open_database(settings).begin() as connection:
        holds.expect_free(connection, known.number)
        console.note(connection, known.place, "erase-readings", f"home:{home}")
    with writing(settings) as store:
        gone = store.erase(known.number)
    tell(forget(settings, [known.number]))
    how_many = f"{gone:,} readings" if gone else "all readings that there were"
    tell(
        f"{home}: {how_many} erased; the journal forgets the last {settings.journal.keep_days:g}"
        " days of them by itself"
    )


def forget(settings: Settings, homes: Sequence[int]) -> str:
    """Let the engine forget what it learned of these homes; return when it will have, in words."""
    table, checkpoint = roster(settings), wiring.files(settings).checkpoint
    erased = forgetting.Erased(
        homes,
        table.numbers_of(homes),
        [n for n, gateway in table.gateways.items() if gateway.home in homes],
    )
    forgetting.wish(checkpoint, erased)
    with wiring.open_database(settings).connect() as connection:
        worker = health.beats(connection).get(health.WORKER)
    if health.liveness(worker, microseconds(SystemClock().now())).is_live:
        return f"the running worker forgets what is usual there within {_until(settings)}"
    forgetting.forget(checkpoint)
    return "what was learned to be usual there is forgotten"


def _until(settings: Settings) -> str:
    return f"{2 * settings.engine.checkpoint_s} s"


def retention(settings: Settings, *, is_dry_run: bool, tell: Tell) -> None:
    """End what places keep no longer, to its end, or tell what would end."""
    places, table, now = wiring.places(settings), roster(settings), SystemClock().now()
    database = wiring.open_database(settings)
    gone: Counter[str] = Counter()
    with writing(settings) as store:
        for sentence in store.limits():
            tell(f"{settings.store.kind} {sentence}")
        every = expiring.build(settings, places, store, lambda: table, database)
        if is_dry_run:
            _tell_due(places, every, now, tell)
            return
        for name, part in every.parts.items():
            while count := part.step(now):
                gone[name] += count
    with database.begin() as connection:
        detail = {name: gone[name] for name in every.parts}
        console.note(connection, audit.INSTALLATION, "retention", "store", **detail)
    tell(f"{gone['readings']:,} readings were older than their place keeps them")
    tell(
        f"{gone['alerts']:,} alerts, findings and changes were over longer than their place keeps "
        "them"
    )
    tell(f"{gone['homes']:,} rows of homes that had ended for as long as their place keeps them")
    tell(f"{gone['audit']:,} rows of the audit log were older than their place keeps them")
    _meet_wish(settings)


def _meet_wish(settings: Settings) -> None:
    """Let the engine forget what it learned of homes that are gone, where no worker will."""
    checkpoint = wiring.files(settings).checkpoint
    with wiring.open_database(settings).connect() as connection:
        worker = health.beats(connection).get(health.WORKER)
    is_live = health.liveness(worker, microseconds(SystemClock().now())).is_live
    if forgetting.is_wished(checkpoint) and not is_live:
        forgetting.forget(checkpoint)


def _tell_due(places: Mapping[str, Place], every: Expiring, now: Instant, tell: Tell) -> None:
    readings, alerts = every.readings.would_go(now), every.alerts.would_go(now)
    for key, count in readings.items():
        days = places[key].retention_days if key in places else 0
        kept = f"older than {days} days" if days else "of no home"
        tell(f"{key}: {count:,} readings {kept} would go")
    for key, counts in alerts.items():
        for name, count in counts.items():
            days = places[key].alert_days
            tell(f"{key}: {count:,} {name.replace('_', ' ')} over for {days} days would go")
    for key, counts in every.homes.would_go(now).items():
        for name, count in sorted(counts.items()):
            tell(f"{key}: {count:,} {name.replace('_', ' ')} of homes that have ended would go")
    for key, count in every.log.would_go(now).items():
        if count:
            tell(f"{key}: {count:,} rows of the audit log would go")


def compact(settings: Settings, *, tell: Tell) -> None:
    """Pack all days that are over."""
    packed = 0
    with writing(settings) as store:
        if not isinstance(store, EmbeddedStore):
            tell(f"{settings.store.kind} packs by itself")
            return
        store.fold()
        while done := store.finish_days(SystemClock().now() - OPEN_DAYS):
            packed += done
    tell(f"{packed:,} days of homes packed")
