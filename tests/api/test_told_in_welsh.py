"""What budgets come to and why the service is not ready is told whole in Welsh."""

import re
from pathlib import Path

import pytest

from alerts.action import Calibrated
from alerts.budget import Calibration
from api import health
from api.detector_report import budget_text
from api.health import Beat
from api.web import language
from api.web.phrases import spoken
from config.places import Place
from tests.alerts.world import place

DAY_US = 86_400_000_000
ENOUGH = Calibration(2.1, 9.2, 6.9, 12.3, 4.0, 310, 280, 56, is_at_edge=False)
FEW = Calibration(2.1, 9.2, 6.9, 12.3, 4.0, 20, 300, 56, is_at_edge=False)
PATIENT = Calibration(6.0, 12.4, 9.9, 15.0, 4.0, 310, 280, 56, is_at_edge=True)
STRICT = Calibration(0.5, 4.2, 2.9, 6.3, 4.0, 310, 280, 9, is_at_edge=True)
OWN = {"silence_z": 3.0}
PROBE = Path(__file__).parents[2] / "ingest" / "probe.py"


@pytest.mark.parametrize(
    ("found", "is_applied", "own"),
    [
        (None, False, {}),
        (ENOUGH, True, {}),
        (ENOUGH, False, OWN),
        (FEW, False, {}),
        (PATIENT, True, {}),
        (STRICT, False, {}),
    ],
    ids=["no-day", "in-force", "own-threshold", "too-few", "patient", "few-days"],
)
def test_every_sentence_of_a_budget_has_its_welsh(
    found: Calibration | None, is_applied: bool, own: dict[str, float]
) -> None:
    of: Place = place().model_copy(update={"alert_budget": 9.0, "detectors": own})
    last = None if found is None else Calibrated("fenbridge", DAY_US, 9.0, found, is_applied)
    english = budget_text(last, of)
    with language.speaking("cy"):
        welsh = [spoken(one) for one in budget_text(last, of)]
    assert [one for one in english if not one.endswith(".")] == []
    assert len(welsh) == len(english)
    for was, now in zip(english, welsh, strict=True):
        assert now != was, was
        assert "homes" not in now, now
    assert re.findall(r"\d+\.\d", english[0]) == re.findall(r"\d+\.\d", welsh[0])


def test_every_reason_for_not_being_ready_has_its_welsh() -> None:
    bad = {
        "is_connected": False,
        "stuck_s": 40.0,
        "journal_error": "disk",
        "engine_error": "OSError",
        "engine_beat_s": 99.0,
        "keeper_beat_s": 99.0,
        "outbox_beat_s": {"email": 300.0},
        "behind_s": 90.0,
        "broker_problems": probe_problems(),
    }
    told = health.reasons(None, 0)
    told += health.reasons(Beat("worker", 0, 0, True, {}), 100 * 1_000_000)
    told += health.reasons(Beat("worker", 0, 0, True, bad), 0)
    assert len(told) >= 13
    with language.speaking("cy"):
        assert [one for one in told if spoken(one) == one] == []


def probe_problems() -> list[str]:
    """Return what the probe may find wrong, its numbers filled in, as its code has it."""
    calls = re.findall(r"problems\.append\(\s*((?:f?\"[^\"]*\"\s*)+)\)", PROBE.read_text("utf-8"))
    texts = ["".join(re.findall(r'"([^"]*)"', call)) for call in calls]
    assert len(texts) >= 5
    return [re.sub(r"\{[^}]*\}", "1,234", text) for text in texts]
