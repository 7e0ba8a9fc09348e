"""Every detector behind the port, through the suite that all of them must pass."""

from functools import partial

import pytest

from alerts import tick
from alerts.alert import AlertKind
from alerts.detector import Detector
from alerts.modes import detector_of
from tests.alerts.houses import Houses
from tests.alerts.world import MINUTE
from tests.contracts.detectors import DetectorContract, MakeHouses


def _name(detector: Detector) -> str:
    return str(getattr(detector, "__name__", detector)).rpartition(".")[2]


@pytest.fixture(params=tick.DETECTORS, ids=_name)
def detector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Detector:
    chosen: Detector = request.param
    monkeypatch.setattr(tick, "DETECTORS", (chosen,))
    return chosen


@pytest.fixture
def make_houses() -> MakeHouses:
    return partial(Houses, tick=15 * MINUTE)


class TestDetectors(DetectorContract):
    """Runs once for each detector."""


@pytest.mark.parametrize("detector", tick.DETECTORS, ids=_name)
def test_every_kind_of_a_detector_is_switched_as_one(detector: Detector) -> None:
    kinds: frozenset[AlertKind] = getattr(detector, "KINDS", frozenset())
    assert len({detector_of(kind) for kind in kinds}) <= 1
