"""Why a rehearsal failed is kept as a code and told in the reader's language."""

from pathlib import Path

import pytest
from sqlalchemy import update

from alerts import rehearsal_tables, rehearsals
from alerts.rehearsals import Failure, RehearsalState
from api import wiring
from api.exits import CommandFailed
from api.rehearsal import OutsidePast, PastMissing, Request, rehearse_place
from api.rehearsing import failure_of
from api.web.rehearse import FAILURES
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds
from ingest.sink import StoreBusy, StoreDown
from tests.api.life import DAY_US, A
from tests.api.rehearsed import keep_past, running
from tests.api.visits import Visit
from tests.api.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def fail(world: World, failure: Failure) -> str:
    """Let a rehearsal of Bob's fail; return its page."""
    number = running(world, "account-bob")
    with world.database.begin() as connection:
        now_us = microseconds(world.wall)
        rehearsals.end(connection, number, RehearsalState.FAILED, now_us, failure=failure)
    return f"/rehearse/{A}/{number}"


def test_every_reason_has_its_sentence() -> None:
    assert set(FAILURES) == set(Failure)


def test_the_page_tells_why_in_both_languages(world: World) -> None:
    keep_past(world)
    address, bob = fail(world, Failure.STORE_BEHIND), Visit(world.app, "bob")
    assert "the store has not taken all readings of these days yet" in bob.get(address).text
    bob.post("/language", {"language": "cy", "next": "/"})
    welsh = bob.get(address).text
    assert "the store has not" not in welsh
    assert "nid yw&#39;r storfa wedi cymryd" in welsh.replace("'", "&#39;")


def test_words_that_were_kept_instead_of_a_code_are_told_as_unknown(world: World) -> None:
    keep_past(world)
    address = fail(world, Failure.BROKEN)
    with world.database.begin() as connection:
        said = update(rehearsal_tables.rehearsals).values(problem="the store of /srv is away")
        connection.execute(said)
    page = Visit(world.app, "bob").get(address).text
    assert "why was not kept" in page
    assert "/srv" not in page


@pytest.mark.parametrize(
    ("problem", "failure"),
    [
        (PastMissing(Failure.STORE_DAMAGED, "a page is torn"), Failure.STORE_DAMAGED),
        (OutsidePast("rehearse: it reaches too far"), Failure.OUTSIDE),
        (StoreBusy("busy"), Failure.STORE_AWAY),
        (StoreDown("down"), Failure.STORE_AWAY),
        (ConfigProblem("settings: wrong"), Failure.SETTINGS),
        (CommandFailed("something else"), Failure.SETTINGS),
    ],
)
def test_what_stops_a_rehearsal_is_told_apart(problem: Exception, failure: Failure) -> None:
    assert failure_of(problem) is failure


def test_a_past_of_which_nothing_is_kept_is_a_reason(world: World) -> None:
    settings = Settings(data=world.folder)
    world.write_store()
    now_us = microseconds(world.now)
    assert A in wiring.places(settings)
    with pytest.raises(PastMissing) as raised:
        rehearse_place(settings, Request(A, now_us - DAY_US, now_us))
    assert raised.value.failure is Failure.NOTHING_KEPT
    assert str(raised.value).startswith("rehearse: nothing is kept")
