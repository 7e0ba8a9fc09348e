"""Pauses by command, by REST and on the page of the home."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from api.cli import app
from api.exits import Exit
from config import audit, pause_rows, registry, tables
from config.roles import Role
from ingest.clock import SystemClock, microseconds
from tests.api.life import A, B
from tests.api.test_detector_commands import SAM, database, flat
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

__all__ = ["database"]
RUN = CliRunner()
HOME = f"{A}-home-1"


def pause(*words: str) -> Result:
    return RUN.invoke(app, ["pause", *words])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_home_is_paused_extended_and_watched_again_by_command(database: Engine) -> None:
    assert "no home is paused, and none was in 28 days" in pause("--place", "fenbridge").output
    good = ("--home", "home-000003", "--reason", "hospital", "--by", SAM)
    made = pause("begin", *good, "--until", "2026-12-20 12:00")
    assert made.exit_code == Exit.OK, made.output
    assert "number 1: paused for a hospital stay, from" in flat(made.output)
    longer = pause("extend", "1", "--until", "2026-12-28 12:00", "--by", SAM)
    assert longer.exit_code == Exit.OK, longer.output
    assert "until 28 Dec 2026" in flat(longer.output) or "28 December" in flat(longer.output)
    assert pause("end", "1", "--by", SAM).exit_code == Exit.WRONG_INPUT
    ended = pause("end", "2", "--by", SAM)
    assert "the home is watched again" in flat(ended.output)
    assert "ended by Sam Example on" in flat(pause().output)
    with database.connect() as connection:
        table = registry.load(connection)
        now_us = microseconds(SystemClock().now())
        assert not any(p.covers(now_us) for p in table.pauses)
        said = select(tables.audit.c.subject).where(tables.audit.c.what == "setting")
        assert set(connection.execute(said).scalars()) >= {"pause:1", "pause:2"}
        assert audit.verify(connection) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--reason", "bored"), "reason is 'bored', expected one of hospital, holiday, works"),
        (("--until", "tomorrow"), "'tomorrow' is not a date and time, expected such as"),
        (("--until", "2026-01-01 12:00"), "it ends before it begins; say an end after"),
        (("--until", "2028-01-01 12:00"), "longer than 92 days; say an earlier end"),
        (("--from", "2026-01-01 12:00"), "begins in the past"),
        (("--home", "home-999999"), "there is no home 'home-999999'"),
        (("--by", "nobody@council.example"), "has no account"),
    ],
)
def test_what_is_wrong_with_a_pause_is_said_and_nothing_is_kept(
    database: Engine, words: tuple[str, ...], told: str
) -> None:
    good = {"--home": "home-000003", "--reason": "works", "--by": SAM}
    good |= {"--until": "2026-12-20 12:00"} | dict(zip(words[::2], words[1::2], strict=True))
    answer = pause("begin", *(word for pair in good.items() for word in pair))
    assert answer.exit_code == Exit.WRONG_INPUT
    assert told in flat(answer.output)
    with database.connect() as connection:
        assert pause_rows.read(connection) == []


def test_two_pauses_never_cover_one_time(database: Engine) -> None:
    good = ("--home", "home-000003", "--reason", "works", "--by", SAM)
    assert pause("begin", *good, "--until", "2026-12-20 12:00").exit_code == Exit.OK
    again = pause("begin", *good, "--until", "2026-12-10 12:00")
    assert again.exit_code == Exit.WRONG_INPUT
    assert "end that one first, or extend it" in flat(again.output)


def test_rest_pauses_ends_and_shows(world: World) -> None:
    alice, path = Visit(world.app, "alice"), f"/api/v1/homes/{HOME}/pauses"
    wish = {"reason": "holiday", "until": "2026-03-09T12:00:00Z", "why": "at the sea"}
    made = alice.send(path, wish)
    assert made.status_code == 200, made.text
    assert made.json()["state"] == "paused"
    assert alice.send(path, wish).status_code == 422
    longer = alice.send(f"{path}/1/extend", {"until": "2026-03-12T12:00:00Z"}).json()
    assert (longer["number"], longer["until"]) == (2, "2026-03-12T12:00:00Z")
    assert alice.send(f"{path}/2/end").status_code == 204
    assert alice.send(f"{path}/2/end").status_code == 404
    states = [p["state"] for p in alice.get(f"/api/v1/places/{A}/pauses").json()["pauses"]]
    assert states == ["over", "over"] or states == ["over"]
    other = f"/api/v1/homes/{B}-home-1/pauses"
    assert alice.send(other, wish).status_code == 404
    assert alice.get(f"/api/v1/places/{B}/pauses").status_code == 404
    assert alice.send(path, wish | {"until": "2026-03-01T12:00:00Z"}).status_code == 422


def test_the_page_pauses_a_home_says_so_and_answers_what_was_asked(world: World) -> None:
    account(world.database, "Olga", (A, Role.OFFICER))
    olga = Visit(world.app, "olga")
    assert "Pause this home" in olga.get(f"/homes/{HOME}").text
    wrong = olga.post(f"/homes/{HOME}/pauses", {"until": "2026-03-09T12:00", "why": "a ward"})
    assert wrong.status_code == 422
    assert "Select why the home is paused" in wrong.text
    assert 'value="a ward"' in wrong.text
    form = {"reason": "hospital", "until": "2026-03-09T12:00"}
    assert olga.post(f"/homes/{HOME}/pauses", form).status_code == 303
    shown = olga.get(f"/homes/{HOME}").text
    assert "Watching is paused for a hospital stay" in shown
    assert "are raised all the same" in shown
    early = olga.post(f"/homes/{HOME}/pauses/1/extend", {"until": "2026-03-01T12:00"})
    assert early.status_code == 422
    assert "Paused" in olga.get("/homes").text
    assert olga.post(f"/homes/{HOME}/pauses/1/end").status_code == 303
    assert "Watching is paused" not in olga.get(f"/homes/{HOME}").text
