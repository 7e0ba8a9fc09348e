from pathlib import Path

import pytest

from alerts import calibrations
from alerts.action import Calibrated
from alerts.budget import Calibration
from alerts.modes import DETECTORS, Mode
from alerts.precision import ENOUGH
from alerts.shadow_rows import ShadowState
from alerts.switches import read_modes
from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

LIVE = {"mode": "live", "evidence": "12 weeks in shadow"}
DETECTOR = f"/api/v1/places/{A}/detectors/inactivity"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def sam(world: World) -> Visit:
    """Return a supervisor of Fenbridge."""
    account(world.database, "Sam", (A, Role.SUPERVISOR))
    return Visit(world.app, "sam")


def mode_of(world: World, place: str = A, detector: str = "inactivity") -> Mode:
    with world.database.connect() as connection:
        return read_modes(connection).of(place, detector)


def judge_enough(world: World, visit: Visit, *, false: int = 2) -> None:
    """Find and judge as many findings as a switch to live needs."""
    home = world.homes[A][1]
    for number in range(ENOUGH):
        found = world.find_in_shadow(home, "No sign since 06:10.", ago_min=300 + number)
        said = "false" if number < false else "true"
        path = f"/api/v1/shadow-findings/{found}/adjudicate"
        assert visit.send(path, {"said": said}).status_code == 200


def test_a_place_that_nobody_switched_says_that_all_its_detectors_are_in_shadow(
    world: World,
) -> None:
    shown = Visit(world.app, "alice").get(f"/api/v1/places/{A}/detectors").json()["detectors"]
    assert [one["key"] for one in shown] == [detector.key for detector in DETECTORS]
    assert {one["mode"] for one in shown} == {"shadow"}
    assert {one["switch"] for one in shown} == {None}
    (inactivity,) = (one for one in shown if one["key"] == "inactivity")
    assert inactivity["found"] == 1
    assert inactivity["per_100_homes_week"] is None  # the homes were enrolled a day ago
    assert inactivity["judged"]["share"] is None
    assert inactivity["judged"]["is_enough"] is False


def test_what_the_budget_came_to_is_told_by_rest_and_on_the_page(world: World, sam: Visit) -> None:
    path = f"/api/v1/places/{A}/detectors"
    assert sam.get(path).json()["budget"] is None
    found = Calibration(2.1, 9.2, 6.9, 12.3, 4.0, 310, 280, 56, is_at_edge=False)
    with world.database.begin() as connection:
        calibrations.write(connection, Calibrated(A, 86_400_000_000, 9.0, found, is_applied=True))
    told = sam.get(path).json()["budget"]
    assert (told["expected"], told["low"], told["high"]) == (9.2, 6.9, 12.3)
    assert told["is_applied"]
    assert told["is_enough"]
    page = sam.get("/detectors").text
    assert "about 9.2 alerts per 100 homes a week are expected (6.9 to 12.3)" in page


def test_findings_are_judged_and_the_precision_follows_with_its_interval(
    world: World, sam: Visit
) -> None:
    judge_enough(world, sam, false=5)
    unclear = world.find_in_shadow(world.homes[A][2], "No sign since 06:10.")
    sam.send(f"/api/v1/shadow-findings/{unclear}/adjudicate", {"said": "unclear"})

    (shown,) = (
        one
        for one in sam.get(f"/api/v1/places/{A}/detectors").json()["detectors"]
        if one["key"] == "inactivity"
    )
    judged = shown["judged"]
    assert (judged["true"], judged["false"], judged["unclear"]) == (15, 5, 1)
    assert judged["awaiting"] == 1
    assert judged["share"] == 0.75
    assert judged["low"] < 0.75 < judged["high"]
    assert judged["is_enough"] is True


def test_the_last_word_on_a_finding_counts_and_its_history_tells_the_others(
    world: World, sam: Visit
) -> None:
    account(world.database, "Pat", (A, Role.SUPERVISOR))
    pat = Visit(world.app, "pat")
    path = f"/api/v1/shadow-findings/{world.findings_of(A)[0]}"
    assert sam.get(path).json()["said"] is None
    sam.send(f"{path}/adjudicate", {"said": "true", "note": " Found her in bed.\n"})
    told = pat.send(f"{path}/adjudicate", {"said": "false", "note": "She was asleep."}).json()
    assert (told["said"], told["said_by"]) == ("false", "account-pat")
    assert [(w["said"], w["note"]) for w in told["history"]] == [
        ("true", "Found her in bed."),
        ("false", "She was asleep."),
    ]
    assert told == sam.get(path).json()


