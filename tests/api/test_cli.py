import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.exits import Exit
from config import registry
from config.database import connect

RUN = CliRunner()
COMMANDS = (
    "demo",
    "worker",
    "web",
    "migrate",
    "simulate",
    "replay",
    "rehearse",
    "enrol",
    "account",
    "check",
    "detectors",
)
HOME = """
[[home]]
place = "fenbridge"
label = "Home 61, Larch Row"

[[home.sensor]]
dialect = "zigbee2mqtt"
address = "hall/motion"
kind = "motion"
room = "hall"
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings file of an installation whose broker does not run."""
    file = tmp_path / "site.toml"
    file.write_text(f'data = "{tmp_path / "data"}"\n[mqtt]\nport = 9\n', "utf-8")
    monkeypatch.setenv("STILLWELL_SETTINGS", str(file))
    return file


def _stillwell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "api", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_its_use(command: str) -> None:
    shown = RUN.invoke(app, [command, "--help"])

    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 8


def test_the_first_help_says_where_to_start_and_what_exit_codes_mean() -> None:
    shown = RUN.invoke(app, ["--help"])

    assert "stillwell demo" in shown.output
    assert "3 not ready" in shown.output
    assert all(command in shown.output for command in COMMANDS)


@pytest.mark.parametrize("command", ["worker", "web", "migrate", "check"])
def test_a_setting_out_of_range_stops_the_start_with_one_line(command: str) -> None:
    ended = _stillwell(command, STILLWELL_MQTT__PORT="0")

    assert ended.returncode == Exit.WRONG_INPUT
    assert ended.stderr == (
        "settings: mqtt.port is '0', expected 1..65535 (STILLWELL_MQTT__PORT)\n"
    )


@pytest.mark.parametrize("command", ["worker", "web"])
def test_a_database_that_is_not_migrated_is_told_with_the_way_out(site: Path, command: str) -> None:
    ended = _stillwell(command)

    assert ended.returncode == Exit.WRONG_INPUT
    assert "run `stillwell migrate`" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_homes_are_enrolled_and_a_second_time_refused(site: Path, tmp_path: Path) -> None:
    file = tmp_path / "homes.toml"
    file.write_text(HOME.replace("label", 'gateway = "gate-sixty-one"\nlabel'), "utf-8")
    assert RUN.invoke(app, ["migrate"]).exit_code == 0

    dry = RUN.invoke(app, ["enrol", str(file), "--dry-run"])
    first = RUN.invoke(app, ["enrol", str(file)])
    again = RUN.invoke(app, ["enrol", str(file)])

    assert "nothing was saved" in dry.output
    assert "stillwell/v1/fenbridge/gate-sixty-one/" in first.output
    assert again.exit_code == Exit.WRONG_INPUT
    with connect(f"sqlite:///{tmp_path / 'data' / 'stillwell.db'}").connect() as connection:
        assert len(registry.homes(connection)) == 1


def test_a_wrong_enrolment_file_saves_nothing_and_lists_every_mistake(
    site: Path, tmp_path: Path
) -> None:
    file = tmp_path / "homes.toml"
    file.write_text(HOME + HOME.replace("fenbridge", "nowhere-at-all"), "utf-8")
    RUN.invoke(app, ["migrate"])

    ended = _stillwell("enrol", str(file), STILLWELL_SETTINGS=str(site))

    assert ended.returncode == Exit.WRONG_INPUT
    assert "home.1.place is 'nowhere-at-all'" in ended.stderr


def test_an_account_is_opened_once_and_its_password_shown_once(site: Path) -> None:
    RUN.invoke(app, ["migrate"])
    words = ["account", "ann@council.example", "--name", "Ann", "--place", "fenbridge"]

    opened = RUN.invoke(app, [*words, "--role", "operator"])
    again = RUN.invoke(app, [*words, "--role", "operator"])
    unknown = _stillwell(*words, "--role", "king", STILLWELL_SETTINGS=str(site))

    assert "it is not shown again" in opened.output
    assert again.exit_code == Exit.WRONG_INPUT
    assert "there is no role 'king'" in unknown.stderr


def test_check_says_what_is_not_ready_and_what_to_do(site: Path) -> None:
    before = RUN.invoke(app, ["check"])
    RUN.invoke(app, ["migrate"])
    after = RUN.invoke(app, ["check"])

    assert before.exit_code == after.exit_code == Exit.NOT_READY
    assert "NOT READY  database" in before.output
    assert "stillwell migrate" in before.output
    assert "ready      database" in after.output
    assert "NOT READY  broker: nobody answers on 127.0.0.1:9" in after.output
    assert "NOT READY  worker: The worker has not started" in after.output


def test_replay_refuses_what_it_cannot_do(site: Path, tmp_path: Path) -> None:
    RUN.invoke(app, ["migrate"])
    file = tmp_path / "recording.csv"
    file.write_text("time,sensor\n", "utf-8")
    words = ("replay", str(file), "--place", "fenbridge")
    virtual = {"STILLWELL_SETTINGS": str(site), "STILLWELL_CLOCK": "virtual"}

    by_wall = _stillwell(*words, STILLWELL_SETTINGS=str(site))
    without_value = _stillwell(*words, **virtual)
    elsewhere = _stillwell("replay", str(file), "--place", "atlantis-1", **virtual)

    assert 'clock = "virtual"' in by_wall.stderr
    assert "value" in without_value.stderr
    assert "expected one of abercoed, fenbridge, northmoor" in elsewhere.stderr
    assert all(each.returncode == Exit.WRONG_INPUT for each in (by_wall, without_value, elsewhere))
