"""What `stillwell replay` is given on the command line, and what becomes of it."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts import tables
from api import wiring
from api.exits import Exit
from api.site import Site, create
from config import registry
from config.database import connect
from config.kinds import Kind
from ingest.clock import instant
from ingest.store.embedded import open_store_readonly
from sensors_sim.recorded_files import open_recording
from sensors_sim.recording import Recording
from tests.make import enrolment
from tests.servers import free_port

SCENARIO = """
seed = 5
days = 2
end = 2026-11-22T12:00:00Z
places = ["fenbridge"]
homes_per_place = 2
zigbee_homes_per_place = 1
incident = [
  {kind = "smoke", place = "fenbridge", home = 2, before_end_h = 20},
  {kind = "gateway-offline", place = "fenbridge", home = 1, before_end_h = 16},
]
fault = [{kind = "late", place = "fenbridge", home = 2, by_s = 900, before_end_h = 40, lasts_h = 9}]
"""
Reading = tuple[str, int, float]


def _site(folder: Path, first: int = 1) -> Site:
    """Return an installation with one home, of this number, that nothing is said of."""
    own = enrolment(1, first=first)
    site, _ = create(folder, own, broker_port=free_port(), web_port=free_port(), clock="virtual")
    return site


def _stillwell(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "api", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _replay(site: Site, *words: str | Path) -> str:
    said = _stillwell("replay", *words, "--in-process", "--settings", site.settings)
    assert said.returncode == Exit.OK, said.stderr
    return said.stdout


def _stored(site: Site) -> set[Reading]:
    """Return (sensor id, milliseconds, value) of all that the store holds of sensors.

    What gateways say of themselves is left out: of half an hour only the last is told.
    """
    store = open_store_readonly(wiring.files(wiring.read_settings(site.settings)).store)
    with connect(site.database_url).connect() as connection:
        table = registry.load(connection)
    found: set[Reading] = set()
    for home in table.homes:
        batch = store.read(home, instant(0), instant(2**52))
        found |= {
            (table.sensors[sensor].id, time_us // 1000, value)
            for sensor, time_us, value in zip(
                batch.sensor.tolist(),
                batch.time.astype("int64").tolist(),
                batch.value.tolist(),
                strict=True,
            )
            if table.sensors[sensor].kind is not Kind.GATEWAY_STATUS
        }
    store.close()
    return found


def _alerts(site: Site) -> list[tuple[object, ...]]:
    """Return id, kind, home and onset of every alert of the homes that were replayed."""
    a = tables.alerts.c
    with connect(site.database_url).connect() as connection:
        rows = connection.execute(select(a.id, a.kind, a.home, a.onset_us).order_by(a.id))
        return [tuple(row) for row in rows if not row.home.startswith("home-")]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "two-days.toml"
    file.write_text(SCENARIO, "utf-8")
    return file


@pytest.mark.slow
def test_a_scenario_is_replayed_and_its_store_replayed_again_with_the_same_alerts(
    tmp_path: Path, scenario: Path
) -> None:
    first, again = _site(tmp_path / "first"), _site(tmp_path / "again", 9)
    said = _replay(first, scenario)
    assert "two-days: " in said
    assert "messages taken in" in said
    store = ("--store", first.settings, "--from", "2026-11-20", "--to", "2026-11-23")
    assert "refused" not in _replay(again, *store)

    assert {kind for _, kind, _, _ in _alerts(first)} >= {"smoke", "gateway-silent"}
    assert _alerts(again) == _alerts(first)
    assert len(_stored(first)) > 2_000
    assert _stored(again) == _stored(first)


@pytest.mark.slow
def test_a_scenario_written_to_a_file_is_replayed_reading_by_reading(
    tmp_path: Path, scenario: Path
) -> None:
    for name in ("homes.csv", "homes.parquet"):
        written = _stillwell("simulate", scenario, "--out", tmp_path / name)
        assert written.returncode == Exit.OK, written.stderr
        site = _site(tmp_path / name.replace(".", "-"))
        said = _replay(site, tmp_path / name, "--place", "fenbridge")
        assert "refused" not in said
        assert len(_stored(site)) == _distinct(tmp_path / name)
        assert "smoke" in {kind for _, kind, _, _ in _alerts(site)}


def _distinct(file: Path) -> int:
    """Return how many different readings of sensors a file holds."""
    recording = open_recording(file)
    assert isinstance(recording, Recording)
    made = recording.readings
    rows = zip(made.sensor.tolist(), (made.time_us // 1000).tolist(), made.value, strict=True)
    return len({row for row in rows if recording.sensors[row[0]].kind is not Kind.GATEWAY_STATUS})


def test_dirt_is_counted_and_told(tmp_path: Path) -> None:
    file = tmp_path / "dirty.csv"
    file.write_text(
        "time,sensor,value\n"
        "2026-11-22T07:31:00Z,hall motion,1\n"
        "2026-11-22T07:30:00Z,hall motion,1\n"
        "2026-11-22T07:30:00Z,hall motion,1\n"
        "2026-11-22T07:32:00Z,living room temperature,85\n",
        "utf-8",
    )
    site = _site(tmp_path / "site")
    said = _replay(site, file, "--place", "fenbridge")
    assert "dirty.csv: 1 rows were earlier than the row before: sorted\n" in said
    assert "dirty.csv: 1 rows repeat another one: each counts once\n" in said
    assert "refused, and kept as dead letters: 1 implausible\n" in said
    assert len(_stored(site)) == 2
    assert "here already" not in said
    assert "but it is 2026-11-22T07:5" in _replay(site, file, "--place", "fenbridge")
    assert len(_stored(site)) == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "nothing to replay, expected a scenario, a recorded file or --store FOLDER"),
        (["no-such-thing"], "no-such-thing cannot be read, expected a TOML file or one of: demo"),
        (["gone.csv", "--place", "fenbridge"], "recording: gone.csv cannot be read"),
        (["gone.csv"], "gone.csv names no place; say where it goes with --place"),
        (["notes.txt", "--place", "fenbridge"], "notes.txt is of no known kind, expected .csv"),
        (["demo", "--place", "fenbridge"], "demo is a scenario, which says its places"),
        (["demo", "--from", "2026-11-20"], "--from and --to are for --store"),
        (["demo", "--store", "."], "demo and --store are both given, expected one"),
    ],
)
def test_words_that_make_no_sense_are_told(tmp_path: Path, words: list[str], told: str) -> None:
    settings = tmp_path / "site.toml"
    settings.write_text(f'data = "{tmp_path / "data"}"\nclock = "virtual"\n', "utf-8")
    said = _stillwell("replay", *words, "--in-process", "--settings", settings)
    assert said.returncode == Exit.WRONG_INPUT
    assert told in said.stderr
    assert "Traceback" not in said.stderr
