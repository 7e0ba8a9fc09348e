"""What a rehearsal came to, as figures without a home in them, and as rows of its alerts. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from alerts.alert import Priority
from alerts.bill import Bill
from alerts.detect.columns import DAY_US, NEVER, Bools, Ints
from alerts.difference import Change, Changes
from alerts.rehearsals import Kept
from api.rehearsal import Rehearsed

WEEK_US: Final = 7 * DAY_US
MOST_ROWS: Final = 20_000
"""Alerts that are kept of one rehearsal, those that changed first."""

BUDGETED: Final = (Priority.P2.value, Priority.P3.value)
"""Priorities that an alert budget is about."""


def figures(made: Rehearsed) -> dict[str, Any]:
    """Return every sum as JSON values; a side is [before, after], times are microseconds."""
    changes, request = made.changes, made.request
    return {
        "homes": made.watched,
        "days": made.days,
        "identical": made.is_identical,
        "happened": len(made.happened),
        "learned_from_us": made.learned_from_us,
        "other_code": made.other_code,
        "gaps": [asdict(gap) for gap in made.gaps],
        "settings": {name: list(values) for name, values in made.settings.items()},
        "total": _row(changes, np.ones(len(changes), np.bool_)),
        "budgeted": _row(changes, np.isin(changes.priority, BUDGETED)),
        "kinds": {
            kind: _row(changes, changes.kind == kind) for kind in np.unique(changes.kind).tolist()
        },
        "weeks": [
            [start_us, min(start_us + WEEK_US, request.stop_us), *_week(changes, start_us)]
            for start_us in range(request.start_us, request.stop_us, WEEK_US)
        ],
        "bills": [_bill(one) for one in made.bills],
        "left_out": max(len(changes) - MOST_ROWS, 0),
    }


def rows(
    made: Rehearsed, homes: Collection[str], gateways: Collection[str]
) -> list[dict[str, Any]]:
    """Return the alerts of either side as rows to keep; both collections are ids of the place."""
    changes = made.changes
    is_same = changes.change == Change.SAME.value
    order = np.argsort(is_same, kind="stable")[:MOST_ROWS]
    return [
        {
            "change": str(changes.change[row]),
            "alert": str(changes.id[row]),
            "home": _if_known(str(changes.subject[row]), homes),
            "gateway": _if_known(str(changes.subject[row]), gateways),
            "kind": str(changes.kind[row]),
            "priority": str(changes.priority[row]),
            "before_us": _or_none(changes.before_us, row),
            "after_us": _or_none(changes.after_us, row),
            "sentence": str(changes.sentence[row]),
        }
        for row in np.sort(order).tolist()
    ]


def per_100_homes_a_week(count: int, kept: Kept) -> float | None:
    """Return a rate over the range of a rehearsal, None without a home."""
    homes, days = kept.figures["homes"], kept.figures["days"]
    return count * 100 / homes * 7 / days if homes and days else None


def _row(changes: Changes, is_of: Bools) -> dict[str, int]:
    by_change = Counter(changes.change[is_of].tolist())
    return {
        "before": int((changes.before_us[is_of] != NEVER).sum()),
        "after": int((changes.after_us[is_of] != NEVER).sum()),
        **{change.value: by_change[change.value] for change in Change},
    }


def _week(changes: Changes, start_us: int) -> tuple[int, int]:
    """Return how many alerts of before and of after were raised in the week from this moment."""
    return tuple(  # type: ignore[return-value]  # two sides
        int(((side >= start_us) & (side < start_us + WEEK_US)).sum())
        for side in (changes.before_us, changes.after_us)
    )


def _bill(one: Bill) -> Mapping[str, Any]:
    return {**asdict(one), "sums": list(one.sums)}


def _if_known(subject: str, known: Collection[str]) -> str | None:
    return subject if subject in known else None


def _or_none(column: Ints, row: int) -> int | None:
    return None if column[row] == NEVER else int(column[row])
