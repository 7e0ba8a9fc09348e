"""What is told of a whole place: an outage, by its gateways or by a hush over its homes."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.words import clock


def outage(place: str, *, lost: int, total: int, found_us: int) -> Finding:
    """Return the finding that most of a place's gateways went at once."""
    sentence = f"{lost} of {total} gateways of this place are lost at the same time."
    return _of_place(place, found_us, sentence, {"lost": lost, "total": total, "rule": "gateways"})


def hushed(
    place: str, zone: ZoneInfo, *, heard: int, expected: float, since_us: int, found_us: int
) -> Finding:
    """Return the finding that far fewer homes of a place are heard than should be."""
    sentence = (
        f"{heard} homes of this place were heard in the last hour, where about {expected:.0f} are "
        f"usual at this time of day; nothing has been heard of the others since "
        f"{clock(since_us, zone)} or before."
    )
    evidence = {
        "heard": heard,
        "expected": round(expected, 1),
        "since_us": since_us,
        "rule": "hush",
    }
    return _of_place(place, found_us, sentence, evidence)


def _of_place(place: str, found_us: int, sentence: str, evidence: Mapping[str, object]) -> Finding:
    return Finding(
        id=alert_id(place, AlertKind.OUTAGE, found_us),
        kind=AlertKind.OUTAGE,
        priority=PRIORITY[AlertKind.OUTAGE],
        verdict=Verdict.OUTAGE,
        place=place,
        home="",
        gateway="",
        sensor="",
        onset_us=found_us,
        found_us=found_us,
        sentence=sentence,
        evidence={**evidence, "decided_us": found_us},
    )
