"""A home with all that an enrolment may have, for tests of its end."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.ledger import Ledger
from api import ending
from api.ending import Done, Site, Wish
from config import consents, credentials, pause_rows, registry, walk_test_rows
from config.allowances import Allowance
from config.endings import EndReason
from config.pauses import Pause, PauseReason
from config.places import load_places
from config.visits import FOREVER, Visit, VisitKind
from ingest.clock import instant
from tests.databases import new_database
from tests.make import enrolment

DAY_US = 86_400_000_000
TODAY = date(2026, 11, 20)
NOW_US = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 1_000_000
HOME, OTHER, GATE, PLACE = "home-000001", "home-000002", "gate-000001", "fenbridge"
BY = "account-olga"


@dataclass
class Enrolled:
    """Two homes of a place; the first has everything. ``now_us`` may be turned."""

    database: Engine
    now_us: int = NOW_US

    @property
    def site(self) -> Site:
        ledger = Ledger(self.database, channels=())
        return Site(load_places(), ledger, instant(self.now_us), self.now_us, 400.0)

    def end(self, *, on: date = TODAY, p1: frozenset[str] = frozenset(), home: str = HOME) -> Done:
        return ending.end(self.site, [PLACE], home, Wish(EndReason.DIED, on, p1), BY)

    def raise_alert(self, kind: AlertKind, home: str = HOME) -> str:
        onset = self.now_us - 3_600_000_000
        id_ = alert_id(home, kind, onset)
        evidence = {"decided_us": self.now_us, "event": id_[:8], "source": "sens-000001"}
        made = Finding(
            id_, kind, PRIORITY[kind], Verdict.PERSON, PLACE, home, "", "", onset, self.now_us,
            "Nobody was noticed for a while.", evidence,
        )  # fmt: skip
        self.site.ledger.raise_findings([made], instant(self.now_us))
        return id_


def enrolled(database: Engine | None = None) -> Enrolled:
    """Return two homes, the first with consent, credential, pause, visit, longer cap and test."""
    made = Enrolled(database or new_database())
    with made.database.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=NOW_US - 100 * DAY_US)
        kinds = {sensor.kind.value for sensor in registry.sensors(connection)}
        plan = consents.read_plan(
            {
                "basis": "consent", "decided_by": "person", "decided_on": TODAY - timedelta(90),
                "review_on": TODAY + timedelta(days=90), "reference": "CASE-1",
                "purpose": dict.fromkeys(kinds, "to see that somebody is up"),
            },
            "a test",
        )  # fmt: skip
        consents.record(connection, HOME, plan, BY, NOW_US - 90 * DAY_US, TODAY - timedelta(90))
        credentials.issue(connection, GATE, BY, NOW_US - 90 * DAY_US, 1.0)
        walk_test_rows.begin(connection, 1, BY, NOW_US - 600_000_000)
        cap = Allowance(0, 1, False, 0, 600, 24.0, BY, NOW_US - DAY_US, NOW_US + 9 * DAY_US, "x")
        registry.allow(connection, cap)
        wish = Pause(0, 1, PauseReason.HOSPITAL, NOW_US, NOW_US + 5 * DAY_US, BY, NOW_US)
        pause_rows.begin(connection, wish)
        visit = Visit(0, 1, VisitKind.CARE, 127, 510, 540, 0, FOREVER)
        registry.book(connection, PLACE, {1: [visit]}, by=BY, now_us=NOW_US - DAY_US)
    return made
