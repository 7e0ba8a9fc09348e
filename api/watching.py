"""``stillwell watch``: is anybody still told? A process of its own, which looks from outside.

It sends test alarms through the whole way and looks for them at the other end, asks the web
process for them as a browser would, and reads what ladder and outbox should have done by now.
Only when nothing is late does it send the outside heartbeat; otherwise it says what is late, by
e-mail and to the same outside address, with means of its own. It decides nothing itself.
"""

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from alerts import auditor, proof
from alerts.ledger import Ledger
from api import health
from api.watch_mail import Mailing
from config import canary
from config.canary import Canary
from config.settings import Watch
from ingest.clock import Clock, microseconds

_log = structlog.get_logger(__name__)

ANSWER_S: Final = 5.0
"""How long the web process, or the outside address, may take to answer."""

STORED_US: Final = 600_000_000
"""How far the store may be behind what was proven (10 minutes)."""

_SECOND_US: Final = 1_000_000
_PENDING: Final = 5


@dataclass(frozen=True, slots=True)
class Late:
    """Something that is not as it should be; ``place`` is empty where it concerns all of them.

    ``key`` stays the same while it lasts.
    """

    key: str
    what: str
    place: str = ""


@dataclass(slots=True)
class Path:
    """What is known of the way of one place's test alarms; times are us by the wall."""

    canary: Canary
    since_us: int
    pending: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_PENDING))
    proven_us: int = 0
    took_s: float = 0.0
    stored_us: int = 0
    problem: str = ""


