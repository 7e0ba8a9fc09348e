"""Measures by REST and CSV: who may see them, small numbers, formulas."""

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx2 import Response

from alerts.alert import AlertKind
from api.counts import suppressed, teller
from api.measuring import Figure, exactly, figures, of_place, to_csv, whole_weeks
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import DAY_US, A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("measures"))
    account(world.database, "Carys", (A, Role.COMMISSIONER))
    return world


def get(world: World, who: str, path: str) -> Response:
    return Visit(world.app, who).get(path)


def test_a_supervisor_sees_every_figure_and_how_it_came_about(world: World) -> None:
    answer = get(world, "bob", f"/api/v1/places/{A}/measures")
    assert answer.status_code == 200
    found = {figure["name"]: figure for figure in answer.json()["figures"]}
    one = found["acknowledged within 180 s of receipt"]
    assert "P1 and P2 alerts" in one["arithmetic"]
    assert "another thing" in one["arithmetic"]
    assert found["resolved as seen-well"]["value"] == 1


def test_a_commissioner_is_told_no_small_number(world: World) -> None:
    answer = get(world, "carys", f"/api/v1/places/{A}/measures")
    found = {figure["name"]: figure for figure in answer.json()["figures"]}
    assert found["resolved as seen-well"]["value"] is None
    assert "too few to tell" in found["actionable"]["arithmetic"]
    assert all(f["value"] is None or not 0 < f["value"] < 5 for f in answer.json()["figures"]
               if f["unit"] == "alerts")  # fmt: skip


def test_hours_offline_open_their_arithmetic_and_are_left_out_where_few_homes_show(
    world: World,
) -> None:
    told = get(world, "bob", f"/api/v1/places/{A}/measures").json()["figures"]
    found = {figure["name"]: figure for figure in told}
    one, share = found["hours offline"], found["time watched"]
    assert one["value"] > 0
    hours, homes = re.match(r"([\d,]+) hours / ([\d,]+) homes", one["arithmetic"]).groups()  # type: ignore[union-attr]  # or it fails here
    assert one["value"] == round(int(hours.replace(",", "")) / int(homes), 2)
    assert 0 < share["value"] < 1
    page = unescape(get(world, "bob", f"/measures?place={A}").text)
    assert "Hours offline of each home" in page
    assert one["arithmetic"] in page
    assert "hours offline" in get(world, "bob", f"/api/v1/places/{A}/measures.csv").text

    told = get(world, "carys", f"/api/v1/places/{A}/measures").json()["figures"]
    hidden = {figure["name"]: figure for figure in told}
    assert hidden["hours offline"]["value"] is None
    assert hidden["time watched"]["value"] is None
    assert "too few to tell" in hidden["hours offline"]["arithmetic"]


MONDAY = "2026-02-23T00:00:00Z"
"""The first day of the last whole week before the world's now, a Tuesday."""


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        ("2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"),
        ("2026-02-25T11:12:13Z", "2026-03-03T14:09:59Z"),
        ("2026-03-01T23:59:59Z", "2026-03-02T00:00:01Z"),
    ],
)
def test_a_commissioner_finds_no_alert_by_moving_the_ends_of_a_span(
    world: World, start: str, stop: str
) -> None:
    told = get(world, "carys", f"/api/v1/places/{A}/measures?from={start}&to={stop}").json()
    assert (told["start"], told["stop"]) == (MONDAY, "2026-03-02T00:00:00Z")
    exact = get(world, "bob", f"/api/v1/places/{A}/measures?from={start}&to={stop}").json()
    assert exact["start"] == start


def test_a_commissioner_is_told_of_no_week_that_is_not_over(world: World) -> None:
    query = "from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"
    answer = get(world, "carys", f"/api/v1/places/{A}/measures?{query}")
    assert (answer.status_code, "whole week" in answer.json()["detail"]) == (422, True)


def test_a_week_begins_at_midnight_of_the_place_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/London")
    days = ((3, 25), (4, 2))
    first, last = (int(datetime(2026, *day, 12, tzinfo=UTC).timestamp()) * 10**6 for day in days)
    found = whole_weeks(first, last, zone)
    start, stop = (datetime.fromtimestamp(us / 10**6, UTC) for us in found)
    assert (start.isoformat(), stop.isoformat()) == (
        "2026-03-23T00:00:00+00:00", "2026-03-29T23:00:00+00:00",
    )  # fmt: skip


