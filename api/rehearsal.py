"""A rehearsal: what other settings would have alerted in a place's own past. Nothing is sent."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from alerts.alert import Priority
from alerts.bill import Bill, Rates, bill
from alerts.detect.columns import DAY_US
from alerts.difference import Changes, compare, is_identical
from alerts.modes import Mode
from alerts.past import Alerts, Past, kept, read_alerts, read_past
from alerts.past_readings import Read, of_homes
from alerts.perfect import perfect
from alerts.rehearsals import Candidate, Failure
from alerts.rehearse import Change, Gap, Places, as_it_was, rehearse
from api import console, exporting, stores, wiring
from api.candidate import read_candidate, settings_of
from api.delivery import Delivery
from api.exits import CommandFailed
from config.homes import HomeState
from config.places import Place
from config.problems import ConfigProblem
from config.settings import Costs, Settings
from ingest.clock import SystemClock, instant, microseconds
from ingest.sink import Store
from ingest.store.ahead import WORTH, Ahead
from ingest.store.pieces import NO_HOME, StoreDamaged


@dataclass(frozen=True, slots=True)
class Request:
    """What to rehearse; a file that is None stands for the settings of the time.

    ``start_us`` and ``stop_us`` bound the moment raised. ``warm_up_days`` are learned from
    before; None is all that is kept. ``tried`` are settings that were typed on a page instead of
    a file, and change what they name only. ``homes`` (ids) are told of, or all; the whole place
    is rehearsed either way, because an outage is told from many homes.
    """

    place: str
    start_us: int
    stop_us: int
    candidate: Path | None = None
    against: Path | None = None
    delivery: Delivery = Delivery.RECEIVED
    warm_up_days: float | None = None
    tried: Candidate | None = None
    homes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of it. ``happened`` is what is in the ledger.

    ``is_identical`` says whether the settings of the time gave just that, None where they were
    not rehearsed as received.
    """

    request: Request
    before: Alerts
    after: Alerts
    happened: Alerts
    is_identical: bool | None
    changes: Changes
    bills: tuple[Bill, Bill]
    settings: Mapping[str, tuple[object, object]]
    """By name, what differs: before and after."""

    learned_from_us: int
    gaps: Sequence[Gap]
    other_code: int
    """Steps of the log that another version of the code decided."""

    watched: int
    """Homes that were told of at the end of the range."""

    @property
    def days(self) -> float:
        """Length of the range."""
        return (self.request.stop_us - self.request.start_us) / DAY_US


class PastMissing(CommandFailed):
    """Something of the past is not there to be rehearsed: ``failure`` says what."""

    def __init__(self, failure: Failure, said: str) -> None:
        super().__init__(f"rehearse: {said}")
        self.failure = failure


class OutsidePast(ConfigProblem):
    """The range reaches beyond what is kept."""