class Watching:
    """One round after another; ``ask`` gets an address and returns (status, JSON)."""

    def __init__(
        self,
        settings: Watch,
        database: Engine,
        broker: proof.Broker,
        mailing: Mailing,
        clock: Clock,
        *,
        ask: "Callable[[str], tuple[int, Mapping[str, object]]] | None" = None,
    ) -> None:
        self._settings, self._database, self._broker = settings, database, broker
        self._mailing, self._clock, self._ask = mailing, clock, ask or get
        self._ledger = Ledger(database)
        self._paths: dict[str, Path] = {}
        self._turn = threading.Lock()
        self._pinged_s = float("-inf")
        self.outside = "not set"
        """What became of the last outside heartbeat."""

    def run(self, stop: threading.Event) -> None:
        """Look and tell until told to stop; no failure ends it."""
        threads = [
            threading.Thread(target=work, args=(stop,), daemon=True, name=name)
            for name, work in (("canary", self._publish_on), ("mail", self._mailing.run))
        ]
        for thread in threads:
            thread.start()
        while not stop.is_set():
            try:
                self.round()
            except Exception:  # noqa: BLE001  # whoever watches must go on
                _log.exception("watch_failed")
            stop.wait(self._settings.every_s)

    def round(self) -> list[Late]:
        """Look once, tell what is late, and only without any send the outside heartbeat."""
        now_us = microseconds(self._clock.now())
        late = self.look(now_us)
        late += self._write_beat(now_us, late)
        self._mailing.hear([(one.key, one.what) for one in late])
        self._ping(late)
        return late

    def publish(self) -> None:
        """Send one test alarm for each canary home."""
        at_us = microseconds(self._clock.now()) // 1000 * 1000
        with self._database.connect() as connection:
            canaries = canary.find(connection)
        with self._turn:
            known = {c.place: self._paths.get(c.place) or Path(c, at_us) for c in canaries}
            for one in canaries:
                known[one.place].canary = one
                known[one.place].pending.append((at_us, proof.alert_of(one, at_us)))
            self._paths = known
        problems = asyncio.run(proof.publish(self._broker, canaries, at_us))
        for place, path in known.items():
            path.problem = problems.get(place, "")

    def look(self, now_us: int) -> list[Late]:
        """Return everything that is late now."""
        late = list(self._look_at_web(now_us))
        try:
            with self._database.connect() as connection:
                worker = health.beats(connection).get(health.WORKER)
                found = auditor.overdue(connection, now_us)
                stranded = auditor.stranded(connection)
                stuck = auditor.stuck(connection, now_us)
                missing = canary.places_without(connection)
                late += self._look_at_paths(connection, now_us)
        except SQLAlchemyError as problem:
            return [*late, Late("database", f"The database cannot be read: {_name(problem)}.")]
        late += [Late(f"worker {reason[:24]}", reason) for reason in health.reasons(worker, now_us)]
        if worker is not None and not worker.is_live:
            late.append(Late("replay", "The worker replays the past: nobody is told of anything."))
        late += [_overdue(one) for one in (*found, *stranded)]
        late += [
            Late(
                f"outbox {one.channel}",
                f"{one.count} messages by {one.channel} wait to be sent, "
                f"{one.late_us // 60_000_000} minutes too long.",
            )
            for one in stuck
        ]
        return late + [
            Late(
                f"canary {place}",
                f"{place} has no canary home, so nothing is proven there: run `stillwell canary`.",
                place,
            )
            for place in missing
        ]

    def _look_at_web(self, now_us: int) -> list[Late]:
        """Ask the web process for what is pending; what it shows is proven."""
        base = self._settings.web_url.rstrip("/")
        with self._turn:
            paths = list(self._paths.values())
        try:
            status, _ = self._ask(f"{base}/health")
            if status != 200:  # HTTP
                return [Late("web", f"The web process answers {status} at /health.")]
            for path in paths:
                self._look_for(path, base, now_us)
        except OSError as problem:
            return [Late("web", f"The web process does not answer: {_name(problem)}.")]
        return []

    def _look_for(self, path: Path, base: str, now_us: int) -> None:
        for at_us, alert in reversed(path.pending.copy()):
            status, said = self._ask(f"{base}/proof/{alert}")
            if status != 200 or not said.get("is_sent"):  # HTTP
                continue
            if at_us > path.proven_us:
                path.took_s = round((now_us - at_us) / _SECOND_US, 1)
                path.proven_us = at_us
            if said.get("is_stored"):
                path.stored_us = at_us
                while path.pending and path.pending[0][0] <= at_us:
                    path.pending.popleft()
            return

    def _look_at_paths(self, connection: Connection, now_us: int) -> list[Late]:
        late = []
        with self._turn:
            paths = dict(self._paths)
        for place, path in paths.items():
            if path.problem:
                late.append(Late(f"publish {place}", f"{place}: {path.problem}.", place))
            last_us = max(path.proven_us, path.since_us)
            if now_us - last_us > self._settings.late_s * _SECOND_US:
                where = _where(connection, path)
                seconds = (now_us - last_us) // _SECOND_US
                what = f"{place}: no test alarm came through for {seconds} s; {where}."
                late.append(Late(f"path {place}", what, place))
            if path.proven_us - max(path.stored_us, path.since_us) > STORED_US:
                what = f"{place}: what sensors said has not been stored for ten minutes."
                late.append(Late(f"store {place}", what, place))
        return late

    def _write_beat(self, now_us: int, late: Sequence[Late]) -> list[Late]:
        with self._turn:
            proven = {place: path.proven_us for place, path in self._paths.items()}
            took = {place: path.took_s for place, path in self._paths.items()}
        state = {
            "proven_us": proven,
            "took_s": took,
            "late": [[one.place, one.what] for one in late],
            "late_after_s": self._settings.late_s,
            "outside": self.outside,
            "mail": self._mailing.problem or "as it should be",
        }
        try:
            self._ledger.beat(
                health.WATCH, beat_us=now_us, now=self._clock.now(), is_live=True, state=state
            )
        except SQLAlchemyError as problem:
            what = f"The database cannot be written: {_name(problem)}."
            return [Late("database-write", what)]
        return []

    def _ping(self, late: Sequence[Late]) -> None:
        """Send the outside heartbeat, or say there at once what is late (Healthchecks' /fail)."""
        url = self._settings.heartbeat_url
        if not url or time.monotonic() - self._pinged_s < self._settings.ping_s:
            return
        self._pinged_s = time.monotonic()
        body = "\n".join(one.what for one in late).encode()
        address = f"{url.rstrip('/')}/fail" if late else url
        try:
            post(address, body)
            self.outside = "held back" if late else "sent"
        except OSError as problem:
            self.outside = f"not taken: {_name(problem)}"
            _log.warning("heartbeat_failed", error=_name(problem))

    def _publish_on(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.publish()
            except Exception:  # noqa: BLE001  # what is not published is told as not proven
                _log.exception("canary_failed")
            stop.wait(self._settings.proof_s)


def _where(connection: Connection, path: Path) -> str:
    """Return how far the oldest of the pending test alarms came."""
    if not path.pending:
        return "none was published"
    at = proof.stage(connection, path.pending[0][1])
    if at.is_sent:
        return "they are sent, but the web process does not show them"
    if at.is_raised:
        return "they are raised, but the outbox does not send them"
    return "they are not raised: look at broker and worker"


def _overdue(one: auditor.Overdue) -> Late:
    if one.late_us is None:
        what = f"{one.place}: {one.count} open alerts have no next step on their ladder."
        return Late(f"stranded {one.place}", what, one.place)
    minutes = one.late_us // 60_000_000
    what = f"{one.place}: the next step of {one.count} alerts is up to {minutes} minutes late."
    return Late(f"overdue {one.place}", what, one.place)


def _name(problem: BaseException) -> str:
    """Return an error by name: what libraries say may hold addresses."""
    reason = getattr(problem, "reason", None)
    return type(reason if isinstance(reason, BaseException) else problem).__name__


def get(address: str) -> tuple[int, Mapping[str, object]]:
    """Return status and JSON of an answer; OSError when there is none in time."""
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_S) as answer:  # noqa: S310  # ours
            body: Mapping[str, object] = json.load(answer)
            return int(answer.status), body
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, {}
    except ValueError:
        return 200, {}


def post(address: str, body: bytes) -> None:
    """Post to the outside address; OSError when it does not take it in time."""
    request = urllib.request.Request(address, body, method="POST")  # noqa: S310  # a setting
    with urllib.request.urlopen(request, timeout=ANSWER_S):  # noqa: S310  # a setting
        pass
