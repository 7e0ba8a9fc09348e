"""Drafts for a council's files, written from what is configured and running."""

import re
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from alerts.detect.parameters import PARAMETERS
from alerts.detect.place_limits import LIMITS
from alerts.modes import DETECTORS, Mode
from alerts.switches import Switch, switch
from api import records_running, wiring
from api.cli import app
from api.records import documents
from api.records_lines import ASK
from config import override_rows, tables
from config.homes import HomeState
from config.kinds import Kind
from config.overrides import Override
from config.registry import enrol
from config.settings import Settings
from tests.api.life import A
from tests.api.world import World, make_world
from tests.make import enrolment

FILES = {"record-of-processing.md", "dpia-draft.md", "transparency-record.md"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def settings_of(world: World, **more: object) -> Settings:
    url = world.database.url.render_as_string(hide_password=False)
    return Settings(data=world.folder, database_url=url, **more)  # type: ignore[arg-type]


def drafts(world: World, settings: Settings | None = None) -> dict[str, str]:
    return documents(records_running.gather(settings or settings_of(world), A))


def switched(world: World, detector: str, mode: Mode) -> None:
    wish = Switch(A, detector, mode, 5, "account-bob", "Judged over four weeks.", "agreed")
    with world.database.begin() as connection:
        switch(connection, wish)


def test_every_draft_says_that_it_is_one_and_what_is_left_to_complete(world: World) -> None:
    made = drafts(world)
    assert set(made) == FILES
    for text in made.values():
        assert "**DRAFT**" in text.splitlines()[2]
        assert "claims no compliance" in text
        assert ASK in text
        assert "Fenbridge City Council" in text.splitlines()[0]


def test_detectors_stand_with_the_mode_in_which_they_run_here(world: World) -> None:
    switched(world, "inactivity", Mode.LIVE)
    switched(world, "cold", Mode.OFF)
    text = drafts(world)["transparency-record.md"]
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if "|" in line}
    assert rows["No sign of the person"].endswith("| live |")
    assert rows["Cold home"].endswith("| off |")
    assert rows["Hot home"].endswith("sent to nobody |")
    assert all(one.title in rows for one in DETECTORS)
    relied = next(line for line in text.splitlines() if line.startswith("Not sent here"))
    assert "No sign of the person" not in relied
    assert "Hot home" in relied


def test_a_parameter_that_differs_here_stands_out(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "places"
    folder.mkdir()
    for file in wiring.read_settings(None).places.glob("*.toml"):
        (folder / file.name).write_bytes(file.read_bytes())
    own = folder / f"{A}.toml"
    own.write_text(own.read_text("utf-8") + "\n[detectors]\nsilence_z = 3.5\n", "utf-8")
    text = drafts(world, settings_of(world, places=folder))["transparency-record.md"]
    line = next(line for line in text.splitlines() if line.startswith("| `silence_z`"))
    assert "| 2.4 | **3.5** | none |" in line
    rows = sum(line.startswith("| `") for line in text.splitlines())
    assert rows == len(PARAMETERS) + len(LIMITS)


def test_how_many_homes_have_a_setting_of_their_own_is_told_and_few_are_not_counted(
    world: World,
) -> None:
    def told() -> str:
        text = drafts(world)["transparency-record.md"]
        return next(line for line in text.splitlines() if line.startswith("| `room_z`"))

    assert "| 3 | 3 | none |" in told()
    with world.database.begin() as connection:
        made = enrol(connection, enrolment(7, first=100, place=A), now_us=1).homes
    for count, home in enumerate(made, 1):
        wish = Override(0, home.number, "room_z", 4.0, "account-bob", 5, "slow on the stairs")
        with world.database.begin() as connection:
            override_rows.write(connection, wish)
        if count == 1:
            assert "| 3 | 3 | fewer than 5 |" in told()
    assert "| 3 | 3 | 7 |" in told()


def test_kinds_stores_channels_and_retention_are_those_that_run(world: World) -> None:
    smtp = {"host": "mail.fenbridge.example"}
    settings = settings_of(world, smtp=smtp, store={"kind": "victoriametrics"})
    text = drafts(world, settings)["record-of-processing.md"]
    assert "| motion | 1 movement seen, 0 clear again" in text
    assert "| carbon-monoxide |" not in text or Kind.CARBON_MONOXIDE in _kinds(world)
    assert "Readings are in victoriametrics" in text
    assert "go out by email, webhook" in text
    assert "- Readings: 400 days" in text
    assert "shadow findings: 2922 days after they ended, ended daily." in text
    assert "- The journal, before the store has them and after: 4 days." in text


def _kinds(world: World) -> set[Kind]:
    with world.database.connect() as connection:
        return {Kind(one) for one in connection.execute(tables.sensors.select()).scalars()}


def test_few_homes_are_not_counted_and_canaries_are_none(world: World) -> None:
    text = drafts(world)["record-of-processing.md"]
    assert "- Homes that are active: fewer than 5" in text
    with world.database.begin() as connection:
        enrol(connection, enrolment(7, first=100), now_us=1)
        canaries = enrolment(9, first=200, state=HomeState.TEST)
        enrol(connection, canaries, now_us=1)
    assert "- Homes that are active: 10" in drafts(world)["record-of-processing.md"]
    assert "Homes that are test" not in drafts(world)["record-of-processing.md"]


def test_nobody_and_no_home_is_named(world: World) -> None:
    text = "".join(drafts(world).values())
    for word in ("Alice", "Bob", "home-1", "Larkspur", "account-"):
        assert word not in text


def test_it_is_a_command_and_never_writes_over_what_was_completed(
    world: World, tmp_path: Path
) -> None:
    site = tmp_path / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    site.write_text(f'data = "{tmp_path}"\ndatabase_url = "{url}"\n', "utf-8")
    words = ["records", "--place", A, str(tmp_path / "drafts"), "--settings", str(site)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert {path.name for path in (tmp_path / "drafts").iterdir()} == FILES
    assert re.search(r"dpia-draft.md: \d+ things to complete", done.output)
    again = CliRunner().invoke(app, words)
    assert (again.exit_code, "is there already" in again.output) == (2, True)
    wrong = CliRunner().invoke(app, [*words[:2], "nowhere00", *words[3:]])
    assert (wrong.exit_code, "no place 'nowhere00'" in wrong.output) == (2, True)


def test_a_webhook_and_holds_are_told(world: World) -> None:
    from config import holds

    with world.database.begin() as connection:
        row = {"place": A, "url": "https://case.example/hook", "secret": "s", "account": "x",
               "since_us": 1}  # fmt: skip
        connection.execute(insert(tables.webhooks).values(row))
        holds.place(connection, world.homes[A][0].id, "Inquiry 2026/17", "account-bob", 1)
    text = drafts(world)["record-of-processing.md"]
    assert "A webhook of the place gets events" in text
    assert "https://case.example" not in text
    assert "fewer than 5 homes are under a legal hold" in text