def rehearse_place(
    settings: Settings,
    request: Request,
    *,
    actor: str = console.ACTOR,
    on_progress: Callable[[float], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Rehearsed:
    """Return what the settings would have alerted, and what they are held against.

    ``actor`` is who asks, for the audit log. ConfigProblem says what is wrong with the request,
    CommandFailed what is missing of the past; Cancelled passes through.
    """
    place = _place(settings, request)
    changes = [_change(request.against, place), _change(request.candidate, place)]
    modes = {}
    if request.tried is not None:
        changes[1] = partial(_tried, request.place, request.tried)
        modes = {key: Mode(mode) for key, mode in request.tried.modes.items()}
    database = wiring.open_database(settings)
    exporting.note(
        database,
        place.key,
        "rehearsal",
        microseconds(SystemClock().now()),
        actor=actor,
        from_us=request.start_us,
        to_us=request.stop_us,
    )
    store = stores.open_to_read(settings)
    ahead = ExitStack()
    try:
        with database.connect() as connection:
            past = _past(connection, store, request, partial(_reader, settings, store, ahead))
            happened = read_alerts(connection, place.key, request.start_us, request.stop_us)
        if request.delivery is Delivery.ORDERED:
            past = perfect(past)
        runs = list(dict.fromkeys(changes))
        made = rehearse(
            past,
            runs,
            modes=[{}, modes] if modes else [],
            on_progress=on_progress,
            is_cancelled=is_cancelled,
        )
    except StoreDamaged as problem:
        raise PastMissing(Failure.STORE_DAMAGED, str(problem)) from problem
    finally:
        ahead.close()
        store.close()
    before, after, happened = (
        _of(request.homes, one)
        for one in (
            made[0].alerts(request.start_us, request.stop_us),
            made[-1].alerts(request.start_us, request.stop_us),
            happened,
        )
    )
    is_checked = request.against is None and request.delivery is Delivery.RECEIVED
    days = (request.stop_us - request.start_us) / DAY_US
    rates = rates_of(settings.costs)
    return Rehearsed(
        request=request,
        before=before,
        after=after,
        happened=happened,
        is_identical=is_identical(before, happened) if is_checked else None,
        changes=compare(before, after),
        bills=(bill(before, days, rates), bill(after, days, rates)),
        settings=_differing(past, changes, place.key, modes),
        learned_from_us=past.rows[0].before_us if past.is_even else past.rows[0].now_us,
        gaps=made[-1].gaps,
        other_code=_other_code(past),
        watched=len(request.homes) or _watched(past),
    )


def rates_of(costs: Costs) -> Rates:
    """Return what alerts cost by the settings."""
    minutes = (costs.minutes_p1, costs.minutes_p2, costs.minutes_p3, costs.minutes_t)
    names = [priority.value for priority in Priority]
    return Rates(dict(zip(names, minutes, strict=True)), costs.sms_pence, costs.sms_free_a_year)


def _place(settings: Settings, request: Request) -> Place:
    places = wiring.places(settings)
    if request.place not in places:
        raise ConfigProblem(
            f"rehearse: there is no place {request.place!r}, expected one of {', '.join(places)}"
        )
    if request.start_us >= request.stop_us:
        raise ConfigProblem("rehearse: --from is not before --to; swap them")
    return places[request.place]


def _change(file: Path | None, place: Place) -> Change:
    if file is None:
        return as_it_was
    return partial(_with, read_candidate(file, place, command="rehearse"))


def _with(candidate: Place, places: Places) -> Places:
    """Return the places of the time, one of them with the limits that somebody considers."""
    then = places.get(candidate.key, candidate)
    limits = {"limits": candidate.limits, "detectors": candidate.detectors}
    return {**places, candidate.key: then.model_copy(update=limits)}


def _tried(key: str, tried: Candidate, places: Places) -> Places:
    """Return the places of the time, one of them with the numbers that somebody typed."""
    then = places.get(key)
    if then is None:
        return places
    changed: dict[str, object] = {
        "limits": then.limits.model_copy(update=dict(tried.limits)),
        "detectors": {**then.detectors, **tried.detectors},
    }
    if tried.alert_budget is not None:
        changed["alert_budget"] = tried.alert_budget
    return {**places, key: then.model_copy(update=changed)}


def _of(homes: Sequence[str], found: Alerts) -> Alerts:
    return found.take(np.isin(found.subject, homes)) if homes else found


def _watched(past: Past) -> int:
    table = past.tables[past.rows[-1].revision]
    return sum(
        home.place == past.place and home.state is HomeState.ACTIVE for home in table.homes.values()
    )


def _past(
    connection: Connection,
    store: Store,
    request: Request,
    reader: Callable[[Sequence[int], float], Read],
) -> Past:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    span = kept(connection)
    if span is None:
        raise PastMissing(
            Failure.NOTHING_KEPT,
            "nothing is kept of what the engine has done; run `stillwell worker` with this "
            "version, and rehearse what it has seen",
        )
    first_us, last_us = span
    if request.start_us < first_us or request.stop_us > last_us:
        raise OutsidePast(
            f"rehearse: what is kept reaches from {moment(first_us)} to {moment(last_us)}; choose "
            "--from and --to within it"
        )
    days = (last_us - first_us) / DAY_US
    past = read_past(connection, request.place, request.stop_us, lambda homes: reader(homes, days))
    need = max(row.position for row in past.rows)
    if store.position() < need:
        raise PastMissing(
            Failure.STORE_BEHIND,
            f"the store has taken journal rows up to {store.position()}, the engine had read "
            f"{need}; wait until `stillwell check` says that the store is up to date",
        )
    return _warmed(past, request)


def _reader(
    settings: Settings, store: Store, ahead: ExitStack, homes: Sequence[int], days: float
) -> Read:
    """Return what reads the past of these homes; a process of its own where that is much."""
    if settings.store.kind != "embedded" or len(homes) * days < WORTH:
        return of_homes(store, homes)
    reads = Ahead(stores.file_of(settings), (*homes, NO_HOME))
    ahead.callback(reads.close)
    return reads


def _warmed(past: Past, request: Request) -> Past:
    if request.warm_up_days is None:
        return past
    from_us = request.start_us - int(request.warm_up_days * DAY_US)
    rows = [row for row in past.rows if row.now_us >= from_us]
    return replace(past, rows=rows)


def moment(us: int) -> str:
    """Return a moment of UTC as the options take it."""
    return f"{instant(us).astype('datetime64[s]')}Z"


def _differing(
    past: Past, changes: Sequence[Change], place: str, modes: Mapping[str, Mode]
) -> Mapping[str, tuple[object, object]]:
    """Return the settings that differ at the end of the range; modes as ``modes.KEY``."""
    version = past.versions[past.rows[-1].settings]
    before, after = (settings_of(change(version.places)[place]) for change in changes)
    found = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    then = {
        switch["detector"]: switch["mode"]
        for switch in past.switches
        if switch["place"] == place and switch["id"] <= past.rows[-1].modes
    }
    for key, mode in modes.items():
        if then.get(key, Mode.SHADOW.value) != mode.value:
            found[f"modes.{key}"] = then.get(key, Mode.SHADOW.value), mode.value
    return found


def _other_code(past: Past) -> int:
    code = wiring.code()
    return sum(past.versions[row.settings].code != code for row in past.rows)
