"""What is told of a whole place, or of a street: outages, and the homes that they hide."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.detect.columns import HOUR_US
from alerts.detect.street import TOGETHER_US
from alerts.detect.technical import OUTAGE_GATEWAYS, OUTAGE_SHARE
from alerts.detect.usual import EIGHT_IN_TEN
from alerts.words import clock, span
from config.homes import Home


def outage(place: str, *, lost: int, total: int, failed: int, found_us: int) -> Finding:
    """Return the finding that most of a place's gateways went at once.

    ``failed`` of them had said that their mains failed.
    """
    sentence = f"{lost} of {total} gateways of this place are lost at the same time."
    if failed:
        sentence += f" Mains failed: {failed} of them had said so."
    evidence = {
        "lost": lost,
        "total": total,
        "mains_failed": failed,
        "least": OUTAGE_GATEWAYS,
        "lost_share": lost / total,
        "least_share": OUTAGE_SHARE,
        "rule": "gateways",
    }
    return _of_place(place, found_us, sentence, evidence)


def hushed(
    place: str,
    zone: ZoneInfo,
    *,
    heard: int,
    expected: float,
    share: float,
    least: float,
    since_us: int,
    found_us: int,
) -> Finding:
    """Return the finding that far fewer homes of a place are heard than should be.

    Fewer than ``share`` of those expected are told of, where so many as ``least`` are expected.
    """
    # Homes are heard or not, independently: their number varies no more than a Poisson one does.
    around = EIGHT_IN_TEN * expected**0.5
    sentence = (
        f"{heard} homes of this place were heard in the last hour, where about {expected:.0f} are "
        f"usual at this time of day; nothing has been heard of the others since "
        f"{clock(since_us, zone)} or before."
    )
    evidence = {
        "heard": heard,
        "expected": expected,
        "usual_low": round(max(expected - around, 0.0), 1),
        "usual_high": round(expected + around, 1),
        "least_share": share,
        "heard_limit": share * expected,
        "expected_least": least,
        "since_us": since_us,
        "rule": "hush",
    }
    return _of_place(place, found_us, sentence, evidence)


def street_outage(
    place: str,
    sector: str,
    zone: ZoneInfo,
    *,
    lost: int,
    failed: int,
    dark: int,
    total: int,
    least: int,
    apart_us: int,
    since_us: int,
    found_us: int,
) -> Finding:
    """Return the finding that gateways of one postcode sector of a place went dark together.

    ``lost`` are silent; ``failed`` said that their mains failed, some of which still answer.
    ``dark`` are either, and ``least`` are needed; the first so many went ``apart_us`` apart.
    """
    start = clock(since_us, zone)
    if failed:
        sentence = (
            f"Mains failed in {sector}: {failed} of {total} gateways said so and {lost} are "
            f"silent, the first since {start}. Those that still answer run on their batteries."
        )
    else:
        sentence = (
            f"{lost} of {total} gateways in {sector} went dark together, the first at {start}: "
            "power or lines may have failed in one street."
        )
    evidence = {
        "lost": lost,
        "mains_failed": failed,
        "dark": dark,
        "total": total,
        "least": least,
        "sector": sector,
        "since_us": since_us,
        "apart_us": apart_us,
        "together_us": TOGETHER_US,
        "rule": "street",
    }
    return _of_place(place, found_us, sentence, evidence, subject=f"{place}/{sector}")


def unwatched_together(
    place: str,
    zone: ZoneInfo,
    homes: Sequence[tuple[Home, int, int]],
    *,
    reason: str,
    outage_us: int,
    found_us: int,
    sector: str = "",
) -> Finding:
    """Return the finding that homes which one outage hides are past the limits of their tiers.

    ``homes`` are (home, since when nobody saw it, its limit), at least one. ``outage_us`` names
    the outage among those of the place, or of the sector.
    """
    kind, count = AlertKind.UNWATCHED_HOME, len(homes)
    limits = {home.risk_tier: limit_us for home, _, limit_us in homes}
    by_tier: dict[int, list[str]] = {tier: [] for tier in sorted(limits)}
    for home, _, _ in homes:
        by_tier[home.risk_tier].append(home.id)
    tiers = ", ".join(
        f"{len(ids)} of risk tier {tier} ({span(limits[tier])})" for tier, ids in by_tier.items()
    )
    since_us = min(since for _, since, _ in homes)
    why = "our own connection is lost" if reason == "link" else "of an outage"
    where = f" in {sector}" if sector else ""
    sentence = (
        f"{count} {'home' if count == 1 else 'homes'}{where} cannot be seen because {why}, the "
        f"first since {clock(since_us, zone)}, and are past the limit: {tiers}. "
        "Nobody knows whether these people are well."
    )
    evidence = {
        "homes": {str(tier): ids for tier, ids in by_tier.items()},
        "unseen_h": {
            str(tier): min(found_us - since for home, since, _ in homes if home.risk_tier == tier)
            / HOUR_US
            for tier in by_tier
        },
        "limit_h": {str(tier): limits[tier] / HOUR_US for tier in by_tier},
        "since_us": since_us,
        "outage_us": outage_us,
        "sector": sector,
        "reason": reason,
    }
    made = _of_place(place, found_us, sentence, evidence, subject=f"{place}/{sector}")
    verdict = Verdict.UNKNOWN if reason == "link" else Verdict.OUTAGE
    id_ = together_id(place, sector, reason, found_us)
    return replace(
        made, id=id_, kind=kind, priority=PRIORITY[kind], verdict=verdict, onset_us=since_us
    )


def together_id(place: str, sector: str, reason: str, found_us: int) -> str:
    """Return the id of what ``unwatched_together`` found at this tick."""
    return alert_id(f"{place}/{sector}/{reason}", AlertKind.UNWATCHED_HOME, found_us)


def _of_place(
    place: str,
    found_us: int,
    sentence: str,
    evidence: Mapping[str, object],
    *,
    subject: str = "",
) -> Finding:
    return Finding(
        id=alert_id(subject or place, AlertKind.OUTAGE, found_us),
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
