"""Turns what the detectors decided into findings: ids, a plain sentence and the numbers.

Sentences say what was measured and hold no name and no address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.detect.cold import HYSTERESIS_C
from alerts.words import clock, span
from config.homes import Home

_WHY: Final = {
    "sensor": "its sensors are silent or unreachable",
    "gateway": "its gateway is silent",
    "outage": "its place has an outage",
    "link": "Stillwell has lost its own connection to the broker",
    "moved": "it moved house and no walk test has been passed there",
}
_BARE: Final = "no sensor that tells of the person is left in it: what did was moved away"


@dataclass(frozen=True, slots=True)
class Silence:
    """The numbers of one silence. ``is_seen`` is false for a home that never showed a sign.

    ``usual`` is what its longest silence of a day usually scores, from ``usual_low`` to
    ``usual_high`` on eight days in ten, known from so many ``days``.
    """

    sign_us: int
    is_seen: bool
    elapsed_us: int
    unseen_us: int
    score: float
    limit: float
    usual: float
    usual_low: float
    usual_high: float
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
        "expected_missed": silence.score,
        "limit": silence.limit,
        "usual_longest": round(silence.usual, 3),
        "usual_low": round(silence.usual_low, 3),
        "usual_high": round(silence.usual_high, 3),
        "days_learned": silence.days,
        "floor_us": silence.floor_us,
        "cap_us": silence.cap_us,
        "usual_gap_us": usual_us,
        "visit_us": silence.visit_us,
        "rule": "cap" if is_cap else "score",
    }
    found = finding(kind, home, silence.sign_us, found_us, sentence, evidence, verdict)
    return replace(found, is_late=silence.is_late)


@dataclass(frozen=True, slots=True)
class Warmth:
    """Since when a home is beyond a limit, its deciding room now, and how long that must last."""

    since_us: int
    celsius: float
    limit_c: float
    dwell_us: int


def cold(home: Home, zone: ZoneInfo, kind: AlertKind, found_us: int, warmth: Warmth) -> Finding:
    """Return the finding that even the warmest room has been below a limit for its dwell."""
    warm_c = warmth.limit_c + HYSTERESIS_C
    evidence = {"warmest_c": warmth.celsius, "limit_c": warmth.limit_c, "warm_again_c": warm_c}
    is_beyond = warmth.celsius < warmth.limit_c
    words = f"The warmest room is {warmth.celsius:.1f} °C", "below", f"{warm_c:g} °C"
    return _of_warmth(home, zone, kind, found_us, warmth, evidence, words, is_beyond=is_beyond)


def hot(home: Home, zone: ZoneInfo, kind: AlertKind, found_us: int, warmth: Warmth) -> Finding:
    """Return the finding that even the coolest room has been above a limit for its dwell."""
    cool_c = warmth.limit_c - HYSTERESIS_C
    evidence = {"coolest_c": warmth.celsius, "limit_c": warmth.limit_c, "cool_again_c": cool_c}
    is_beyond = warmth.celsius > warmth.limit_c
    words = f"The coolest room is {warmth.celsius:.1f} °C", "above", f"{cool_c:g} °C"
    return _of_warmth(home, zone, kind, found_us, warmth, evidence, words, is_beyond=is_beyond)


def _of_warmth(
    home: Home,
    zone: ZoneInfo,
    kind: AlertKind,
    found_us: int,
    warmth: Warmth,
    evidence: Mapping[str, object],
    words: tuple[str, str, str],
    *,
    is_beyond: bool,
) -> Finding:
    """Return the finding; ``words`` are the room now, the way, and where it would be over."""
    room, way, over = words
    lasted_us = found_us - warmth.since_us
    sentence = f"{room}; {way} {warmth.limit_c:g} °C since {clock(warmth.since_us, zone)}"
    if not is_beyond:
        sentence += f" and not back at {over} yet"
    sentence += f" ({span(lasted_us)} when this was raised)."
    numbers = {
        **evidence,
        "rule": "beyond" if is_beyond else "not back",
        "lasted_us": lasted_us,
        "dwell_us": warmth.dwell_us,
        "decided_us": found_us,
    }
    return finding(kind, home, warmth.since_us, found_us, sentence, numbers, Verdict.PERSON)


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
    is_bare = reason == "sensor" and since_us == home.bare_us
    mains = "" if mains_us is None else f"; its mains failed at {clock(mains_us, zone)}"
    sentence = (
        f"This home has not been seen since {clock(since_us, zone)} "
        f"({span(found_us - since_us)} when this was raised), because "
        f"{_BARE if is_bare else _WHY[reason]}{mains}. "
        "Nobody knows whether the person is well."
    )
    evidence = {
        "since_us": since_us,
        "mains_failed_us": mains_us,
        "unseen_us": found_us - since_us,
        "limit_us": limit_us,
        "risk_tier": home.risk_tier,
        "reason": reason,
        "decided_us": found_us,
    }
    verdict = Verdict.UNKNOWN if reason in ("link", "moved") else Verdict(reason)
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
