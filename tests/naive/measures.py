"""The measures of a place by plain loops over rows as they stand in the log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.measures import Answers, Measures, Share, Times


@dataclass(frozen=True)
class Log:
    """Every row of the log's tables, as mappings."""

    alerts: Sequence[Mapping[str, Any]]
    history: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]
    outbox: Sequence[Mapping[str, Any]]


def measure(  # noqa: C901  # one plain loop is the point
    log: Log, place: str, start_us: int, stop_us: int, *, homes: int, now_us: int,
    hour_of: Callable[[int], int], team_of: Mapping[str, str],
) -> Measures:  # fmt: skip
    stop_us = min(stop_us, now_us - 180_000_000)
    mine = [
        a for a in log.alerts
        if a["place"] == place and not a["is_test"] and start_us <= a["raised_us"] < stop_us
    ]  # fmt: skip
    urgent = [a for a in mine if a["priority"] in ("P1", "P2")]
    whole: dict[str, list[list[int]]] = {}
    hours: dict[str, list[list[int]]] = {}
    teams: dict[str, list[list[int]]] = {}
    attend, resolve, spoken = list[int](), list[int](), list[int]()
    for alert in urgent:
        known_us = alert["evidence"].get("received_us", alert["raised_us"])
        answer = attended = resolved = seen = None
        actor = None
        for row in sorted(log.history, key=lambda row: (row["at_us"], row["id"])):
            if row["alert"] != alert["id"]:
                continue
            by_person = row["actor"] != "system"
            is_answer = row["event"] in ("acknowledge", "confirm", "attend", "resolve")
            if by_person and answer is None and is_answer:
                answer, actor = row["at_us"], row["actor"]
            if by_person and row["event"] == "attend" and attended is None:
                attended = row["at_us"]
            if by_person and row["event"] == "resolve" and resolved is None:
                resolved = row["at_us"]
            is_seen = row["note"].split(": ")[0] in ("spoken-to", "seen-well")
            if row["event"] == "resolve" and seen is None and is_seen:
                seen = row["at_us"]
        for row in log.attempts:
            if row["alert"] != alert["id"] or row["result"] != "answered":
                continue
            if row["contact_kind"] != "person":
                continue
            at_us = row["at_us"] if row["ended_us"] is None else row["ended_us"]
            seen = at_us if seen is None else min(seen, at_us)
        line = [1, 0, 0, 0, 0, 0]
        if answer is not None:
            line[1] = 1
            line[2] = int(answer - alert["onset_us"] <= 60_000_000)
            line[3] = int(answer - alert["onset_us"] <= 180_000_000)
            line[4] = int(answer - known_us <= 60_000_000)
            line[5] = int(answer - known_us <= 180_000_000)
        team = "nobody yet" if actor is None else team_of.get(actor, "no team")
        whole.setdefault("all", []).append(line)
        hours.setdefault(f"{hour_of(alert['raised_us']):02d}", []).append(line)
        teams.setdefault(team, []).append(line)
        for found, at in ((attend, attended), (resolve, resolved), (spoken, seen)):
            if at is not None:
                found.append(at - known_us)
    kinds, outcomes, by_hour = dict[str, int](), dict[str, int](), dict[int, int]()
    for alert in mine:
        kinds[alert["kind"]] = kinds.get(alert["kind"], 0) + 1
        hour = alert["raised_us"] // 3_600_000_000
        by_hour[hour] = by_hour.get(hour, 0) + 1
        if alert["outcome"] is not None:
            outcomes[alert["outcome"]] = outcomes.get(alert["outcome"], 0) + 1
    storms = [count for count in by_hour.values() if count >= 10]
    ids = {alert["id"] for alert in mine}
    sent = [
        o for o in log.outbox
        if o["alert"] in ids and o["recipient"] is not None and o["state"] != "muted"
        and o["channel"] != "proof"
    ]  # fmt: skip
    lost = [o for o in sent if o["state"] in ("failed", "bounced")]
    judged = sum(n for outcome, n in outcomes.items() if outcome not in ("test", "enrolment-ended"))
    needed = outcomes.get("needs-help", 0) + outcomes.get("referred", 0)
    return Measures(
        place, start_us, stop_us, homes,
        _sum("all", whole.get("all", [])),
        tuple(_sum(key, hours[key]) for key in sorted(hours)),
        tuple(_sum(key, teams[key]) for key in sorted(teams)),
        _times(attend), _times(resolve), _times(spoken),
        kinds, outcomes, Share(needed, judged), (len(storms), max(storms, default=0)),
        Share(len(lost), len(sent)),
    )  # fmt: skip


def _sum(group: str, lines: list[list[int]]) -> Answers:
    total = [sum(line[i] for line in lines) for i in range(6)]
    return Answers(group, total[0], total[1], (total[2], total[3]), (total[4], total[5]))


def _times(found: list[int]) -> Times:
    if not found:
        return Times(0, None, None)
    ordered = sorted(found)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))

    return Times(len(found), round(at(0.5) / 1e6, 1), round(at(0.9) / 1e6, 1))
