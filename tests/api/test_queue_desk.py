from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from alerts.alert import AlertKind, State
from alerts.measures import STORM
from api import queries
from api.queries import Alert, Scope
from api.web import climbing, clocks
from api.web.climbing import Climb
from api.web.storm import storms
from config.ladders import Ladder, Rung
from tests.api.life import MINUTE_US, A
from tests.api.visits import Visit
from tests.api.world import World, make_world

SECOND_US = 1_000_000


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def standing(world: World, kind: AlertKind) -> Alert:
    with world.database.connect() as connection:
        found = queries.queue(connection, Scope((A,)), limit=200)
    return next(alert for alert in found if alert.kind is kind)


def test_an_urgent_alert_has_a_clock_from_its_event_and_one_from_its_receipt(world: World) -> None:
    smoke = standing(world, AlertKind.SMOKE)
    late = {**smoke.evidence, "received_us": smoke.onset_us + 90 * SECOND_US}
    receipt, event = clocks.of(replace(smoke, evidence=late), UTC)
    assert receipt["due"] == [
        {"limit_s": 60, "at": "14:10:30"},
        {"limit_s": 180, "at": "14:12:30"},
    ]
    assert event["due"][0] == {"limit_s": 60, "at": "14:09:00"}
    assert receipt["from_ms"] - event["from_ms"] == 90_000


def test_clocks_that_run_together_are_one_and_stop_when_somebody_takes_it(world: World) -> None:
    smoke = standing(world, AlertKind.SMOKE)
    (one,) = clocks.of(smoke, UTC)
    assert (one["name"], one["took"]) == ("both", "")
    taken = replace(
        smoke, state=State.ACKNOWLEDGED, acknowledged_us=smoke.onset_us + 72 * SECOND_US
    )
    assert clocks.of(taken, UTC)[0]["took"] == "1 min 12 s"


def test_a_silence_counts_from_when_it_was_too_long_and_a_review_has_no_clock(
    world: World,
) -> None:
    quiet = standing(world, AlertKind.NO_SIGN_OF_LIFE)
    assert clocks.event_us(quiet) == quiet.raised_us
    assert clocks.of(standing(world, AlertKind.COLD_HOME), UTC) == []


RUNG = Rung(who=["role:operator"], channel=["email"], wait_min=3)
LADDER = Ladder(rung=[RUNG, RUNG], loops=2, fallback=RUNG)


@pytest.mark.parametrize(
    ("climb", "told"),
    [
        (None, ""),
        (Climb(0, 0, 60 * MINUTE_US), "Nobody was told by the ladder yet; next at 01:00"),
        (Climb(3, 5 * MINUTE_US, 8 * MINUTE_US), "Ladder: step 3 of 4 at 00:05; next at 00:08"),
        (
            Climb(5, 5 * MINUTE_US, 6 * MINUTE_US),
            "Ladder: all 4 steps, now its fallback at 00:05; next now",
        ),
        (Climb(1, 5 * MINUTE_US, None), "Ladder: step 1 of 4 at 00:05; no more is due"),
    ],
)
def test_how_far_an_alert_climbed_is_said(world: World, climb: Climb | None, told: str) -> None:
    smoke = standing(world, AlertKind.SMOKE)
    assert climbing.text(smoke, climb, LADDER, 6 * MINUTE_US, UTC) == told


def test_who_has_an_alert_is_told_when_it_goes_back(world: World) -> None:
    taken = replace(standing(world, AlertKind.SMOKE), state=State.ACKNOWLEDGED)
    told = climbing.text(taken, Climb(1, 0, 20 * MINUTE_US), LADDER, 0, UTC)
    assert told == "Back on the queue at 00:20 unless more is said"


def test_without_a_ladder_it_is_said_that_nobody_more_is_told(world: World) -> None:
    smoke = standing(world, AlertKind.SMOKE)
    told = climbing.text(smoke, Climb(0, 0, None), None, 0, UTC)
    assert told == "No ladder: the system tells nobody more"


