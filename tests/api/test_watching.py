"""The watch: what it looks at, and that it calls outside only while nothing is late."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from alerts import proof
from alerts.alert import AlertKind
from alerts.ledger import Ledger
from alerts.notify.nobody import Nobody
from alerts.notify.outbox import Outbox
from api import health
from api.watch_mail import Mailing
from api.watch_process import enrol_canaries
from api.watching import Watching
from config import canary, registry
from config.database import connect, migrate
from config.registry import enrol
from config.settings import Settings, Watch
from ingest.clock import VirtualClock, instant, microseconds
from tests.alerts.listening import Listener, listening
from tests.alerts.test_ledger import finding
from tests.alerts.test_proof import raise_test
from tests.alerts.world import MINUTE, START
from tests.make import enrolment

SECOND = 1_000_000


class Watched:
    """A database, a canary, and a web process that is asked by a function call."""

    def __init__(self, folder: Path, outside: str) -> None:
        settings = Settings(data=folder, watch=Watch(credentials=folder / "canaries.json"))
        migrate(settings.database)
        self.database = connect(settings.database)
        with self.database.begin() as connection:
            enrol(connection, enrolment(1), now_us=0)
        self.told: list[str] = []
        enrol_canaries(settings, tell=self.told.append)
        with self.database.connect() as connection:
            (self.canary,) = canary.find(connection)
        self.clock = VirtualClock(instant(START))
        self.is_web_up, self.published = True, list[int]()
        self.letters: list[str] = []
        watch = Watch(heartbeat_url=outside, ping_s=1)
        self.watching = Watching(
            watch, self.database, proof.Broker("127.0.0.1", 9, {}),
            Mailing(lambda subject, _: self.letters.append(subject)), self.clock, ask=self.ask,
        )  # fmt: skip
        self.beat()

    def ask(self, address: str) -> tuple[int, Mapping[str, object]]:
        if not self.is_web_up:
            raise TimeoutError
        if address.endswith("/health"):
            return 200, {}
        with self.database.connect() as connection:
            stage = proof.stage(connection, address.rpartition("/")[2])
        return (
            (200, {"is_sent": stage.is_sent, "is_stored": True}) if stage.is_raised else (404, {})
        )

    def beat(self, **state: object) -> None:
        said = {"is_connected": True, "problem": "", **state}
        now = self.clock.now()
        Ledger(self.database).beat(
            "worker", beat_us=microseconds(now), now=now, is_live=True, state=said
        )

    def after(self, seconds: int) -> list[str]:
        """Let time pass with a worker that beats; return the keys of what is late then."""
        self.clock.advance(instant(microseconds(self.clock.now()) + seconds * SECOND))
        self.beat()
        return [late.key for late in self.watching.look(microseconds(self.clock.now()))]

    def prove(self) -> None:
        """Publish a test alarm, and let worker and outbox do their part."""
        self.watching.publish()
        for path in self.watching._paths.values():
            path.problem = ""  # no broker listens here
        now_us = microseconds(self.clock.now())
        raise_test(self.database, self.canary, now_us // 1000 * 1000)
        Outbox(self.database, {"proof": Nobody()}, self.clock).send_due("proof")


@pytest.fixture
def outside() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def watched(tmp_path: Path, outside: Listener) -> Watched:
    return Watched(tmp_path, f"{outside.url}/ping")


def test_a_proven_path_is_written_down_for_the_pages(watched: Watched) -> None:
    watched.prove()
    assert watched.watching.round() == []
    with watched.database.connect() as connection:
        beat = health.beats(connection)[health.WATCH]
    assert beat.state["proven_us"] == {"fenbridge": START}


def test_a_path_is_late_after_75_seconds_and_says_where_it_ends(watched: Watched) -> None:
    watched.prove()
    assert watched.after(5) == []
    watched.watching.publish()  # raised by nobody
    for path in watched.watching._paths.values():
        path.problem = ""
    assert watched.after(60) == []
    assert watched.after(20) == ["path fenbridge"]
    (late,) = watched.watching.look(microseconds(watched.clock.now()))
    assert "not raised: look at broker and worker" in late.what


def test_the_outside_is_called_only_while_nothing_is_late(
    watched: Watched, outside: Listener
) -> None:
    watched.prove()
    watched.watching.round()
    watched.is_web_up, watched.watching._pinged_s = False, float("-inf")
    watched.watching.round()
    assert [path for path, _, _ in outside.asked] == ["/ping", "/ping/fail"]
    assert b"web process does not answer" in outside.asked[1][2]


def test_a_place_without_a_canary_is_late(watched: Watched) -> None:
    with watched.database.begin() as connection:
        enrol(connection, enrolment(1, place="northmoor", first=50), now_us=0)
    assert watched.after(1) == ["canary northmoor"]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"engine_beat_s": 31.0}, "engine has not looked"),
        ({"keeper_beat_s": 31.0}, "looked at ladders"),
        ({"outbox_beat_s": {"sms": 121.0}}, "Messages by sms"),
        ({"is_connected": False}, "not connected"),
    ],
)
def test_a_part_of_the_worker_that_does_not_beat_is_late(
    watched: Watched, state: Mapping[str, object], says: str
) -> None:
    watched.beat(**state)
    (late,) = watched.watching.look(START)
    assert says in late.what


def test_a_worker_that_is_gone_is_late_after_a_missed_beat(watched: Watched) -> None:
    assert watched.watching.look(START + 14 * SECOND) == []
    (late,) = watched.watching.look(START + 20 * SECOND)
    assert "last heard 20 s ago" in late.what


def test_a_step_of_a_ladder_that_is_more_than_five_minutes_late_is_told(watched: Watched) -> None:
    alert = finding(AlertKind.NO_SIGN_OF_LIFE, START, "home-000001")
    Ledger(watched.database, channels=()).raise_findings([alert], instant(START))
    for _ in range(4):
        assert watched.after(60) == []
    assert watched.after(120) == ["overdue fenbridge"]
    assert microseconds(watched.clock.now()) - START == MINUTE * 6


def test_canaries_are_enrolled_once_and_their_password_is_kept_for_the_watch(
    watched: Watched, tmp_path: Path
) -> None:
    assert any("password" in line for line in watched.told)
    credentials, again = tmp_path / "canaries.json", list[str]()
    settings = Settings(data=tmp_path, watch=Watch(credentials=credentials))
    enrol_canaries(settings, tell=again.append)
    assert again == ["every place with watched homes has a canary home"]
    assert credentials.stat().st_mode & 0o077 == 0


def test_a_canary_is_no_home_to_care_for(watched: Watched) -> None:
    from api import roster

    with watched.database.connect() as connection:
        assert roster.count_homes(connection, ["fenbridge"]) == {"fenbridge": 1}
        assert roster.find_home(connection, ["fenbridge"], watched.canary.home) is None
        assert len(roster.list_homes(connection, ["fenbridge"], limit=10)) == 1
        assert len(registry.homes(connection)) == 2
