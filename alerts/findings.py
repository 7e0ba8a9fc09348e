"""Turns what the detectors decided into findings: ids, a plain sentence and the numbers.

Sentences say what was measured and hold no name and no address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.detect.columns import UNHEARD
from alerts.words import clock, span
from config.homes import Gateway, Home, Sensor

_WHY: Final = {
    "sensor": "its sensors are silent or unreachable",
    "gateway": "its gateway is silent",
    "outage": "its place has an outage",
    "link": "Stillwell has lost its own connection to the broker",
}


@dataclass(frozen=True, slots=True)
class Silence:
    """The numbers of one silence. ``is_seen`` is false for a home that never showed a sign.

    ``usual`` is what its longest silence of a day usually scores, known from so many ``days``.
    """

    sign_us: int
    is_seen: bool
    elapsed_us: int
    unseen_us: int
    score: float
    limit: float
    usual: float
    days: int
    floor_us: int
    cap_us: int
    visit_us: int | None = None
    """When a booked visitor last used the door since."""

    is_late: bool = False
    """Whether it began with readings that came when it was too long already."""


def no_sign(
    home: Home, zone: ZoneInfo, silence: Silence, verdict: Verdict, found_us: int
) -> Finding:
    """Return the finding that the person has shown no sign for too long."""
    start = clock(silence.sign_us, zone)
    since = f"since {start}" if silence.is_seen else f"since the first reading at {start}"
    sentence = f"No sign of movement {since} ({span(silence.elapsed_us)} when this was raised)"
    usual_us = int(silence.elapsed_us / silence.score) if silence.score > 0 else 0
    if usual_us:
        sentence += f"; usually something every {span(max(usual_us, 60_000_000))} at this time"
        sentence += " of day"
    sentence += "." + _unseen(silence)
    if silence.visit_us is not None:
        sentence += (
            f" In a booked visit the outside door was used at {clock(silence.visit_us, zone)}; "
            "what moved then may have been the visitor."
        )
    if verdict is Verdict.UNKNOWN:
        sentence += " Nothing shows whether the gateway still works."
    return _of_home(home, AlertKind.NO_SIGN_OF_LIFE, silence, verdict, found_us, sentence, usual_us)


def not_back(home: Home, zone: ZoneInfo, silence: Silence, found_us: int) -> Finding:
    """Return the finding that the person went out and has not been seen to come back."""
    start = clock(silence.sign_us, zone)
    sentence = f"The outside door was used at {start} and nothing has moved inside since "
    sentence += f"({span(silence.elapsed_us)} when this was raised).{_unseen(silence)}"
    return _of_home(home, AlertKind.NOT_BACK, silence, Verdict.AWAY, found_us, sentence, 0)


def _unseen(silence: Silence) -> str:
    if silence.unseen_us < 60_000_000:
        return ""
    return f" For another {span(silence.unseen_us)} of that time the home could not be seen."


def _of_home(
    home: Home,
    kind: AlertKind,
    silence: Silence,
    verdict: Verdict,
    found_us: int,
    sentence: str,
    usual_us: int,
) -> Finding:
    is_cap = silence.elapsed_us >= silence.cap_us
    evidence = {
        "last_sign_us": silence.sign_us,
        "decided_us": found_us,
        "silence_us": silence.elapsed_us,
        "unwatched_us": silence.unseen_us,
        "expected_missed": round(silence.score, 3),
        "limit": round(silence.limit, 3),
        "usual_longest": round(silence.usual, 3),
        "days_learned": silence.days,
        "floor_us": silence.floor_us,
        "cap_us": silence.cap_us,
        "usual_gap_us": usual_us,
        "visit_us": silence.visit_us,
        "rule": "cap" if is_cap else "score",
    }
    found = finding(kind, home, silence.sign_us, found_us, sentence, evidence, verdict)
    return replace(found, is_late=silence.is_late)


def cold(
    home: Home,
    zone: ZoneInfo,
    kind: AlertKind,
    onset_us: int,
    found_us: int,
    celsius: float,
    limit_c: float,
) -> Finding:
    """Return the finding that even the warmest room has been below a limit for its dwell."""
    start = clock(onset_us, zone)
    sentence = f"The warmest room is {celsius:.1f} °C; below {limit_c:g} °C since {start}."
    evidence = {"warmest_c": round(celsius, 2), "limit_c": limit_c, "decided_us": found_us}
    return finding(kind, home, onset_us, found_us, sentence, evidence, Verdict.PERSON)


def hot(
    home: Home,
    zone: ZoneInfo,
    kind: AlertKind,
    onset_us: int,
    found_us: int,
    celsius: float,
    limit_c: float,
) -> Finding:
    """Return the finding that even the coolest room has been above a limit for its dwell."""
    start = clock(onset_us, zone)
    sentence = f"The coolest room is {celsius:.1f} °C; above {limit_c:g} °C since {start}."
    evidence = {"coolest_c": round(celsius, 2), "limit_c": limit_c, "decided_us": found_us}
    return finding(kind, home, onset_us, found_us, sentence, evidence, Verdict.PERSON)


def unwatched(
    home: Home,
    zone: ZoneInfo,
    reason: str,
    since_us: int,
    limit_us: int,
    found_us: int,
    mains_us: int | None = None,
) -> Finding:
    """Return the finding that a home could not be seen for longer than its tier allows.

    ``mains_us`` is when its mains failed, where its gateway said so.
    """
    mains = "" if mains_us is None else f"; its mains failed at {clock(mains_us, zone)}"
    sentence = (
        f"This home has not been seen since {clock(since_us, zone)} "
        f"({span(found_us - since_us)} when this was raised), because {_WHY[reason]}{mains}. "
        "Nobody knows whether the person is well."
    )
    evidence = {
        "since_us": since_us,
        "mains_failed_us": mains_us,
        "limit_us": limit_us,
        "risk_tier": home.risk_tier,
        "reason": reason,
        "decided_us": found_us,
    }
    verdict = Verdict.UNKNOWN if reason == "link" else Verdict(reason)
    kind = AlertKind.UNWATCHED_HOME
    return finding(kind, home, since_us, found_us, sentence, evidence, verdict)


def finding(
    kind: AlertKind,
    home: Home,
    onset_us: int,
    found_us: int,
    sentence: str,
    evidence: Mapping[str, object],
    verdict: Verdict,
) -> Finding:
    """Return the finding of this kind of a home; its id depends on home, kind and onset alone."""
    return Finding(
        id=alert_id(home.id, kind, onset_us),
        kind=kind,
        priority=PRIORITY[kind],
        verdict=verdict,
        place=home.place,
        home=home.id,
        gateway="",
        sensor="",
        onset_us=onset_us,
        found_us=found_us,
        sentence=sentence,
        evidence=evidence,
    )


def sensor_silent(
    sensor: Sensor,
    home: Home | None,
    gateway: Gateway,
    zone: ZoneInfo,
    *,
    onset_us: int,
    found_us: int,
    limit_us: int,
    missed: float,
    is_paced: bool,
    is_unavailable: bool,
) -> Finding:
    """Return the finding that a device says nothing, or is said to be out of reach.

    ``missed`` is how often it should have spoken since, by its own habit and the home's use.
    """
    where = f" in the {sensor.room}" if sensor.room else ""
    name = f"The {sensor.kind.value} sensor{where}"
    if onset_us == UNHEARD:
        sentence = f"{name} has not been heard at all since it was enrolled."
    elif is_unavailable:
        sentence = f"{name} is out of reach of its gateway since {clock(onset_us, zone)}."
    elif not is_paced or found_us - onset_us <= limit_us:
        sentence = (
            f"{name} has not been heard since {clock(onset_us, zone)}, while the home was in use: "
            f"it usually speaks about {missed:.0f} times in such a while."
        )
    else:
        sentence = (
            f"{name} has not been heard since {clock(onset_us, zone)}; "
            f"expected at least every {span(limit_us)}."
        )
    evidence = {
        "heard_us": None if onset_us == UNHEARD else onset_us,
        "limit_us": limit_us,
        "words_missed": round(missed, 1),
        "is_unavailable": is_unavailable,
        "decided_us": found_us,
    }
    return _technical(
        AlertKind.SENSOR_SILENT,
        Verdict.SENSOR,
        gateway.place,
        home,
        gateway,
        sensor,
        onset_us,
        found_us,
        sentence,
        evidence,
    )


def gateway_silent(
    gateway: Gateway,
    home: Home | None,
    zone: ZoneInfo,
    *,
    onset_us: int,
    found_us: int,
    limit_us: int,
    is_off: bool,
    mains_us: int | None = None,
) -> Finding:
    """Return the finding that a gateway is offline or silent; its mains failed at ``mains_us``."""
    if onset_us == UNHEARD:
        sentence = "The gateway has not been heard at all since it was enrolled."
    elif is_off:
        sentence = f"The gateway went offline at {clock(onset_us, zone)}."
    else:
        sentence = (
            f"The gateway has not been heard since {clock(onset_us, zone)}; "
            f"expected at least every {span(limit_us)}."
        )
    if mains_us is not None:
        sentence += f" It said that its mains failed at {clock(mains_us, zone)}."
    evidence = {
        "heard_us": None if onset_us == UNHEARD else onset_us,
        "limit_us": limit_us,
        "is_offline": is_off,
        "mains_failed_us": mains_us,
        "decided_us": found_us,
    }
    return _technical(
        AlertKind.GATEWAY_SILENT,
        Verdict.GATEWAY,
        gateway.place,
        home,
        gateway,
        None,
        onset_us,
        found_us,
        sentence,
        evidence,
    )


def mains_failed(
    gateway: Gateway, home: Home | None, zone: ZoneInfo, since_us: int, found_us: int
) -> Finding:
    """Return the finding that a gateway says that its mains failed, and still answers."""
    sentence = (
        f"Mains failed at {clock(since_us, zone)}, the gateway says; it runs on its battery, and "
        "the home will not be seen once that is empty."
    )
    evidence = {"mains_failed_us": since_us, "decided_us": found_us}
    return _technical(
        AlertKind.MAINS_FAILED,
        Verdict.GATEWAY,
        gateway.place,
        home,
        gateway,
        None,
        since_us,
        found_us,
        sentence,
        evidence,
    )


def _technical(
    kind: AlertKind,
    verdict: Verdict,
    place: str,
    home: Home | None,
    gateway: Gateway,
    sensor: Sensor | None,
    onset_us: int,
    found_us: int,
    sentence: str,
    evidence: Mapping[str, object],
) -> Finding:
    subject = gateway.id if sensor is None else sensor.id
    return Finding(
        id=alert_id(subject, kind, onset_us),
        kind=kind,
        priority=PRIORITY[kind],
        verdict=verdict,
        place=place,
        home="" if home is None else home.id,
        gateway=gateway.id,
        sensor="" if sensor is None else sensor.id,
        onset_us=found_us if onset_us == UNHEARD else onset_us,
        found_us=found_us,
        sentence=sentence,
        evidence=evidence,
    )
