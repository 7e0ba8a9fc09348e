"""Every kind of alert has one detector that can be switched, or is always live on purpose."""

from alerts.alert import CONTINUING, LIFE_SAFETY, PRIORITY, SILENCES, AlertKind, Priority
from alerts.modes import ALWAYS_LIVE, DETECTORS, EPISODES, Mode, Modes


def test_every_kind_belongs_to_one_detector_or_is_always_live() -> None:
    for kind in AlertKind:
        found = [detector.key for detector in DETECTORS if kind in detector.kinds]
        expected = 0 if kind in ALWAYS_LIVE else 1
        assert len(found) == expected, (
            f"{kind.value} is of {found or 'no detector'}: "
            "add it to one of DETECTORS in alerts/modes.py, or to ALWAYS_LIVE with a dated reason"
        )


def test_nothing_that_saves_a_life_can_be_switched_off() -> None:
    off = Modes({("anywhere", detector.key): Mode.OFF for detector in DETECTORS})
    for kind in (*LIFE_SAFETY, AlertKind.UNWATCHED_HOME):
        assert off.of_kind("anywhere", kind) is Mode.LIVE


def test_no_risk_to_a_person_counts_as_a_thing_of_the_past() -> None:
    """It would not be raised by a switch to live while it stands."""
    assert {PRIORITY[kind] for kind in EPISODES} == {Priority.P3}
    assert not EPISODES & (SILENCES | CONTINUING | ALWAYS_LIVE)


def test_every_detector_says_what_it_looks_for() -> None:
    keys = [detector.key for detector in DETECTORS]
    assert len(keys) == len(set(keys))
    for detector in DETECTORS:
        assert detector.title
        assert detector.looks_for.endswith(".")
