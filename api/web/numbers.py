"""The numbers behind an alert, and those that a process reports, as labels and text."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from api.web import words
from api.web.language import N_, _

_HIDDEN: Final = frozenset({"event", "source", "homes", "told"})
_MOMENTS: Final = {
    "last_sign_us": N_("Last sign"),
    "decided_us": N_("Decided"),
    "since_us": N_("Not seen since"),
    "heard_us": N_("Last heard"),
    "first_us": N_("First signal"),
    "last_us": N_("Last signal"),
    "received_us": N_("Received"),
    "last_commit_us": N_("Last commit"),
    "engine_us": N_("Engine has seen all up to"),
    "start_us": N_("Simulated from"),
    "shadow_found_us": N_("Found in shadow"),
    "left_us": N_("Door used"),
    "outage_us": N_("Outage found"),
    "until_us": N_("Until"),
    "from_us": N_("From"),
    "notice_us": N_("Told from"),
    "booked_us": N_("Booked for"),
    "waited_from_us": N_("Waited from"),
    "waited_until_us": N_("Waited until"),
    "last_visit_us": N_("Door last used in a visit"),
    "reported_us": N_("Reported"),
    "off_us": N_("Out of reach since"),
    "claimed_us": N_("By the device's clock"),
    "visit_us": N_("Door used in a booked visit"),
}
_SPANS: Final = {
    "silence_us": N_("Quiet for"),
    "unwatched_us": N_("Of that time, not seen for"),
    "repeat_us": N_("Counted as the same event within"),
    "usual_gap_us": N_("Usual time between signs at this time of day"),
    "floor_us": N_("Never raised sooner than"),
    "cap_us": N_("Always raised after"),
    "limit_us": N_("Limit"),
    "together_us": N_("Last words at most this far apart"),
    "quiet_us": N_("Nothing inside for"),
    "behind_s": N_("Engine is behind by"),
    "unseeing_us": N_("Has seen nobody for"),
    "chatter_us": N_("Without a pause for"),
    "chatter_least_us": N_("Counts as broken without a pause for"),
    "stuck_s": N_("Nothing committed, while messages wait, for"),
}
_LABELS: Final = {
    "expected_missed": N_("Signs usual in that time"),
    "limit": N_("Raised when these reach"),
    "rule": N_("Decided by"),
    "score": N_("Change found"),
    "visits": N_("Visits that night"),
    "visits_before": N_("Visits in the nights before, the last first"),
    "words_missed": N_("Times it usually sees somebody in that time"),
    "stay_min": N_("In this room for"),
    "usual_longest_min": N_("Longest such time of a usual day"),
    "usual_longest": N_("Longest silence of a usual day, in signs missed"),
    "score_before": N_("Of the change, what was there before"),
    "dispersion": N_("How much the visits of usual nights vary"),
    "due_min": N_("Told when not used by"),
    "usual_min": N_("Usually used by"),
    "warm_again_c": N_("Counts as warm again from"),
    "cool_again_c": N_("Counts as cooler again from"),
    "lost_share": N_("Share of gateways lost"),
    "least_share": N_("Told from this share on"),
    "limit_min": N_("Raised after"),
    "usual_share_of_nights": N_("Share of nights in which it is used so"),
    "warmest_c": N_("Warmest room"),
    "coolest_c": N_("Coolest room"),
    "limit_c": N_("Limit"),
    "lost": N_("Gateways lost"),
    "limit_h": N_("Hours that may pass, by risk tier"),
    "sector": N_("Postcode sector"),
    "total": N_("Gateways in all"),
    "share": N_("Sent so far"),
    "messages": N_("Messages"),
    "rejects": N_("Messages refused"),
    "rejects_by_reason": N_("Of these, by reason"),
    "unacknowledged": N_("Messages read and not yet committed"),
    "connection_losses": N_("Lost connections to the broker"),
    "lost_sessions": N_("Times that the broker had forgotten us, and what waited there"),
    "receipts": N_("Receipts sent to gateways"),
    "gaps": N_("Messages that gateways numbered and that never came"),
    "findings_off": N_("Findings dropped since it started, of detectors that are off"),
    "odd": N_("Homes, and sensors, that teach nothing"),
    "journal_seq": N_("Last batch in the journal"),
    "store_seq": N_("Last batch in the store"),
    "store_waiting": N_("Batches that the store has yet to take"),
    "store_retries": N_("Tries in a row that the store has refused"),
    "disk_full_h": N_("Hours until the disk is full, at this pace"),
    "engine_seq": N_("Last batch in the engine"),
}
_CLOCK: Final = frozenset({"now_min", "due_min", "usual_min"})
_TEXTS: Final = {"cap": N_("the cap"), "score": N_("what is usual in this home")}
_UNITS: Final = {
    "_c": " °C",
    "_k": " °C",
    "_w": " W",
    "_h": N_(" hours"),
    "_min": N_(" minutes"),
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
        return _(known)
    stem = key.removeprefix("is_")
    for ending in (*_UNITS, "_us", "_s"):
        stem = stem.removesuffix(ending)
    return words.label(stem)


def _text(key: str, value: object, zone: tzinfo) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        return _measured(key, value, zone)
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or _("none")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {text}" for name, text in numbers(value, zone)) or _("none")
    return _(_TEXTS[str(value)]) if str(value) in _TEXTS else str(value)


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
            return f"{round(value, 2):g}{_(unit)}"
    if "share" in key:
        return f"{value:.0%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")
