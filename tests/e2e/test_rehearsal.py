"""An installation's own past, rehearsed: the same alerts, and what other settings would give."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from alerts import tables
from alerts.alert import Outcome
from alerts.ledger import Ledger
from alerts.modes import Mode
from alerts.switches import Switch, in_force, switch
from api import wiring
from api.cli import app
from api.delivery import Delivery
from api.fast_path import feed
from api.rehearsal import Rehearsed, Request, rehearse_place
from config import registry
from config.database import connect
from config.homes import HomeState
from config.places import FOLDER
from config.settings import Settings
from ingest.clock import instant
from sensors_sim.recording import Slice
from sensors_sim.reels import of_scenario
from sensors_sim.replay import Reel
from sensors_sim.scenario import parse
from tests.e2e.paths import site_of
from tests.e2e.test_paths_equal import FAULTS, SCENARIO

HOUR = 3_600_000_000
RUN = CliRunner()
PLACES = ("fenbridge", "abercoed")


def until(reel: Reel, end_us: int) -> Reel:
    """Return the reel as far as this moment."""

    def cut(slice_us: int) -> Iterator[Slice]:
        return takewhile(lambda part: part.end_us <= end_us, reel.cut(slice_us))

    return replace(reel, end_us=end_us, cut=cut)


def resolve_silences(settings: Settings, at_us: int) -> int:
    """Resolve every silence that stands, as a care worker would."""
    database = wiring.open_database(settings)
    a = tables.alerts.c
    query = select(a.id).where(a.kind == "no-sign-of-life", a.state == "open")
    with database.connect() as connection:
        ids = list(connection.execute(query).scalars())
    for alert in ids:
        Ledger(database).acknowledge(alert, "worker-000001", instant(at_us))
        Ledger(database).resolve(
            alert, "worker-000001", Outcome.SPOKEN_TO, "", instant(at_us + 60_000_000)
        )
    return len(ids)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Reel, Path]:
    """Return an installation that lived through every fault, a restart and changes meanwhile."""
    folder = tmp_path_factory.mktemp("lived")
    reel = of_scenario(parse(FAULTS + SCENARIO, file="test"))
    site = site_of(reel, folder / "site")
    stricter = folder / "places"
    stricter.mkdir()
    for file in FOLDER.glob("*.toml"):
        (stricter / file.name).write_bytes(file.read_bytes())
    more = "[limits]\nsilence_cap_h = 6\ncold_review_c = 20\n"
    (stricter / "fenbridge.toml").write_text((FOLDER / "fenbridge.toml").read_text() + more)
    settings = wiring.read_settings(site.settings)
    changed = settings.model_copy(update={"places": stricter})

    paused_us, end_us = reel.end_us - 40 * HOUR, reel.end_us
    resolved_us = end_us - 5 * HOUR
    asyncio.run(feed(settings, until(reel, paused_us)))
    set_state(settings, HomeState.PAUSED)
    asyncio.run(feed(changed, until(reel, paused_us + 6 * HOUR), after_us=paused_us))
    set_state(settings, HomeState.ACTIVE)
    set_mode(settings, Mode.SHADOW, paused_us + 6 * HOUR)
    asyncio.run(feed(changed, until(reel, resolved_us), after_us=paused_us + 6 * HOUR))
    set_mode(settings, Mode.LIVE, resolved_us)
    assert resolve_silences(settings, resolved_us) > 0
    wiring.files(settings).checkpoint.unlink()  # the next worker begins without a memory
    asyncio.run(feed(changed, reel, after_us=resolved_us))
    return changed, reel, site.settings


def set_state(settings: Settings, state: HomeState) -> None:
    with connect(settings.database).begin() as connection:
        homes = [h.id for h in registry.homes(connection) if h.place == "fenbridge"][1:2]
        registry.set_home_state(connection, homes, state)


def set_mode(settings: Settings, mode: Mode, at_us: int) -> None:
    """Switch what looks for cold homes, as a supervisor may."""
    with connect(settings.database).begin() as connection:
        account = next(s.account for s in in_force(connection))
        reason = "A fault in the thermometers."
        for place in PLACES:
            wish = Switch(place, "cold", mode, at_us, account, reason, without_evidence=reason)
            switch(connection, wish)


def rehearsed(lived: tuple[Settings, Reel, Path], place: str, **asked: object) -> Rehearsed:
    settings, reel, _ = lived
    request = Request(place, reel.start_us + HOUR, reel.end_us - HOUR)
    return rehearse_place(settings, replace(request, **asked))  # type: ignore[arg-type]  # by name


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_the_settings_of_the_time_give_exactly_what_happened(
    lived: tuple[Settings, Reel, Path], place: str
) -> None:
    result = rehearsed(lived, place)
    assert result.is_identical
    assert len(result.happened) > 3
    assert (result.gaps, result.other_code) == ([], 0)
    assert place != "fenbridge" or result.happened.returns.sum() > 0


@pytest.mark.slow
def test_a_candidate_says_what_it_changes_and_what_it_costs(
    lived: tuple[Settings, Reel, Path], tmp_path: Path
) -> None:
    candidate = tmp_path / "try.toml"
    candidate.write_text("[limits]\nsilence_cap_h = 4\ncold_review_c = 21.5\n")
    _, reel, file = lived
    said = RUN.invoke(
        app,
        [
            *("rehearse", "--place", "abercoed", "--settings", str(candidate)),
            *("--from", moment(reel.start_us + HOUR), "--to", moment(reel.end_us - HOUR)),
            *("--out", str(tmp_path / "r.json"), "--site", str(file)),
        ],
    )
    assert said.exit_code == 0, said.output
    told = json.loads((tmp_path / "r.json").read_text())
    page = (tmp_path / "r.html").read_text()
    assert told["identical"] is True
    assert told["settings"]["cold_review_c"] == [18.0, 21.5]
    assert told["kinds"]["cold-home"]["added"] > 0
    assert sum(told["bills"]["after"]["count"].values()) == len(
        [a for a in told["alerts"] if a["after_us"] is not None]
    )
    assert "cold_review_c: 18.0 before, 21.5 after." in said.output
    assert "Nothing was sent" in page
    assert " x 6 min = " in page
    assert " x 6 min = " in said.output


def moment(us: int) -> str:
    return f"{instant(us).astype('datetime64[s]')}Z"


@pytest.mark.slow
def test_perfect_delivery_raises_what_really_happened_in_the_homes(
    lived: tuple[Settings, Reel, Path],
) -> None:
    result = rehearsed(lived, "abercoed", delivery=Delivery.ORDERED)
    assert result.is_identical is None
    received = rehearsed(lived, "abercoed")
    smoke = received.happened.id[received.happened.kind == "smoke"]
    assert len(smoke) > 0
    assert np.isin(smoke, result.after.id).all()
    assert set(result.after.kind.tolist()) <= set(received.after.kind.tolist())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "start", "stop", "more", "told"),
    [
        ("nowhere", "2026-11-19", "2026-11-20", [], "no place 'nowhere'"),
        ("fenbridge", "2026-11-20", "2026-11-19", [], "swap them"),
        ("fenbridge", "2026-11-01", "2026-11-20", [], "what is kept"),
        ("fenbridge", "2026-11-19", "2026-12-20", [], "what is kept"),
        ("fenbridge", "soon", "2026-11-20", [], "expected a day"),
        ("fenbridge", "2026-11-19", "2026-11-20", ["--settings", "x"], "x cannot be read"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    lived: tuple[Settings, Reel, Path],
    place: str,
    start: str,
    stop: str,
    more: list[str],
    told: str,
) -> None:
    words = ["rehearse", "--place", place, "--from", start, "--to", stop, *more]
    said = RUN.invoke(app, [*words, "--site", str(lived[2])])
    assert said.exit_code == 2
    assert told in said.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[limits]\nsilence_cap = 4\n", "limits.silence_cap is not a known key"),
        ("[limits]\nsilence_cap_h = 40\n", "limits.silence_cap_h is 40, expected 4"),
        ("[detectors]\nsilense_z = 2\n", "silense_z is not a known parameter"),
        ("[limits\n", "is not TOML"),
    ],
)
def test_a_wrong_candidate_is_told_with_what_was_expected(
    lived: tuple[Settings, Reel, Path], tmp_path: Path, content: str, told: str
) -> None:
    candidate = tmp_path / "try.toml"
    candidate.write_text(content)
    words = ["rehearse", "--place", "fenbridge", "--from", "2026-11-19", "--to", "2026-11-20"]
    said = RUN.invoke(app, [*words, "--settings", str(candidate), "--site", str(lived[2])])
    assert said.exit_code == 2
    assert told in said.output
    assert "try.toml" in said.output
