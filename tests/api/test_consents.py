"""``stillwell consent``: recorded, shown, withdrawn and due, in the name of who may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.api.life import A
from tests.api.world import NOW, World, make_world

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
        ("decision.toml", f"{A}-home-2", "alice", "is no supervisor or officer"),
        ("decision.toml", f"{A}-home-2", "charlie", "is no supervisor or officer"),
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


def test_a_decision_of_after_the_first_reading_is_refused_until_an_earlier_one_is_kept(
    tmp_path: Path,
) -> None:
    world, home = make_world(tmp_path), f"{A}-home-1"
    world.write_store()  # four weeks up to NOW
    before, within = NOW - np.timedelta64(40, "D"), NOW - np.timedelta64(2, "D")
    for decided, is_kept in ((within, False), (before, True), (within, True)):
        day = decided.astype("datetime64[D]").item()
        text = DECISION.format(yesterday=day, review=day + timedelta(days=360))
        kinds = ("motion", "contact", "power", "bed", "temperature", "humidity", "smoke")
        text += "".join(f'{kind} = "to see that all is well"\n' for kind in kinds)
        (tmp_path / "decision.toml").write_text(text, "utf-8")
        words = ("record", str(tmp_path / "decision.toml"), "--home", home)
        with patch("config.consents.mistakes", lambda *_: []):  # the days are in the past
            said = run(world, *words, "--by", "bob@example.org").output
        assert ("is watched by consent" in said) is is_kept, said
        assert ("readings of this home are kept since" in said) is not is_kept