def test_many_alerts_at_once_are_a_storm_with_count_cause_and_link(world: World) -> None:
    places = world.resources.places
    recent: Mapping[str, Mapping[AlertKind, int]] = {A: {AlertKind.SMOKE: STORM, AlertKind.FALL: 1}}
    (storm,) = storms(recent, [], {}, places, 0)
    assert storm.told.startswith(f"{STORM + 1} alerts about people in 15 minutes")
    assert storm.cause == "Their cause is not known: treat each as real."
    assert storm.link == f"/alerts?place={A}&kind=smoke"
    assert storms({A: {AlertKind.SMOKE: STORM - 1}}, [], {}, places, 0) == []


def test_homes_that_one_outage_hides_are_one_incident(world: World) -> None:
    outage = replace(
        standing(world, AlertKind.GATEWAY_SILENT),
        kind=AlertKind.OUTAGE, sentence="Most gateways fell silent at 14:00.",
    )  # fmt: skip
    (told,) = storms({}, [outage], {A: 412}, world.resources.places, 0)
    assert told.told.startswith("412 homes, 1 incident")
    assert told.link == f"/alerts/{outage.id}"


def test_a_home_is_one_line_with_everything_that_stands_there(world: World) -> None:
    world.raise_alert(AlertKind.FALL, world.homes[A][0], "Fall detected.", ago_min=1)
    page = Visit(world.app, "alice").get("/alerts").text
    people = page[page.index("people-heading") : page.index("unwatched-heading")]
    assert people.count('class="stillwell-line stillwell-line--') == 3
    assert people.index("Fall detected.") < people.index("No sign of movement since 07:12")


def test_filters_narrow_by_priority_who_and_kind_and_say_what_p1_is_left_out(world: World) -> None:
    visit = Visit(world.app, "alice")
    shown = visit.get("/alerts?priority=P2").text
    assert "No sign of movement since 07:12" in shown
    assert "Smoke alarm" not in shown
    assert "1 P1 alert that nobody has is" in shown
    assert "/alerts?priority=P2&amp;fragment=1" in shown
    smoke = standing(world, AlertKind.SMOKE).id
    visit.post(f"/alerts/{smoke}/acknowledge", {"back": "/alerts?who=mine"})
    mine = visit.get("/alerts?who=mine").text
    assert "Smoke alarm" in mine
    assert "No sign of movement since" not in mine
    assert "Smoke alarm" not in visit.get("/alerts?who=nobody").text
    assert "Smoke alarm" in Visit(world.app, "bob").get("/alerts?who=others&kind=smoke").text
    assert visit.get("/alerts?priority=P9").status_code == 422


def test_whoever_may_only_read_is_offered_no_button(world: World) -> None:
    from config.roles import Role
    from tests.api.world import account

    account(world.database, "Olive", (A, Role.OFFICER))
    page = Visit(world.app, "olive").get("/alerts").text
    assert "Smoke alarm" in page
    assert "/acknowledge" not in page


def test_no_more_than_fifty_unwatched_homes_are_listed_and_the_rest_are_a_page_away(
    tmp_path: Path,
) -> None:
    from alerts.alert import Unwatched
    from ingest.clock import microseconds

    world = make_world(tmp_path, homes=120)
    since = microseconds(world.now) - 60 * MINUTE_US
    world.ledger.set_unwatched(
        [Unwatched(home.id, home.place, since, "gateway") for home in world.homes[A]], world.now
    )
    visit = Visit(world.app, "alice")
    queue = visit.get("/alerts").text
    assert queue.count("stillwell-line--unwatched") == 50
    assert "70 more, of no higher risk than these" in queue
    first = visit.get("/alerts?show=unwatched").text
    last = visit.get("/alerts?show=unwatched&after=100").text
    assert first.count("stillwell-line--unwatched") == 100
    assert last.count("stillwell-line--unwatched") == 20
