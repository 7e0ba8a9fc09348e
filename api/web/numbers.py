"""The numbers behind an alert, and those that a process reports, as labels and text."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from api.web import words

_HIDDEN: Final = frozenset({"event", "source", "homes", "told"})
_MOMENTS: Final = {
    "last_sign_us": "Last sign",
    "decided_us": "Decided",
    "since_us": "Not seen since",
    "heard_us": "Last heard",
    "first_us": "First signal",
    "last_us": "Last signal",
    "received_us": "Received",
    "last_commit_us": "Last commit",
    "engine_us": "Engine has seen all up to",
    "start_us": "Simulated from",
    "shadow_found_us": "Found in shadow",
    "left_us": "Door used",
    "outage_us": "Outage found",
    "until_us": "Until",
    "from_us": "From",
    "notice_us": "Told from",
    "booked_us": "Booked for",
    "waited_from_us": "Waited from",
    "waited_until_us": "Waited until",
    "last_visit_us": "Door last used in a visit",
    "reported_us": "Reported",
    "off_us": "Out of reach since",
    "claimed_us": "By the device's clock",
    "visit_us": "Door used in a booked visit",
}
_SPANS: Final = {
    "silence_us": "Quiet for",
    "unwatched_us": "Of that time, not seen for",
    "repeat_us": "Counted as the same event within",
    "usual_gap_us": "Usual time between signs at this time of day",
    "floor_us": "Never raised sooner than",
    "cap_us": "Always raised after",
    "limit_us": "Limit",
    "together_us": "Last words at most this far apart",
    "quiet_us": "Nothing inside for",
    "behind_s": "Engine is behind by",
    "stuck_s": "Nothing committed, while messages wait, for",
}
_LABELS: Final = {
    "expected_missed": "Signs usual in that time",
    "limit": "Raised when these reach",
    "rule": "Decided by",
    "score": "Change found",
    "visits": "Visits that night",
    "visits_before": "Visits in the nights before, the last first",
    "words_missed": "Times it usually speaks in that time",
    "stay_min": "In this room for",
    "usual_longest_min": "Longest such time of a usual day",
    "usual_longest": "Longest silence of a usual day, in signs missed",
    "score_before": "Of the change, what was there before",
    "dispersion": "How much the visits of usual nights vary",
    "due_min": "Told when not used by",
    "usual_min": "Usually used by",
    "warm_again_c": "Counts as warm again from",
    "cool_again_c": "Counts as cooler again from",
    "lost_share": "Share of gateways lost",
    "least_share": "Told from this share on",
    "limit_min": "Raised after",
    "usual_share_of_nights": "Share of nights in which it is used so",
    "warmest_c": "Warmest room",
    "coolest_c": "Coolest room",
    "limit_c": "Limit",
    "lost": "Gateways lost",
    "limit_h": "Hours that may pass, by risk tier",
    "sector": "Postcode sector",
    "total": "Gateways in all",
    "share": "Sent so far",
    "messages": "Messages",
    "rejects": "Messages refused",
    "rejects_by_reason": "Of these, by reason",
    "unacknowledged": "Messages read and not yet committed",
    "connection_losses": "Lost connections to the broker",
    "lost_sessions": "Times that the broker had forgotten us, and what waited there",
    "receipts": "Receipts sent to gateways",
    "gaps": "Messages that gateways numbered and that never came",
    "findings_off": "Findings dropped since it started, of detectors that are off",
    "odd": "Homes, and sensors, that teach nothing",
    "journal_seq": "Last batch in the journal",
    "store_seq": "Last batch in the store",
    "store_waiting": "Batches that the store has yet to take",
    "store_retries": "Tries in a row that the store has refused",
    "disk_full_h": "Hours until the disk is full, at this pace",
    "engine_seq": "Last batch in the engine",
}
_CLOCK: Final = frozenset({"now_min", "due_min", "usual_min"})
_TEXTS: Final = {"cap": "the cap", "score": "what is usual in this home"}
_UNITS: Final = {
    "_c": " °C",
    "_k": " °C",
    "_w": " W",
    "_h": " hours",
    "_min": " minutes",
    "_percent": "%",
}


def numbers(evidence: Mapping[str, object], zone: tzinfo) -> list[tuple[str, str]]:
    """Return (label, text) for each value that says something; unknown keys are spelt out."""
    return [
        (_label(key), _text(key, value, zone))
        for key, value in evidence.items()
        if value not in (None, "") and key not in _HIDDEN and not (key in _SPANS and value == 0)
    ]


def _label(key: str) -> str:
    known = _MOMENTS.get(key) or _SPANS.get(key) or _LABELS.get(key)
    if known:
        return known
    stem = key.removeprefix("is_")
    for ending in (*_UNITS, "_us", "_s"):
        stem = stem.removesuffix(ending)
    return words.label(stem)


def _text(key: str, value: object, zone: tzinfo) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return _measured(key, value, zone)
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {text}" for name, text in numbers(value, zone))
    return _TEXTS.get(str(value), str(value))


def _measured(key: str, value: float, zone: tzinfo) -> str:
    if key in _MOMENTS:
        return words.moment(int(value), zone)
    if key.endswith("_us"):
        return words.span(int(value))
    if key.endswith("_s"):
        return words.span(int(value * 1_000_000)) if value >= 60 else f"{value:.1f} s"
    if key in _CLOCK:
        return words.hour_and_minute(value)
    for ending, unit in _UNITS.items():
        if key.endswith(ending):
            return f"{round(value, 2):g}{unit}"
    if "share" in key:
        return f"{value:.0%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")
