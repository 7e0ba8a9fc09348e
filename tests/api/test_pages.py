import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from httpx2 import Response

from alerts.alert import AlertKind
from api import health
from api.web.homes import facts
from config.homes import HomeState
from config.registry import set_home_state
from ingest.batch import Batch
from ingest.clock import instant, microseconds
from ingest.sink import StoreDown
from tests.api.life import HOUR_US, A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world
from tests.make import home


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def main_of(answer: Response) -> str:
    return answer.text.split("<main", 1)[1].split("</main>", 1)[0]


def test_the_queue_puts_the_most_urgent_first_and_faults_last(world: World) -> None:
    page = main_of(Visit(world.app, "alice").get("/alerts"))
    order = ["P1 Life safety", "P2 Person at risk", "P3 To review", "Unwatched homes", "Technical"]
    assert [page.index(word) for word in order] == sorted(page.index(word) for word in order)
    assert "No sign of movement since 07:12; usually up by 07:40." in page
    assert "47 minutes ago" in page
    assert "Not seen since 09:10 (5 hours): its gateway is silent" in page
    assert "From late data" in page
    assert "Ended" not in page


def test_a_fragment_is_the_live_part_of_its_page(world: World) -> None:
    visit = Visit(world.app, "alice")
    alert = f"/alerts/{world.alerts_of(A)[-1]}"
    for path in ("/alerts", f"/homes/{A}-home-1", alert):
        fragment, whole = visit.get(f"{path}?fragment=1").text, visit.get(path).text
        assert "<html" not in fragment
        assert f'data-live="{path}?fragment=1"' in whole
        for part in fragment.split('data-part="')[1:]:
            assert f'data-part="{part.partition(chr(34))[0]}"' in whole
    fragment = visit.get("/alerts?fragment=1").text
    assert fragment.split('data-part="top">')[1][:2000] in visit.get("/alerts").text


def test_a_fragment_without_a_session_is_refused_not_redirected(world: World) -> None:
    answer = Visit(world.app).get("/alerts?fragment=1")
    assert answer.status_code == 401


def test_a_page_says_when_it_is_not_live_and_when_it_replays(world: World) -> None:
    visit = Visit(world.app, "alice")
    assert "Not live" not in visit.get("/alerts").text
    world.beat(ago_s=14)
    assert "Not live" not in visit.get("/alerts").text
    world.beat(ago_s=8 * 60)
    for path in ("/alerts", "/alerts?fragment=1", "/homes", f"/homes/{A}-home-1"):
        assert "Not live since 14:02" in visit.get(path).text
    world.beat(is_live=False)
    assert "Replaying: 3 March 2026, 14:10" in visit.get("/alerts").text


def test_one_person_takes_an_alert_and_the_next_is_told(world: World) -> None:
    app = world.app
    alice, bob = Visit(app, "alice"), Visit(app, "bob")
    alert = f"/alerts/{world.alerts_of(A)[-1]}"
    assert alice.post(f"{alert}/acknowledge").headers["location"] == alert
    assert "You have it, since 14:10" in alice.get(alert).text
    assert "Alice Example has it, since 14:10" in bob.get("/alerts").text
    assert "taking this" not in bob.get(alert).text
    clash = bob.post(f"{alert}/acknowledge")
    assert clash.status_code == 409
    assert "Alice Example has had this alert since 14:10." in clash.text
    done = bob.post(f"{alert}/resolve", {"outcome": "seen-well", "note": "At the\r\ndoor <b>"})
    assert done.headers["location"] == alert
    page = main_of(alice.get(alert))
    assert "Seen well: resolved by Bob Example, 14:10" in page
    assert "At the\ndoor &lt;b&gt;" in page
    assert "<form" not in page
    assert "Seen well: resolved by Bob Example" in alice.get("/alerts?show=ended").text


@pytest.mark.parametrize(
    ("form", "field", "says"),
    [
        ({}, "outcome", "Select what you found"),
        ({"outcome": "all-well", "note": "kept"}, "outcome", "Select what you found"),
        ({"outcome": "other", "note": " "}, "note", "needs a note"),
        ({"outcome": "test", "note": "x" * 2001}, "note", "2000 characters or fewer"),
        ({"outcome": "test", "note": "a\0b"}, "note", "control characters"),
    ],
)
def test_a_wrong_form_keeps_what_was_typed_and_links_to_the_field(
    world: World, form: dict[str, str], field: str, says: str
) -> None:
    visit = Visit(world.app, "alice")
    alert = f"/alerts/{world.alerts_of(A)[-1]}"
    answer = visit.post(f"{alert}/resolve", form)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    summary = answer.text.split("govuk-error-summary__body")[1].split("</ul>")[0]
    assert f'href="#{field}"' in summary
    assert says in summary.replace("&#39;", "'")
    assert f'id="{field}"' in answer.text
    if form.get("note") == "kept":
        assert ">kept</textarea>" in answer.text
    assert "Nobody has it yet" in visit.get(alert).text


