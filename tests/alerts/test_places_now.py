"""A budget that somebody saves reaches a running engine, and the log names it from then on."""

from pathlib import Path

import numpy as np
import pytest

from tests.alerts.test_forgetting import STOP, lived, state_of
from tests.alerts.world import DAY, PLACE


def test_a_running_engine_goes_on_with_another_budget_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "engine.npz"
    world = lived(path)
    engine = world.engine
    before, signs = engine._places, state_of(world).sign_us.copy()
    others = {key: one.model_copy(update={"alert_budget": 3.0}) for key, one in before.items()}
    engine._places_now = lambda: others
    assert engine.take_up_places()
    assert not engine.take_up_places()  # they are what holds now
    np.testing.assert_array_equal(state_of(world).sign_us, signs)
    assert engine._watch.roster.place_budget.tolist() == [3.0]
    world.run(STOP + DAY)
    assert engine.checkpoint(path)
    assert engine._watch.places[PLACE].alert_budget == 3.0


def test_places_that_did_not_change_are_not_taken_up(tmp_path: Path) -> None:
    world = lived(tmp_path / "engine.npz")
    world.engine._places_now = lambda: dict(world.engine._places)
    assert not world.engine.take_up_places()


@pytest.mark.parametrize("is_saved", [False, True])
def test_nothing_is_taken_up_before_there_is_a_checkpoint(tmp_path: Path, is_saved: bool) -> None:
    from tests.alerts.world import World

    world = World(homes=1)
    places = world.engine._places
    world.engine._places_now = lambda: {
        key: one.model_copy(update={"alert_budget": 3.0}) for key, one in places.items()
    }
    if is_saved:
        world.run(STOP)
        assert world.engine.checkpoint(tmp_path / "engine.npz")
    assert world.engine.take_up_places() is is_saved


def test_an_engine_that_cannot_take_them_up_goes_on_with_all_that_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "engine.npz"
    world = lived(path)
    engine = world.engine
    before, signs = engine._places, state_of(world).sign_us.copy()
    engine._places_now = lambda: {
        key: one.model_copy(update={"alert_budget": 3.0}) for key, one in before.items()
    }

    def fail(_: Path) -> bool:
        raise OSError("the disk does not answer")

    monkeypatch.setattr(engine, "restore", fail)
    with pytest.raises(OSError, match="disk"):
        engine.take_up_places()
    assert engine._places is before
    np.testing.assert_array_equal(state_of(world).sign_us, signs)