def test_the_list_is_paged_and_narrowed(world: World, sam: Visit) -> None:
    for number in range(5):
        world.find_in_shadow(world.homes[A][0], "No sign.", ago_min=500 + number)
    held = world.find_in_shadow(world.homes[A][0], "No sign.", ago_min=9, state=ShadowState.HELD)
    seen: list[str] = []
    cursor = ""
    for _ in range(9):
        page = sam.get(f"/api/v1/shadow-findings?limit=3&cursor={cursor}").json()
        seen += [one["id"] for one in page["shadow_findings"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == [id_ for id_ in reversed(world.findings_of(A)) if id_ != held]
    cold = sam.get("/api/v1/shadow-findings?detector=cold").json()["shadow_findings"]
    assert {one["kind"] for one in cold} == {"cold-home"}
    sam.send(f"/api/v1/shadow-findings/{cold[0]['id']}/adjudicate", {"said": "true"})
    judged = sam.get("/api/v1/shadow-findings?is_judged=true").json()["shadow_findings"]
    assert [one["id"] for one in judged] == [cold[0]["id"]]
    assert sam.get("/api/v1/shadow-findings?detector=horoscope").status_code == 404


def test_going_live_needs_findings_judged_or_a_reason_that_is_kept(
    world: World, sam: Visit
) -> None:
    refused = sam.send(f"{DETECTOR}/mode", LIVE)
    assert refused.status_code == 422
    assert "without_evidence: Only 0 findings were judged" in refused.json()["detail"]
    assert mode_of(world) is Mode.SHADOW

    reason = "heat wave: the team phones everybody anyway"
    assert sam.send(f"{DETECTOR}/mode", {**LIVE, "without_evidence": reason}).status_code == 200
    assert mode_of(world) is Mode.LIVE
    (past,) = sam.get(f"{DETECTOR}/history").json()
    assert (past["account"], past["without_evidence"]) == ("account-sam", reason)


def test_a_switch_keeps_what_was_judged_by_then(world: World, sam: Visit) -> None:
    judge_enough(world, sam)
    answer = sam.send(f"{DETECTOR}/mode", LIVE).json()
    (shown,) = (one for one in answer["detectors"] if one["key"] == "inactivity")
    assert shown["mode"] == "live"
    assert shown["switch"]["evidence"] == LIVE["evidence"]
    judged = shown["switch"]["judged"]
    assert (judged["true"], judged["false"]) == (ENOUGH - 2, 2)
    assert mode_of(world, B) is Mode.SHADOW
    assert mode_of(world, A, "cold") is Mode.SHADOW


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mode": "shadow", "evidence": "  "}, "evidence: Say on what evidence"),
        ({"mode": "shadow"}, "evidence is missing"),
        ({"mode": "loud", "evidence": "x"}, "mode is 'loud'"),
        ({"mode": "off", "evidence": "a\0b"}, "control characters"),
        ({"mode": "off", "evidence": "x" * 2001}, "at most 2000 characters"),
        ({"mode": "off", "evidence": "x", "by": "me"}, "by is not a known field"),
    ],
)
def test_a_wrong_switch_is_told_what_to_send(
    world: World, sam: Visit, body: object, says: str
) -> None:
    answer = sam.send(f"{DETECTOR}/mode", body)
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]
    assert sam.get(f"{DETECTOR}/history").json() == []


def test_an_unknown_detector_is_absent(world: World, sam: Visit) -> None:
    path = f"/api/v1/places/{A}/detectors/horoscope"
    assert sam.send(f"{path}/mode", LIVE).status_code == 404
    assert sam.get(f"{path}/history").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPERVISOR])
def test_only_a_supervisor_sees_and_judges_findings_or_switches(world: World, role: Role) -> None:
    account(world.database, "Nobody", (A, role))
    visit = Visit(world.app, "nobody")
    found = world.findings_of(A)[0]
    assert visit.get(f"/api/v1/places/{A}/detectors").status_code == 200
    assert visit.get("/api/v1/shadow-findings").status_code == 403
    assert visit.get(f"/api/v1/shadow-findings/{found}").status_code == 403
    path = f"/api/v1/shadow-findings/{found}/adjudicate"
    assert visit.send(path, {"said": "true"}).status_code == 403
    assert visit.send(f"{DETECTOR}/mode", {**LIVE, "without_evidence": "x"}).status_code == 403
    assert mode_of(world) is Mode.SHADOW


def test_a_supervisor_of_another_place_reaches_nothing_here(world: World) -> None:
    account(world.database, "Stranger", (B, Role.SUPERVISOR), (A, Role.OFFICER))
    visit = Visit(world.app, "stranger")
    found = world.findings_of(A)[0]
    assert visit.get(f"/api/v1/shadow-findings/{found}").status_code == 404
    assert visit.get(f"/api/v1/shadow-findings?place={A}").status_code == 404
    listed = visit.get("/api/v1/shadow-findings").json()["shadow_findings"]
    assert sorted(one["id"] for one in listed) == sorted(world.findings_of(B))
    path = f"/api/v1/shadow-findings/{found}/adjudicate"
    assert visit.send(path, {"said": "true"}).status_code == 404
    assert visit.send(f"{DETECTOR}/mode", {**LIVE, "without_evidence": "x"}).status_code == 404
    assert mode_of(world) is Mode.SHADOW