def test_of_fewer_than_five_homes_a_commissioner_is_told_nothing_however_many_alerts(
    world: World,
) -> None:
    for number in range(7):
        world.raise_alert(
            AlertKind.GATEWAY_SILENT, None, "Silent.", place=A, gateway=f"{A}-hub-{number}",
            ago_min=90,
        )  # fmt: skip
    counts = get(world, "carys", f"/api/v1/places/{A}/counts").json()
    assert {counts["homes"], counts["unwatched"], *counts["standing"].values()} == {None}
    assert "not told: fewer than 5 homes" in get(world, "carys", "/counts").text
    with world.database.connect() as connection:
        now_us = microseconds(world.now)
        span = (now_us - 28 * DAY_US, now_us)
        found = of_place(connection, world.resources.places[A], *span, now_us)
    assert sum(found.kinds.values()) >= 7
    told = [
        {figure.value for figure in figures(one, teller(one.homes, is_exact=False), 9.0)}
        for one in (found, replace(found, homes=5))
    ]
    assert told[0] == {None}
    assert told[1] != {None}


@pytest.mark.parametrize(("who", "status"), [("alice", 403), ("carys", 404), ("bob", 404)])
def test_others_see_no_measures_of_a_place(world: World, who: str, status: int) -> None:
    assert get(world, who, f"/api/v1/places/{B}/measures").status_code == status


@pytest.mark.parametrize(
    "query",
    ["from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "from=2020-01-01T00:00:00Z",
     "from=2026-03-01T00:00:00"],
)  # fmt: skip
def test_a_span_without_sense_is_refused(world: World, query: str) -> None:
    assert get(world, "bob", f"/api/v1/places/{A}/measures?{query}").status_code == 422


def test_no_cell_of_the_file_is_a_formula(world: World) -> None:
    hostile = [
        Figure(name, 1.0, "s", name)
        for name in ("=cmd|'/C calc'!A0", "+1", "-1", "@x", "\t=1", " =1")
    ]
    for line in to_csv("fenbridge", hostile).splitlines()[1:]:
        assert ",'" in line or ",\"'" in line
    answer = get(world, "bob", f"/api/v1/places/{A}/measures.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.startswith("place,figure,value")


def test_figures_of_the_same_log_are_the_same_rounded_or_left_out(world: World) -> None:
    now_us = microseconds(world.now)
    with world.database.connect() as connection:
        found = of_place(
            connection, world.resources.places[A], now_us - 28 * DAY_US, now_us, now_us
        )
    exact = [figure.name for figure in figures(found, exactly, 9.0)]
    assert [figure.name for figure in figures(found, suppressed, 9.0)] == exact


def test_the_command_prints_them(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    from api.measure_commands import measures

    settings = Path(world.folder) / "site.toml"
    settings.write_text(f'data = "{world.folder}"\n', "utf-8")
    measures(A, "2026-02-20", "2026-03-04", as_csv=False, settings=settings)
    assert "acknowledged within 60 s of event" in capsys.readouterr().out


def test_the_page_shows_response_beside_the_standard_and_each_row_opens_its_arithmetic(
    world: World,
) -> None:
    page = get(world, "bob", "/measures").text
    assert "Within 60 s" in page
    assert "97.5% of calls" in page
    assert "about answering calls at a monitoring centre, another thing" in page
    assert page.count("<tr") - page.count("<thead") == page.count(
        '<details class="govuk-details stillwell-details"'
    )
    assert "95 % interval" in page


def test_the_page_gives_the_same_figures_as_its_file(world: World) -> None:
    page = get(world, "bob", "/measures?days=7").text
    address = page.partition('href="/api/v1/places/')[2].partition('"')[0].replace("&amp;", "&")
    rows = list(csv.DictReader(get(world, "bob", f"/api/v1/places/{address}").text.splitlines()))
    assert len(rows) > 20
    for row in rows:
        assert row["arithmetic"] in unescape(page), row["figure"]


def test_the_page_tells_a_commissioner_no_small_number(world: World) -> None:
    page = get(world, "carys", "/measures").text
    assert "too few to tell" in page
    assert "fewer than 5" in page
    assert not re.search(r": [1-4] alerts;|[; ][1-4] (of|alerts|counted|homes)\b", page)


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [("alice", "", 403), ("carys", f"?place={B}", 404), ("bob", "?days=5", 422)],
)
def test_the_page_is_refused_to_others_and_to_spans_it_does_not_know(
    world: World, who: str, query: str, status: int
) -> None:
    assert get(world, who, f"/measures{query}").status_code == status


def test_who_has_several_places_sees_them_beside_each_other(world: World) -> None:
    account(world.database, "Hub", (A, Role.HUB_OPERATOR), (B, Role.HUB_OPERATOR))
    page = get(world, "hub", f"/measures?place={B}").text
    assert "By place" in page
    for place in (A, B):
        assert page.count(world.resources.places[place].name) >= 2
