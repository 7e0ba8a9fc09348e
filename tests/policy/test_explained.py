"""Every finding carries what decided it: the limit, what was seen, and what is usual.

A finding of each kind and rule is made here as its detector makes it. That the numbers of real
ones decide is asserted wherever tests run homes (``tests/alerts/houses.py``, ``world.py``).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from alerts import findings as of_homes
from alerts import findings_nights as of_nights
from alerts import findings_plant as of_plant
from alerts import findings_things as of_things
from alerts import place_findings as of_places
from alerts.alert import LIFE_SAFETY, PRIORITY, AlertKind, Finding, Verdict
from alerts.explained import RULES, explain, rule_of
from api.web.decided import decided
from tests.alerts.explaining import assert_explained, assert_spoken
from tests.make import enrolment

UTC = ZoneInfo("UTC")
HOUR = 3_600_000_000
T = 1_793_577_600_000_000
MADE = enrolment(1)
HOME, GATEWAY, SENSOR = MADE.homes[0], MADE.gateways[0], MADE.sensors[0]

USUAL = {
    *(AlertKind.NO_SIGN_OF_LIFE, AlertKind.LONG_IN_ROOM, AlertKind.BATHROOM_AT_NIGHT),
    *(AlertKind.SLEEP_SHIFT, AlertKind.LESS_MOVEMENT, AlertKind.HEATING_FAILED),
    *(AlertKind.BED_LEFT, AlertKind.SEAT_NOT_LEFT, AlertKind.MISSED_DOSE),
    *(AlertKind.KITCHEN_UNUSED, AlertKind.OUTAGE),
}
"""Kinds that hold what was seen against a range that is usual."""

SILENCE = of_homes.Silence(
    T - 5 * HOUR, True, 5 * HOUR, 0, 9.0, 8.0, 4.0, 3.0, 5.5, 20, 4 * HOUR, 12 * HOUR
)
SPELL = of_things.SpellNumbers("bed", T - HOUR, 60.0, 10.0, 5.0, 20.0, 45.0, T - HOUR, False)
USE = of_things.UseNumbers(
    T - 8 * HOUR, "morning", 600, 480.0, 450.0, 510.0, 575.0, 0.9, 0.9, 0.8, 14.0, 6.0
)
DEVICE = of_plant.DeviceSilence(
    heard_us=T - 50 * HOUR,
    seen_us=T - 50 * HOUR,
    chatter_us=0,
    chatter_least_us=3 * HOUR,
    since_us=T - 50 * HOUR,
    limit_us=2 * HOUR,
    is_paced=False,
    missed=20.0,
    missed_limit=16.0,
    least_us=36 * HOUR,
    off_us=None,
)
HUB = of_plant.GatewaySilence(T - HOUR, T - HOUR, HOUR // 2, None, HOUR // 12, T - HOUR, HOUR // 6)
CHANGE = of_nights.Change(4, 80.0, 120.0, 100.0, 140.0, 6.0, 9.0, 8.0)

UNSAID = "What was found."
"""Stands where a test makes the numbers alone; such sentences are held in ``tests/alerts``."""


def bare(kind: AlertKind, evidence: dict[str, object]) -> Finding:
    """Return what a part makes by itself: of this kind, with these numbers."""
    return of_homes.finding(kind, HOME, T, T, UNSAID, evidence, Verdict.PERSON)


def warmth(kind: AlertKind, celsius: float, limit_c: float) -> Finding:
    make = of_homes.cold if "cold" in kind else of_homes.hot
    numbers = of_homes.Warmth(T - 4 * HOUR, celsius, limit_c, 3 * HOUR)
    return make(HOME, UTC, kind, T, numbers)


def hidden() -> Finding:
    return of_places.unwatched_together(
        *("fenbridge", UTC, [(HOME, T - 3 * HOUR, 2 * HOUR)]),
        reason="outage",
        outage_us=T - 2 * HOUR,
        found_us=T,
    )


def device(rule: str) -> Finding:
    silence = {
        "missed": DEVICE,
        "pace": replace(DEVICE, is_paced=True),
        "out of reach": replace(DEVICE, off_us=T - HOUR),
        "sees nobody": replace(DEVICE, heard_us=T - HOUR),
        "chatter": replace(DEVICE, heard_us=T, seen_us=T, chatter_us=T - 4 * HOUR),
    }[rule]
    return of_plant.sensor_silent(SENSOR, HOME, GATEWAY, UTC, T, silence)


def hub(off_us: int | None) -> Finding:
    return of_plant.gateway_silent(GATEWAY, HOME, UTC, T, replace(HUB, off_us=off_us))


def samples() -> Iterator[tuple[AlertKind, str, Callable[[], Finding]]]:
    """Yield (kind, rule, how it is made)."""
    for kind in sorted(LIFE_SAFETY):
        yield kind, "", partial(bare, kind, {"signals": 1, "signals_needed": 1})
    visit = of_things.VisitNumbers(T - HOUR, T - 2 * HOUR, T, T - 24 * HOUR, T - 3 * HOUR)
    heat = of_things.HeatNumbers(T - HOUR, 17.0, -0.4, 0.1, 0.3, 2.9, 2.5, 19.0)
    door = of_nights.DoorAtNight(T - HOUR, HOUR // 4, 0.01, 0.1, 20.0, 2.5)
    stay = of_nights.RoomStay("bathroom", T - HOUR, 60.0, 10.0, 5.0, 18.0, 45.0)
    nights = of_nights.NightVisits(6, [5, 2], 2.0, 1, 3, 0.02, 1.1, 2.7, 2.0)
    kinds = AlertKind
    cap = replace(SILENCE, elapsed_us=13 * HOUR)
    yield from (
        (kinds.NO_SIGN_OF_LIFE, "score",
         lambda: of_homes.no_sign(HOME, UTC, SILENCE, Verdict.PERSON, T)),
        (kinds.NO_SIGN_OF_LIFE, "cap",
         lambda: of_homes.no_sign(HOME, UTC, cap, Verdict.PERSON, T)),
        (kinds.NOT_BACK, "cap", lambda: of_homes.not_back(HOME, UTC, cap, T)),
        (kinds.OUT_AT_NIGHT, "", lambda: of_nights.out_at_night(HOME, UTC, T, door)),
        (kinds.LONG_IN_ROOM, "", lambda: of_nights.long_in_room(HOME, UTC, T, stay)),
        (kinds.BATHROOM_AT_NIGHT, "",
         lambda: of_nights.bathroom_at_night(HOME, T - 7 * HOUR, T, nights)),
        (kinds.SLEEP_SHIFT, "",
         lambda: of_nights.sleep_shift(HOME, T - HOUR, T, CHANGE, is_later=True)),
        (kinds.LESS_MOVEMENT, "", lambda: of_nights.less_movement(HOME, T - HOUR, T, CHANGE)),
        (kinds.COLD_HOME, "beyond", lambda: warmth(kinds.COLD_HOME, 17.0, 18.0)),
        (kinds.COLD_HOME, "not back", lambda: warmth(kinds.COLD_HOME, 18.2, 18.0)),
        (kinds.VERY_COLD_HOME, "beyond", lambda: warmth(kinds.VERY_COLD_HOME, 13.0, 14.0)),
        (kinds.VERY_COLD_HOME, "not back", lambda: warmth(kinds.VERY_COLD_HOME, 14.1, 14.0)),
        (kinds.HOT_HOME, "beyond", lambda: warmth(kinds.HOT_HOME, 28.0, 27.0)),
        (kinds.HOT_HOME, "not back", lambda: warmth(kinds.HOT_HOME, 26.8, 27.0)),
        (kinds.VERY_HOT_HOME, "beyond", lambda: warmth(kinds.VERY_HOT_HOME, 33.0, 32.0)),
        (kinds.VERY_HOT_HOME, "not back", lambda: warmth(kinds.VERY_HOT_HOME, 31.9, 32.0)),
        (kinds.HEATING_FAILED, "", lambda: of_things.heating_failed(HOME, UTC, T, heat)),
        (kinds.BED_LEFT, "", lambda: of_things.bed_left(HOME, UTC, T, SPELL)),
        (kinds.SEAT_NOT_LEFT, "", lambda: of_things.seat_not_left(HOME, UTC, T, SPELL)),
        (kinds.MISSED_DOSE, "usual time", lambda: of_things.missed_dose(HOME, UTC, T, USE)),
        (kinds.MISSED_DOSE, "dispenser",
         lambda: of_things.dispenser_says_missed(HOME, UTC, T - HOUR, T, is_late=False)),
        (kinds.KITCHEN_UNUSED, "usual time", lambda: of_things.kitchen_unused(HOME, UTC, T, USE)),
        (kinds.HOME_AGAIN, "", lambda: bare(
            kinds.HOME_AGAIN, {"first_us": T, "from_us": T - HOUR, "until_us": T + HOUR})),
        (kinds.PAUSE_ENDS, "ahead", lambda: bare(
            kinds.PAUSE_ENDS, {"rule": "ahead", "decided_us": T, "notice_us": T})),
        (kinds.PAUSE_ENDS, "over", lambda: bare(
            kinds.PAUSE_ENDS, {"rule": "over", "decided_us": T, "until_us": T})),
        (kinds.ROTA_GAP, "", lambda: bare(kinds.ROTA_GAP, {"decided_us": T, "notice_us": T})),
        (kinds.VISIT_NOT_SEEN, "", lambda: of_things.visit_not_seen(HOME, UTC, T, visit)),
        (kinds.UNWATCHED_HOME, "",
         lambda: of_homes.unwatched(HOME, UTC, "gateway", T - 9 * HOUR, 8 * HOUR, T)),
        (kinds.UNWATCHED_HOME, "_by_tier", hidden),
        (kinds.SENSOR_SILENT, "missed", lambda: device("missed")),
        (kinds.SENSOR_SILENT, "sees nobody", lambda: device("sees nobody")),
        (kinds.SENSOR_SILENT, "chatter", lambda: device("chatter")),
        (kinds.SENSOR_SILENT, "pace", lambda: device("pace")),
        (kinds.SENSOR_SILENT, "out of reach", lambda: device("out of reach")),
        (kinds.MAINS_FAILED, "",
         lambda: of_plant.mains_failed(GATEWAY, HOME, UTC, T - HOUR, T, HOUR // 6)),
        (kinds.GATEWAY_SILENT, "offline", lambda: hub(T - HOUR)),
        (kinds.GATEWAY_SILENT, "silence", lambda: hub(None)),
        (kinds.OUTAGE, "gateways",
         lambda: of_places.outage("fenbridge", lost=4, total=6, failed=0, found_us=T)),
        (kinds.OUTAGE, "hush",
         lambda: of_places.hushed("fenbridge", UTC, heard=1, expected=9.0, share=0.25, least=5.0,
                                  since_us=T - HOUR, found_us=T)),
        (kinds.OUTAGE, "street",
         lambda: of_places.street_outage("fenbridge", "ZZ1 1", UTC, lost=3, failed=1, dark=4,
                                         total=20, least=3, apart_us=60,
                                         since_us=T - HOUR, found_us=T)),
    )  # fmt: skip


SAMPLES = list(samples())


def test_every_kind_and_rule_says_what_decides_and_is_made_here() -> None:
    assert set(RULES) == set(AlertKind) == set(PRIORITY), "add the kind to alerts/explained.py"
    known = {(kind, rule) for kind, rules in RULES.items() for rule in rules}
    assert known == {(kind, rule) for kind, rule, _ in SAMPLES}


@pytest.mark.parametrize(("kind", "rule", "make"), SAMPLES, ids=[f"{k}:{r}" for k, r, _ in SAMPLES])
def test_a_finding_carries_its_limit_what_was_seen_and_what_is_usual(
    kind: AlertKind, rule: str, make: Callable[[], Finding]
) -> None:
    made = make()
    assert (made.kind, rule_of(kind, made.evidence)) == (kind, RULES[kind][rule])
    assert_explained(kind, made.evidence)
    if made.sentence != UNSAID:
        assert_spoken(made.sentence)
    if kind in USUAL and rule not in ("cap", "dispenser", "gateways", "street"):
        bands = [one for one in explain(kind, made.evidence) if one.low is not None]
        assert bands, "nothing says what is usual"
        assert all(one.high is not None for one in bands)


@pytest.mark.parametrize(("kind", "rule", "make"), SAMPLES, ids=[f"{k}:{r}" for k, r, _ in SAMPLES])
def test_what_decided_is_drawn_and_said_from_these_numbers_alone(
    kind: AlertKind, rule: str, make: Callable[[], Finding]
) -> None:
    del rule
    made = make()
    told = decided(kind, made.evidence, UTC)
    assert len(told) == len(explain(kind, made.evidence)) > 0
    for row in told:
        assert row.text.endswith(".")
        assert row.picture.startswith("<svg")


def test_numbers_that_do_not_decide_are_found_out() -> None:
    made = of_homes.no_sign(HOME, UTC, replace(SILENCE, score=7.0), Verdict.PERSON, T)
    with pytest.raises(AssertionError, match="did not decide"):
        assert_explained(made.kind, made.evidence)
    without = {key: value for key, value in made.evidence.items() if key != "usual_low"}
    with pytest.raises(AssertionError, match="usual_low is missing"):
        assert_explained(made.kind, without)


def test_an_alert_of_before_these_numbers_explains_what_it_can() -> None:
    old = {"warmest_c": 16.0, "limit_c": 18.0, "decided_us": T}
    assert explain(AlertKind.COLD_HOME, old) == []
    assert explain(AlertKind.OUTAGE, {"rule": "gateways", "lost": 3, "total": 4}) == []
