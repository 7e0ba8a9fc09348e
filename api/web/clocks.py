"""The 60 s and 180 s clocks of an alert: from its event, and from when we knew."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from alerts.alert import LIFE_SAFETY, Priority, State
from alerts.measures import STANDARD
from api.queries import Alert
from api.web import words
from api.web.language import _

_SECOND_US: Final = 1_000_000
_URGENT: Final = (Priority.P1, Priority.P2)


def event_us(alert: Alert) -> int:
    """Return when it happened: of a silence, when it was too long."""
    return alert.onset_us if alert.kind in LIFE_SAFETY else alert.raised_us


def receipt_us(alert: Alert) -> int:
    """Return when we knew: receipt of the signal, else the moment that decided."""
    return int(alert.evidence.get("received_us") or alert.raised_us)


def of(alert: Alert, zone: tzinfo) -> list[Mapping[str, Any]]:
    """Return the clocks of an urgent alert, one when they run together; none where days may pass.

    Each has ``name`` (receipt, event or both), ``from_ms`` since 1970, ``due`` with a local time
    for each limit, and once somebody has the alert ``took`` in words.
    """
    if alert.priority not in _URGENT:
        return []
    starts = {"receipt": receipt_us(alert), "event": event_us(alert)}
    if abs(starts["receipt"] - starts["event"]) < _SECOND_US:
        starts = {"both": starts["receipt"]}
    return [_clock(name, start_us, alert, zone) for name, start_us in starts.items()]


def _clock(name: str, start_us: int, alert: Alert, zone: tzinfo) -> Mapping[str, Any]:
    taken_us = None if alert.state is State.OPEN else alert.acknowledged_us or alert.attending_us
    return {
        "name": name,
        "from_ms": start_us // 1000,
        "due": [
            {"limit_s": limit_s, "at": _time_s(start_us + limit_s * _SECOND_US, zone)}
            for limit_s, _ in STANDARD
        ],
        "took": "" if taken_us is None else seconds((taken_us - start_us) // _SECOND_US),
    }


def seconds(count: int) -> str:
    """Return seconds as an operator reads them: 42 s, 3 min 12 s, 2 hours 5 minutes."""
    if count < 60:
        return _("%(n)s s", n=max(count, 0))
    if count < 3600:
        return _("%(minutes)s min %(seconds)s s", minutes=count // 60, seconds=count % 60)
    return words.span(count * _SECOND_US)


def _time_s(us: int, zone: tzinfo) -> str:
    return f"{words.local(us, zone):%H:%M:%S}"
