"""One alert that tells of many homes: which event it is when more of them are past a limit."""

from collections.abc import Mapping
from typing import Any

from alerts.lifecycle import Event


def event_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Event:
    """Return what the newer evidence is to the one that stands.

    People are told again of homes of another risk tier, and when there are twice as many homes
    as when they were told last: at most a dozen times in an outage of a thousand homes.
    """
    is_twice = _count(after) >= 2 * before.get("told", _count(before))
    return Event.SPREAD if is_twice or set(after["homes"]) - set(before["homes"]) else Event.JOIN


def joined(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence that stands then: ``told`` is how many homes people were told of."""
    told = _count(after)
    if event_of(before, after) is Event.JOIN:
        told = before.get("told", _count(before))
    return {**after, "told": told}


def is_same(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether both tell of homes that one outage hides."""
    return all(before.get(key) == after[key] for key in ("outage_us", "sector", "reason"))


def _count(evidence: Mapping[str, Any]) -> int:
    return sum(len(homes) for homes in evidence["homes"].values())
