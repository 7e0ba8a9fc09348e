"""How a rehearsal is told: lines for a terminal, JSON, and one HTML file without network."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np

from alerts.bill import Bill
from alerts.detect.columns import NEVER, Ints
from alerts.difference import Change
from alerts.past import Texts
from alerts.words import span
from api.delivery import Delivery
from api.rehearsal import Rehearsed, moment
from api.report_page import listed, page, section, table, words

_HEAD: Final = ("before", "after", *(change.value for change in Change))
_LINES: Final = 40


def told(result: Rehearsed) -> Iterator[str]:
    """Yield the report as lines of text; HTML and JSON hold what is cut here."""
    yield from _about(result)
    yield ""
    yield from _aligned("kind", _counts(result, result.changes.kind))
    yield ""
    yield from _aligned("home", _counts(result, result.changes.subject), _LINES)
    yield ""
    changed = [row for row in _changes(result) if row[0] != Change.SAME.value]
    yield from ("  ".join(str(cell) for cell in row) for row in changed[:_LINES])
    if len(changed) > _LINES:
        yield f"and {len(changed) - _LINES} more changes: see the report"
    for name, one in _bills(result):
        yield ""
        yield name
        yield from (f"  {line}" for line in one.sums)


def as_json(result: Rehearsed) -> dict[str, object]:
    """Return everything as JSON values; times are microseconds since 1970 UTC."""
    changes, request = result.changes, result.request
    return {
        "place": request.place,
        "from_us": request.start_us,
        "to_us": request.stop_us,
        "delivery": request.delivery.value,
        "identical": result.is_identical,
        "learned_from_us": result.learned_from_us,
        "other_code_steps": result.other_code,
        "gaps": [asdict(gap) for gap in result.gaps],
        "settings": {name: list(pair) for name, pair in result.settings.items()},
        "kinds": _named(_counts(result, changes.kind)),
        "homes": _named(_counts(result, changes.subject)),
        "bills": {name: _as_values(one) for name, one in _bills(result)},
        "alerts": [
            {
                "change": str(changes.change[row]),
                "id": str(changes.id[row]),
                "subject": str(changes.subject[row]),
                "kind": str(changes.kind[row]),
                "priority": str(changes.priority[row]),
                "before_us": _or_none(changes.before_us, row),
                "after_us": _or_none(changes.after_us, row),
                "sentence": str(changes.sentence[row]),
            }
            for row in range(len(changes))
        ],
    }


def as_html(result: Rehearsed) -> str:
    """Return the whole report as one HTML file."""
    head = ("change", "before", "after", "kind", "home", "sentence")
    differing = ((name, before, after) for name, (before, after) in result.settings.items())
    sections = (
        section("What was rehearsed", words(_about(result))),
        section("Settings that differ", table(("setting", "before", "after"), differing)),
        section("By kind", _table("kind", _counts(result, result.changes.kind))),
        section("By home", _table("home", _counts(result, result.changes.subject))),
        section("Staff time and messages", _costs(result)),
        section("Every alert", table(head, _changes(result))),
    )
    return page(f"Rehearsal of {result.request.place}", sections)


def _about(result: Rehearsed) -> Iterator[str]:
    request = result.request
    how = (
        "as received: what arrived, when it arrived"
        if request.delivery is Delivery.RECEIVED
        else "as ordered: what perfect delivery would have given"
    )
    yield (
        f"{request.place}: alerts raised from {moment(request.start_us)} until "
        f"{moment(request.stop_us)}, {how}. Nothing was sent."
    )
    before = "the settings of the time" if request.against is None else request.against.name
    after = "the settings of the time" if request.candidate is None else request.candidate.name
    yield (
        f"Before: {before}, {len(result.before)} alerts. After: {after}, {len(result.after)}. "
        f"Learned from {moment(result.learned_from_us)} on."
    )
    for name, (old, new) in result.settings.items():
        yield f"{name}: {old} before, {new} after."
    if result.is_identical is not None:
        yield _identity(result)
    if result.other_code:
        yield (
            f"{result.other_code:,} steps of this past were decided by another version of the "
            "code: what happened then may differ from what this version does."
        )
    for gap in result.gaps:
        yield (
            f"At {moment(gap.at_us)}: {gap.why}. What follows is learned from the readings since "
            "then, and is the same as what happened only by and by."
        )


def _identity(result: Rehearsed) -> str:
    happened = len(result.happened)
    if result.is_identical:
        return (
            f"The settings of the time gave exactly the {happened} alerts that happened: the same "
            "ids, kinds, moments and sentences."
        )
    shared = len(set(result.before.id.tolist()) & set(result.happened.id.tolist()))
    return (
        f"The settings of the time did not give what happened: {happened} alerts happened, "
        f"{len(result.before)} were rehearsed, {shared} are in both."
    )


def _counts(result: Rehearsed, column: Texts) -> dict[str, tuple[int, ...]]:
    """Return, by the names in a column, how many alerts there are on each side and changed."""
    changes, counts = result.changes, dict[str, tuple[int, ...]]()
    for name in np.unique(column).tolist():
        is_of = column == name
        by_change = Counter(changes.change[is_of].tolist())
        counts[name] = (
            int((changes.before_us[is_of] != NEVER).sum()),
            int((changes.after_us[is_of] != NEVER).sum()),
            *(by_change[change.value] for change in Change),
        )
    return counts


def _changes(result: Rehearsed) -> list[tuple[object, ...]]:
    changes = result.changes
    rows: list[tuple[object, ...]] = []
    for row in range(len(changes)):
        before, after = _or_none(changes.before_us, row), _or_none(changes.after_us, row)
        change = str(changes.change[row])
        if before is not None and after is not None and before != after:
            change += f" by {span(abs(after - before))}"
        rows.append(
            (
                change,
                "-" if before is None else moment(before),
                "-" if after is None else moment(after),
                str(changes.kind[row]),
                str(changes.subject[row]),
                str(changes.sentence[row]),
            )
        )
    return rows


def _or_none(column: Ints, row: int) -> int | None:
    return None if column[row] == NEVER else int(column[row])


def _bills(result: Rehearsed) -> Iterator[tuple[str, Bill]]:
    yield from zip(("before", "after"), result.bills, strict=True)


def _as_values(one: Bill) -> dict[str, object]:
    return {**asdict(one), "sums": list(one.sums)}


def _named(counts: Mapping[str, Sequence[int]]) -> dict[str, dict[str, int]]:
    return {name: dict(zip(_HEAD, row, strict=True)) for name, row in counts.items()}


def _table(what: str, counts: Mapping[str, Sequence[int]]) -> str:
    return table((what, *_HEAD), ((name, *row) for name, row in counts.items()))


def _costs(result: Rehearsed) -> str:
    head = ("", "staff hours", "SMS", "SMS cost in £")
    rows = ((name, one.hours, one.messages, one.sms_pounds) for name, one in _bills(result))
    sums = "".join(listed(f"Sums: {name}", one.sums) for name, one in _bills(result))
    return table(head, rows) + sums


def _aligned(what: str, counts: Mapping[str, Sequence[int]], most: int = 1 << 30) -> Iterator[str]:
    width = max((len(name) for name in counts), default=4)
    yield f"{what:<{width}}" + "".join(f"  {name:>8}" for name in _HEAD)
    busiest = sorted(counts.items(), key=lambda item: (-sum(item[1][3:]), -item[1][1], item[0]))
    for name, row in busiest[:most]:
        yield f"{name:<{width}}" + "".join(f"  {number:>8}" for number in row)
    if len(counts) > most:
        yield f"and {len(counts) - most} more: see the report"