def test_text_from_outside_is_never_markup(world: World) -> None:
    hostile = '<script>alert(1)</script>"onload="x'
    world.raise_alert(AlertKind.FALL, world.homes[A][0], hostile, ago_min=1)
    page = Visit(world.app, "alice").get("/alerts").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_home_shows_four_weeks_with_a_table_and_words(world: World) -> None:
    answer = Visit(world.app, "alice").get(f"/homes/{A}-home-1")
    page = main_of(answer)
    assert page.count("<tr><th scope=") == 2 * (1 + 28)
    assert 'fill="url(#room-3)"' in page
    assert 'class="strip-unseen"' in page
    assert 'class="mark-P2"' in page
    assert "<text" not in page
    assert "Movement or use was seen on" in page
    assert "On 1 day nothing was received." in page
    assert "style=" not in page
    assert len(gzip.compress(answer.content)) < 20_000


def test_a_history_that_cannot_be_read_is_told_and_hides_neither_alerts_nor_values(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> Batch:
        raise StoreDown("store: nobody answers on http://127.0.0.1:8086 (ReadTimeoutError)")

    monkeypatch.setattr(type(world.store), "read", down)
    visit = Visit(world.app, "alice")
    page = main_of(visit.get(f"/homes/{A}-home-1"))
    assert "The history of this home cannot be read now" in page
    assert "cannot be told now" in page
    assert "none in the last 28 days" not in page
    assert "127.0.0.1" not in page
    assert "Alerts that stand" in page
    assert "Sensors" in page
    assert visit.get(f"/homes/{A}-home-1?fragment=1").status_code == 200


def test_old_values_are_grey_and_missing_ones_unknown_never_ok(world: World) -> None:
    visit = Visit(world.app, "alice")
    fresh = main_of(visit.get(f"/homes/{A}-home-1"))
    assert fresh.count("stillwell-stale") == 1
    assert "unknown" in fresh
    world.now = instant(microseconds(world.now) + 3 * HOUR_US)
    later = main_of(visit.get(f"/homes/{A}-home-1"))
    assert later.count("stillwell-stale") == 3
    assert "(old: unknown now)" in later
    assert "OK" not in later


def test_an_unwatched_home_says_so_and_all_its_values_are_old(world: World) -> None:
    page = main_of(Visit(world.app, "alice").get(f"/homes/{A}-home-3"))
    assert "This home is unwatched" in page
    assert page.count("stillwell-stale") == 10
    assert "batteries unknown" in page
    assert "84% (old: unknown now)" in page


def test_a_home_with_a_pet_says_what_cannot_be_told(world: World) -> None:
    page = Visit(world.app, "alice").get(f"/homes/{A}-home-2").text
    assert "A pet also moves the sensors here" in page


def test_a_paused_home_says_so(world: World) -> None:
    with world.database.begin() as connection:
        set_home_state(connection, [f"{A}-home-2"], HomeState.PAUSED)
    assert "Watching is paused." in Visit(world.app, "alice").get(f"/homes/{A}-home-2").text


def test_the_front_door_leads_to_each_persons_work(world: World) -> None:
    from config.roles import Role
    from tests.api.world import account

    account(world.database, "Olwen", (A, Role.OFFICER))
    account(world.database, "Edda", (A, Role.ENGINEER))
    account(world.database, "Nobody")
    app = world.app
    account(world.database, "Opal", (A, Role.OPERATOR))
    assert Visit(app, "alice").get("/").headers["location"] == "/mine"
    assert Visit(app, "opal").get("/").headers["location"] == "/alerts"
    assert Visit(app, "olwen").get("/").headers["location"] == "/homes"
    assert Visit(app, "edda").get("/").headers["location"] == "/system"
    assert Visit(app, "nobody").get("/").status_code == 403


def test_somebody_with_two_places_chooses_and_sees_which_is_which(world: World) -> None:
    from config.roles import Role
    from tests.api.world import account

    account(world.database, "Dora", (A, Role.OPERATOR), (B, Role.CARE_WORKER))
    visit = Visit(world.app, "dora")
    both = visit.get("/alerts").text
    assert "Larkspur" in both
    assert "Wintergreen" in both
    assert "All your places" in both
    assert f'href="/alerts?place={B}"' in visit.get("/places").text
    one = visit.get(f"/alerts?place={B}").text
    assert "Larkspur" not in one
    assert "Northmoor District Council" in one
    assert "#5a3d7a" in one


def test_pages_carry_the_policy_and_are_not_kept(world: World) -> None:
    visit = Visit(world.app, "alice")
    first, second = visit.get("/alerts"), visit.get("/alerts")
    policy = first.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert policy != second.headers["content-security-policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert first.text.count(f'nonce="{nonce}"') == 2
    assert first.text.count("<script") == 2
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["x-content-type-options"] == "nosniff"


def test_static_files_never_go_stale_and_are_small(world: World) -> None:
    visit = Visit(world.app)
    page = visit.get("/sign-in").text
    addresses = [part.split('"')[0] for part in page.split('"/static/')[1:]]
    assert len(addresses) == 4
    for address in addresses:
        answer = visit.get(f"/static/{address}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    styles = visit.client.get(f"/static/{addresses[0]}")
    assert styles.headers["content-encoding"] == "gzip"
    assert visit.get("/static/stillwell.css").headers["cache-control"] == "no-cache"
    assert visit.get("/static/../app.py").status_code == 404


def test_a_page_that_is_not_there_is_readable(world: World) -> None:
    for path in ("/nothing", "/alerts/%00", f"/homes/{B}-home-1", f"/alerts/{'a' * 32}"):
        answer = Visit(world.app, "alice").get(path)
        assert answer.status_code == 404
        assert "<h1" in answer.text
        assert "belongs to a place that is not yours" in answer.text


def test_a_failure_inside_tells_a_reference_and_nothing_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import queries

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("Larkspur Court")

    visit = Visit(world.app, "alice")
    monkeypatch.setattr(queries, "list_alerts", fail)
    answer = visit.get("/api/v1/alerts")
    assert answer.status_code == 500
    assert answer.json()["reference"] in answer.json()["detail"]
    assert "Larkspur" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    page = visit.get("/alerts?show=ended")
    assert page.status_code == 500
    assert "Sorry, there is a problem with the service" in page.text
    assert "Larkspur" not in page.text
    assert "frame-ancestors" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("residents", "has_pets", "who"),
    [(1, True, "A pet"), (2, False, "Another person"), (2, True, "Another person or a pet")],
)
def test_a_home_with_others_in_it_says_what_cannot_be_seen(
    residents: int, has_pets: bool, who: str
) -> None:
    told = " ".join(facts(replace(home(1), residents=residents, has_pets=has_pets)))

    assert who in told
    assert "no silence is seen and no alert is raised" in told
    assert "no alert is raised" not in " ".join(facts(home(1)))


@pytest.mark.parametrize(
    ("ago_s", "beat_ago_s", "says"),
    [
        (20, 2, "Path last proven 14:09:40."),
        (200, 2, "Path last proven 14:06:40, late"),
        (20, 90, "Watch not heard since"),
    ],
)
def test_every_page_says_when_the_path_was_last_proven(
    world: World, ago_s: int, beat_ago_s: int, says: str
) -> None:
    wall_us = microseconds(world.wall)
    proven = {A: wall_us - ago_s * 1_000_000, B: 1}
    world.ledger.beat(
        health.WATCH, beat_us=wall_us - beat_ago_s * 1_000_000, now=world.now, is_live=True,
        state={"proven_us": proven, "late": [], "late_after_s": 75.0},
    )  # fmt: skip
    alice, bob = Visit(world.app, "alice"), Visit(world.app, "bob")
    for path in ("/alerts", "/homes"):
        assert says in alice.get(path).text
    assert says in bob.get("/system").text


def test_a_page_says_when_nobody_watches(world: World) -> None:
    assert "no watch is running" in Visit(world.app, "alice").get("/alerts").text


def test_a_worker_whose_engine_hangs_is_told_on_every_page(world: World) -> None:
    world.beat(state={"engine_beat_s": 31.0})
    assert "The engine has not looked for 31 s" in Visit(world.app, "alice").get("/alerts").text
    assert Visit(world.app, "alice").get("/ready").status_code == 503
