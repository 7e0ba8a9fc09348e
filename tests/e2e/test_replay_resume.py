"""A replay that was stopped goes on where it stopped, and ends with the same alerts."""

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api import replay_position, wiring
from api.exits import Exit
from api.fast_path import feed
from api.site import Site
from sensors_sim.reels import of_scenario
from sensors_sim.replay import Watch, replay
from sensors_sim.scenario import Scenario, parse
from tests.e2e.paths import Alerts, alerts_of, has_seen_all, in_process, site_of
from tests.e2e.stack import running, until
from tests.e2e.test_paths_equal import FAULTS, SCENARIO

TEXT = FAULTS + SCENARIO
STOPS = (0.31, 0.8)


def _stopping_at(scenario: Scenario, share: float) -> Watch:
    """Return what stops a replay once this share of the days has been told."""
    reel = of_scenario(scenario)
    at_us = reel.start_us + share * (reel.end_us - reel.start_us)
    reached = [0]
    return Watch(lambda now_us, _sent: reached.__setitem__(0, now_us), lambda: reached[0] >= at_us)


def _reached(watch: Watch) -> int:
    """Return the moment that this watch was told of last."""
    cell = watch.on_progress.__closure__
    assert cell is not None
    last: int = cell[0].cell_contents[0]
    return last


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Alerts:
    return in_process(parse(TEXT, file="test"), tmp_path_factory.mktemp("whole") / "site")


@pytest.mark.slow
def test_in_process_it_ends_with_the_same_alerts(tmp_path: Path, uninterrupted: Alerts) -> None:
    reel = of_scenario(parse(TEXT, file="test"))
    site = site_of(reel, tmp_path / "site")
    settings = wiring.read_settings(site.settings)
    after_us = None
    for share in STOPS:
        watch = _stopping_at(parse(TEXT, file="test"), share)
        asyncio.run(feed(settings, reel, after_us=after_us, watch=watch))
        after_us = _reached(watch)
        assert after_us < reel.end_us
    asyncio.run(feed(settings, reel, after_us=after_us))

    assert alerts_of(site.database_url) == uninterrupted


@pytest.mark.slow
def test_through_the_broker_it_ends_with_the_same_alerts(
    tmp_path: Path, uninterrupted: Alerts
) -> None:
    reel = of_scenario(parse(TEXT, file="test"))
    assert reel.enrolment is not None
    with running(tmp_path, reel.enrolment, clock="virtual", with_web=False) as stack:
        after_us = None
        for share in STOPS:
            watch = _stopping_at(parse(TEXT, file="test"), share)
            asyncio.run(replay(reel, stack.site.target(), after_us=after_us, watch=watch))
            after_us = _reached(watch)
            assert after_us < reel.end_us
        asyncio.run(replay(reel, stack.site.target(), after_us=after_us))
        until(lambda: has_seen_all(stack, reel.end_us), 120, "the engine has not seen everything")

        assert alerts_of(stack.site.database_url) == uninterrupted


def _site(tmp_path: Path) -> tuple[Site, Path]:
    file = tmp_path / "rough.toml"
    file.write_text(TEXT, "utf-8")
    return site_of(of_scenario(parse(TEXT, file="test")), tmp_path / "site"), file


def _command(site: Site, *words: str) -> list[str]:
    return [sys.executable, "-m", "api", "replay", *words, "--settings", str(site.settings)]


def _stillwell(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        _command(site, *words), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_ctrl_c_says_where_it_stopped_and_the_command_that_goes_on(
    tmp_path: Path, uninterrupted: Alerts
) -> None:
    site, file = _site(tmp_path)
    command = _command(site, str(file), "--in-process", "--speed", "40000")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == "replaying rough\n"
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
        assert process.wait(20) == Exit.STOPPED
    assert "stopped at 2026-11-1" in said
    assert " messages taken in. Go on with:\n" in said
    words = shlex.split(said.splitlines()[-1])
    assert words[0] == "stillwell"
    assert words[-1] == "--resume"
    assert (site.data / replay_position.FILE).exists()

    went_on = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "api", *words[1:]],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert went_on.returncode == Exit.OK, went_on.stderr
    assert "going on from 2026-11-1" in went_on.stdout
    assert not (site.data / replay_position.FILE).exists()
    assert alerts_of(site.database_url) == uninterrupted


def test_nothing_goes_on_that_was_not_stopped_or_has_changed(tmp_path: Path) -> None:
    site, file = _site(tmp_path)
    settings = wiring.read_settings(site.settings)
    never = _stillwell(site, str(file), "--in-process", "--resume")
    reel = of_scenario(parse(TEXT, file="test"))
    kept = replay_position.Position(
        "rough", reel.digest, "", reel.gateways[0], "in process", 0.0, reel.start_us + 1, 5
    )
    replay_position.save(settings.data, kept)
    by_broker = _stillwell(site, str(file), "--resume")
    file.write_text(TEXT.replace("seed = 11", "seed = 12"), "utf-8")
    changed = _stillwell(site, str(file), "--in-process", "--resume")
    (settings.data / replay_position.FILE).write_text("{", "utf-8")
    damaged = _stillwell(site, str(file), "--in-process", "--resume")

    assert "nothing was stopped in" in never.stderr
    assert "way is broker, but the replay that was stopped has in process" in by_broker.stderr
    assert "has changed since" in changed.stderr or "are not enrolled here" in changed.stderr
    assert "cannot be read" in damaged.stderr
    ended = (never, by_broker, changed, damaged)
    assert all(each.returncode == Exit.WRONG_INPUT for each in ended), [e.stderr for e in ended]
