"""``stillwell consent``: recorded, shown, withdrawn and due, in the name of who may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.api.life import A
from tests.api.world import World, make_world

RUN = CliRunner()
TODAY = datetime.now(UTC).date()
YESTERDAY, REVIEW = TODAY - timedelta(days=1), TODAY + timedelta(days=20)
DECISION = """
basis = "consent"
decided_by = "person"
decided_on = {yesterday}
review_on = {review}
reference = "CASE-1"
[purpose]
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("consents"))
    kinds = ("motion", "contact", "power", "bed", "temperature", "humidity", "smoke")
    text = DECISION.format(yesterday=YESTERDAY, review=REVIEW) + "".join(
        f'{kind} = "to see that all is well"\n' for kind in kinds
    )
    (world.folder / "decision.toml").write_text(text, "utf-8")
    (world.folder / "wrong.toml").write_text(text.replace('"person"', '"neighbour"'), "utf-8")
    return world


def run(world: World, *words: str) -> Result:
    settings = world.folder / "site.toml"
    settings.write_text(f'data = "{world.folder}"\n', "utf-8")
    return RUN.invoke(app, ["consent", *words, "--settings", str(settings)])


def test_a_decision_is_recorded_listed_and_withdrawn(world: World) -> None:
    home, file = f"{A}-home-1", str(world.folder / "decision.toml")
    said = run(world, "record", file, "--home", home, "--by", "bob@example.org")
    assert said.exit_code == 0, said.output
    assert f"until its review on {REVIEW}" in said.output
    assert "to see that all is well" in run(world, "show", "--home", home).output
    due = run(world, "due", "--place", A).output
    assert f"home {home}: consent, decided by person on {YESTERDAY}" in due
    assert f"home {A}-home-2 is watched, but no decision is kept" in due
    words = ("withdraw", "--home", home, "--by", "bob@example.org", "--why", "asked for it")
    assert "nothing more is stored" in run(world, *words).output
    assert "ended: asked for it" in run(world, "show", "--home", home).output
    assert run(world, *words).exit_code == 2


@pytest.mark.parametrize(
    ("file", "home", "by", "says"),
    [
        ("wrong.toml", f"{A}-home-2", "bob", "decided_by is 'neighbour'"),
        ("decision.toml", f"{A}-home-2", "alice", "is no officer or supervisor"),
        ("decision.toml", f"{A}-home-2", "charlie", "is no officer or supervisor"),
        ("decision.toml", "nowhere-home", "bob", "there is no home"),
        ("absent.toml", f"{A}-home-2", "bob", "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_kept(
    world: World, file: str, home: str, by: str, says: str
) -> None:
    path = str(Path(world.folder) / file)
    said = run(world, "record", path, "--home", home, "--by", f"{by}@example.org")
    assert said.exit_code == 2
    assert says in said.output
    assert "no decision is kept" in run(world, "show", "--home", f"{A}-home-2").output
