"""Statistics of one home and the energy distance, by plain loops."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

DAY_S = 86_400
Event = tuple[int, str]
"""Local seconds since 1970, and the place."""


def energy_distance(one: Sequence[Sequence[float]], other: Sequence[Sequence[float]]) -> float:
    def mean(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> float:
        return sum(math.dist(x, y) for x in a for y in b) / len(a) / len(b)

    return 2 * mean(one, other) - mean(one, one) - mean(other, other)


def quantile(values: Sequence[float], share: float) -> float:
    ranked = sorted(values)
    at = (len(ranked) - 1) * share
    low = math.floor(at)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (at - low)


def whole_days(events: Sequence[Event]) -> list[int]:
    return list(range(events[0][0] // DAY_S + 1, events[-1][0] // DAY_S))


def events_a_day(events: Sequence[Event]) -> list[float]:
    counts = Counter(at // DAY_S for at, _ in events)
    logs = [math.log(counts[day]) for day in whole_days(events) if counts[day]]
    return [quantile(logs, share) for share in (0.1, 0.5, 0.9)]


def hours(events: Sequence[Event]) -> list[float]:
    counts = Counter(at % DAY_S // 3600 for at, _ in events)
    return [math.sqrt(counts[hour] / len(events)) for hour in range(24)]


def gaps(events: Sequence[Event]) -> list[float]:
    by_day: list[float] = []
    by_night: list[float] = []
    for (at, _), (after, _) in pairwise(events):
        is_day = 7 <= at % DAY_S // 3600 < 22
        (by_day if is_day else by_night).append(math.log(after - at + 1))
    shares = (0.25, 0.5, 0.75, 0.9, 0.99)
    none = math.log(9 * 3600)
    return [
        quantile(part, share) if part else none for part in (by_day, by_night) for share in shares
    ]


def transitions(events: Sequence[Event], places: Sequence[str]) -> list[float]:
    ways = Counter((a, b) for (at, a), (after, b) in pairwise(events) if after - at <= 600)
    total = max(sum(ways.values()), 1)
    return [math.sqrt(ways[a, b] / total) for a in places for b in places]


def night_bathroom(events: Sequence[Event]) -> list[float]:
    days = {at // DAY_S for at, _ in events}
    nights = [
        day
        for day in range(min(days), max(days) + 1)
        if {day, day + 1} <= days
        and day * DAY_S + 22 * 3600 >= events[0][0]
        and day * DAY_S + 31 * 3600 <= events[-1][0]
    ]
    visits = {night: [0, 0, 0, 0] for night in nights}
    last = None
    for at, place in events:
        if place != "bathroom":
            continue
        is_new, last = last is None or at - last > 900, at
        night, into = divmod(at - 22 * 3600, DAY_S)
        if is_new and night in visits and into < 9 * 3600:
            visits[night][
                0 if into < 7200 else 1 if into < 14_400 else 2 if into < 21_600 else 3
            ] += 1
    count = max(len(nights), 1)
    means = [sum(visit[part] for visit in visits.values()) / count for part in range(4)]
    none = sum(sum(visit) == 0 for visit in visits.values()) / count
    many = sum(sum(visit) >= 3 for visit in visits.values()) / count
    return [math.sqrt(value) for value in (*means, none, many)]


def silences(events: Sequence[Event]) -> list[float]:
    longest: Counter[int] = Counter()
    for (at, _), (after, _) in pairwise(events):
        longest[after // DAY_S] = max(longest[after // DAY_S], after - at)
    days = whole_days(events)
    logs = [math.log(longest[day] / 3600) for day in days if longest[day]]
    empty = len(set(days) - {at // DAY_S for at, _ in events}) / len(days)
    return [*(quantile(logs, share) for share in (0.25, 0.5, 0.75, 0.95)), math.sqrt(empty)]


def away(events: Sequence[Event], exits: Sequence[str]) -> list[float]:
    doors = [at for at, place in events if place in exits]
    outings = [
        (at, after)
        for (at, _), (after, _) in pairwise(events)
        if after - at >= 1200
        and any(at - 180 <= door <= at for door in doors)
        and any(after <= door <= after + 180 for door in doors)
    ]
    first, last = events[0][0], events[-1][0]
    shares = []
    for low in (0, 6, 12, 18):

        def within(start: int, end: int, low: int = low) -> int:
            return sum(
                max(
                    0,
                    min(end, day * DAY_S + (low + 6) * 3600) - max(start, day * DAY_S + low * 3600),
                )
                for day in range(start // DAY_S, end // DAY_S + 1)
            )

        spent = sum(within(*outing) for outing in outings)
        shares.append(math.sqrt(spent / max(within(first, last), 3600)))
    return [*shares, math.log1p(len(outings) / ((last - first) / DAY_S))]
