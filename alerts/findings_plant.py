"""Findings about what is broken: devices and gateways that say nothing, told to engineers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.detect.columns import UNHEARD
from alerts.words import clock, span
from config.homes import Gateway, Home, Sensor


@dataclass(frozen=True, slots=True)
class DeviceSilence:
    """How long a device said nothing, and what it may: of one with a pace, and of any.

    ``since_us`` is when it was heard, enrolled, or its gateway came back. ``missed`` is how often
    it should have seen somebody since it did, by its own habit and the home's use; more than
    ``missed_limit`` and nothing for ``least_us`` is too much; ``seen_us`` is when it saw the person
    last. ``off_us`` is when it was said to be out of reach, None unless that was the last word. It
    chatters since ``chatter_us``, 0 where it does not, and may for ``chatter_least_us``. It was put
    in the place of another at ``replaced_us``, 0 where it is the first.
    """

    heard_us: int
    seen_us: int
    chatter_us: int
    chatter_least_us: int
    since_us: int
    limit_us: int
    is_paced: bool
    missed: float
    missed_limit: float
    least_us: int
    off_us: int | None
    replaced_us: int = 0

    def rule(self, found_us: int) -> str:
        """Return what decided: out of reach, its pace, that it chatters, or what it missed."""
        if self.off_us is not None:
            return "out of reach"
        if self.is_paced and found_us - self.since_us > self.limit_us:
            return "pace"
        if self.chatter_us:
            return "chatter"
        return "missed" if found_us - self.heard_us >= self.least_us else "sees nobody"

    def onset_us(self, found_us: int) -> int:
        """Return since when that is so."""
        match self.rule(found_us):
            case "out of reach":
                return self.off_us or UNHEARD
            case "chatter":
                return self.chatter_us
            case "sees nobody":
                return max(self.seen_us, UNHEARD)
            case _:
                return max(self.heard_us, self.replaced_us, UNHEARD)


def sensor_silent(
    sensor: Sensor,
    home: Home | None,
    gateway: Gateway,
    zone: ZoneInfo,
    found_us: int,
    silence: DeviceSilence,
) -> Finding:
    """Return the finding that a device says nothing, or is said to be out of reach."""
    where = f" in the {sensor.room}" if sensor.room else ""
    name = f"The {sensor.kind.value} sensor{where}"
    heard_us, off_us, rule = silence.heard_us, silence.off_us, silence.rule(found_us)
    onset_us = silence.onset_us(found_us)
    if heard_us <= UNHEARD and silence.replaced_us and off_us is None:
        sentence = (
            f"{name} has not been heard at all since another was put in its place at "
            f"{clock(silence.replaced_us, zone)}."
        )
    elif onset_us == UNHEARD:
        sentence = f"{name} has not been heard at all since it was enrolled."
    elif off_us is not None:
        sentence = f"{name} is out of reach of its gateway since {clock(off_us, zone)}."
    elif rule == "chatter":
        sentence = (
            f"{name} has gone on and off without a pause since {clock(onset_us, zone)}: what it "
            f"says is not taken for the person any more."
        )
    elif rule == "sees nobody":
        sentence = (
            f"{name} still speaks and has seen nobody since {clock(onset_us, zone)}, while the "
            f"home was in use: it usually does about {silence.missed:.0f} times in such a while, "
            f"and is told from {silence.missed_limit:.0f} on."
        )
    elif rule == "missed":
        sentence = (
            f"{name} has not been heard since {clock(onset_us, zone)}, while the home was in use: "
            f"it usually sees somebody about {silence.missed:.0f} times in such a while, and is "
            f"told from {silence.missed_limit:.0f} on."
        )
    else:
        sentence = (
            f"{name} has not been heard since {clock(onset_us, zone)}; "
            f"expected at least every {span(silence.limit_us)}."
        )
    evidence = {
        "rule": rule,
        "heard_us": heard_us if heard_us > UNHEARD else None,
        "off_us": off_us,
        "silent_us": found_us - silence.since_us,
        "limit_us": silence.limit_us if silence.is_paced else None,
        "words_missed": silence.missed,
        "words_limit": silence.missed_limit,
        "unheard_us": found_us - heard_us if heard_us > UNHEARD else None,
        "unseeing_us": found_us - silence.seen_us if silence.seen_us > UNHEARD else None,
        "least_us": silence.least_us,
        "chatter_us": found_us - silence.chatter_us if silence.chatter_us else None,
        "chatter_least_us": silence.chatter_least_us,
        "is_unavailable": off_us is not None,
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


@dataclass(frozen=True, slots=True)
class GatewaySilence:
    """How long a gateway said nothing, and what it may; ``since_us`` is when it was heard or added.

    ``off_us`` is when it went offline, None unless that was its last word; it must stay so for
    ``dwell_us``. ``lost_us`` is since when it counts as lost, and waits ``wait_us`` for others.
    Its mains failed at ``mains_us``, where it said so; ``is_late`` says that it had been offline
    for that long already when it was told.
    """

    heard_us: int
    since_us: int
    limit_us: int
    off_us: int | None
    dwell_us: int
    lost_us: int
    wait_us: int
    mains_us: int | None = None
    is_late: bool = False


def gateway_silent(
    gateway: Gateway, home: Home | None, zone: ZoneInfo, found_us: int, silence: GatewaySilence
) -> Finding:
    """Return the finding that a gateway is offline or silent."""
    off_us = silence.off_us
    onset_us = max(silence.heard_us, UNHEARD) if off_us is None else off_us
    if onset_us == UNHEARD:
        sentence = "The gateway has not been heard at all since it was enrolled."
    elif off_us is not None:
        sentence = f"The gateway went offline at {clock(off_us, zone)}."
    else:
        sentence = (
            f"The gateway has not been heard since {clock(onset_us, zone)}; "
            f"expected at least every {span(silence.limit_us)}."
        )
    if silence.mains_us is not None:
        sentence += f" It said that its mains failed at {clock(silence.mains_us, zone)}."
    has_dwelt = off_us is not None and found_us - off_us >= silence.dwell_us
    evidence = {
        "rule": "offline" if has_dwelt else "silence",
        "heard_us": silence.heard_us if silence.heard_us > UNHEARD else None,
        "silent_us": found_us - silence.since_us,
        "limit_us": silence.limit_us,
        "is_offline": off_us is not None,
        "offline_us": None if off_us is None else found_us - off_us,
        "dwell_us": silence.dwell_us,
        "lost_for_us": found_us - silence.lost_us,
        "wait_us": silence.wait_us,
        "mains_failed_us": silence.mains_us,
        "decided_us": found_us,
    }
    found = _technical(
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
    return replace(found, is_late=silence.is_late)


def mains_failed(
    gateway: Gateway, home: Home | None, zone: ZoneInfo, since_us: int, found_us: int, wait_us: int
) -> Finding:
    """Return the finding that a gateway says that its mains failed, and still answers.

    Told after ``wait_us``, in which a street or a place may turn out to be without power.
    """
    sentence = (
        f"Mains failed at {clock(since_us, zone)}, the gateway says; it runs on its battery, and "
        "the home will not be seen once that is empty."
    )
    evidence = {
        "mains_failed_us": since_us,
        "without_mains_us": found_us - since_us,
        "wait_us": wait_us,
        "decided_us": found_us,
    }
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
    subject = gateway.subject if sensor is None else sensor.id
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
