"""What came of a rehearsal, for its page and as CSV."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row

from alerts import rehearsals
from alerts.difference import Change
from alerts.modes import Mode, find_detector
from alerts.rehearsals import Kept
from api.measuring import plain
from api.rehearsal_figures import MOST_ROWS, per_100_homes_a_week
from api.web import rehearse_svg, sentences, words
from api.web.detectors import MODES
from api.web.language import N_, _
from api.web.phrases import spoken
from config.places import Place

A_PAGE: Final = 100
SHOWN: Final[Mapping[str, tuple[str, tuple[Change, ...]]]] = {
    "changed": (
        N_("Everything that changed"),
        (Change.ADDED, Change.REMOVED, Change.EARLIER, Change.LATER),
    ),
    "added": (N_("Added"), (Change.ADDED,)),
    "removed": (N_("Removed"), (Change.REMOVED,)),
    "all": (N_("Every alert"), tuple(Change)),
}
"""What of the alerts can be shown, by its word in the address."""

_TAGS: Final = {
    Change.ADDED: (N_("Added"), "govuk-tag--green"),
    Change.REMOVED: (N_("Removed"), "govuk-tag--red"),
    Change.EARLIER: (N_("Earlier"), "govuk-tag--blue"),
    Change.LATER: (N_("Later"), "govuk-tag--yellow"),
    Change.SAME: (N_("Same"), "govuk-tag--grey"),
}


def tried(kept: Kept) -> list[tuple[str, str, bool]]:
    """Return each setting that is tried, its value, and whether its name is a code."""
    one = kept.candidate
    numbers = {**one.limits, **one.detectors}
    if one.alert_budget is not None:
        numbers = {"alert_budget": one.alert_budget, **numbers}
    modes = [(_title(key), _(MODES[Mode(mode)][0]), False) for key, mode in one.modes.items()]
    return [*((name, f"{value:g}", True) for name, value in numbers.items()), *modes]


def context(
    connection: Connection,
    kept: Kept,
    place: Place,
    homes: Mapping[str, str],
    show: str,
    after: int,
) -> dict[str, Any]:
    """Return what the page shows of a rehearsal that is done; ``homes`` are labels by id."""
    told, zone = kept.figures, place.zone
    changes = [change.value for change in SHOWN[show][1]]
    rows = rehearsals.alerts_of(connection, kept.number, changes, after, A_PAGE + 1)
    weeks = [(int(before), int(then)) for _start, _stop, before, then in told["weeks"]]
    return {
        "notices": list(_notices(kept, place)),
        "differing": [_differing(name, values) for name, values in told["settings"].items()],
        "sides": _sides(kept, place),
        "kinds": [(words.label(kind), row) for kind, row in told["kinds"].items()],
        "total": told["total"],
        "weeks": [
            (words.day(start, zone), *pair, *(_rate(n, kept, stop - start) for n in pair))
            for (start, stop, *_n), pair in zip(told["weeks"], weeks, strict=True)
        ],
        "picture": rehearse_svg.draw(weeks),
        "swatches": [rehearse_svg.swatch(side) for side in (0, 1)],
        "summary": _(
            "Alerts then: %(before)s; with these settings: %(after)s. Weeks: %(weeks)s; the "
            "busiest had %(most)s.",
            before=told["total"]["before"],
            after=told["total"]["after"],
            weeks=len(weeks),
            most=max((max(pair) for pair in weeks), default=0),
        ),
        "toml": _toml(kept),
        "show": show,
        "shown": [(key, _(text)) for key, (text, _of) in SHOWN.items()],
        "rows": [_row(row, place, homes) for row in rows[:A_PAGE] if _is_here(row, homes)],
        "more": rows[A_PAGE - 1].id if len(rows) > A_PAGE else 0,
    }


def to_csv(connection: Connection, kept: Kept, homes: Mapping[str, str]) -> str:
    """Return every alert that is kept as CSV; no cell can be taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(
        ("change", "then", "with_these_settings", "priority", "kind", "home", "label", "alert",
         "sentence")
    )  # fmt: skip
    every = [change.value for change in Change]
    for row in rehearsals.alerts_of(connection, kept.number, every, 0, MOST_ROWS):
        if not _is_here(row, homes):
            continue
        when = ["" if us is None else words.iso(us) for us in (row.before_us, row.after_us)]
        cells = (
            row.change, *when, row.priority, row.kind, row.home or "",
            homes.get(row.home or "", ""), row.alert, row.sentence,
        )  # fmt: skip
        writer.writerow([plain(cell) for cell in cells])
    return text.getvalue()


def _is_here(row: Row[Any], homes: Mapping[str, str]) -> bool:
    """Whether it is not of a home that has left the place meanwhile."""
    return row.home is None or row.home in homes


def _row(row: Row[Any], place: Place, homes: Mapping[str, str]) -> dict[str, Any]:
    change = Change(row.change)
    text, tag = _TAGS[change]
    moved = ""
    if row.before_us is not None and row.after_us is not None and row.before_us != row.after_us:
        moved = words.span(abs(row.after_us - row.before_us))
    return {
        "change": _(text),
        "tag": tag,
        "moved": moved,
        "priority": row.priority,
        "kind": words.label(row.kind),
        "home": row.home,
        "label": homes.get(row.home or "", "") or row.gateway or place.name,
        "alert": row.alert if row.before_us is not None else "",
        "times": [
            _("none") if us is None else words.moment(us, place.zone)
            for us in (row.before_us, row.after_us)
        ],
        "sentence": sentences.translate(row.sentence),
    }


def _notices(kept: Kept, place: Place) -> Iterator[str]:
    """Yield what must be known to believe the figures."""
    told = kept.figures
    if told["identical"]:
        yield _(
            "Checked: with the settings of the time it gives exactly the %(n)s alerts that "
            "happened.",
            n=told["happened"],
        )
    elif told["identical"] is not None:
        yield _(
            "With care: %(n)s alerts happened, and with the settings of the time it gives "
            "%(before)s. It does not give exactly what happened.",
            n=told["happened"],
            before=told["total"]["before"],
        )
    if told["other_code"]:
        yield _("Another version of Stillwell decided part of this past; it may decide otherwise.")
    for gap in told["gaps"]:
        yield _(
            "At %(when)s it is not known what Stillwell knew: what follows is learned anew.",
            when=words.moment(gap["at_us"], place.zone),
        )
    when = words.moment(told["learned_from_us"], place.zone)
    yield _("What is usual in each home was learned from %(when)s on.", when=when)
    if told["left_out"]:
        yield _("%(n)s alerts that did not change are counted and not listed.", n=told["left_out"])


def _differing(name: str, values: Sequence[object]) -> tuple[str, str, str, bool]:
    if name.startswith("modes."):
        before, after = (_(MODES[Mode(str(value))][0]) for value in values)
        return _title(name.removeprefix("modes.")), before, after, False
    before, after = (f"{v:g}" if isinstance(v, int | float) else str(v) for v in values)
    return name, before, after, True


def _sides(kept: Kept, place: Place) -> list[dict[str, Any]]:
    """Return the sums of either side: alerts, rate, hours, messages, each with its arithmetic."""
    told = kept.figures
    names = (_("Then, with the settings of the time"), _("With these settings"))
    found = []
    for name, side, one in zip(names, ("before", "after"), told["bills"], strict=True):
        count = told["budgeted"][side]
        rate = per_100_homes_a_week(count, kept)
        shown = _("none") if rate is None else f"{rate:.2f}"
        found.append(
            {
                "name": name,
                "alerts": f"{told['total'][side]:,}",
                "rate": shown,
                "hours": f"{one['hours']:.1f}",
                "messages": f"{one['messages']:,}",
                "sums": [
                    _(
                        "alerts of P2 and P3 x 100 / homes x 7 / days = %(count)s x 100 / "
                        "%(homes)s x 7 / %(days)s = %(rate)s per 100 homes a week; the budget is "
                        "%(budget)s",
                        count=count,
                        homes=told["homes"],
                        days=f"{told['days']:.1f}",
                        rate=shown,
                        budget=f"{place.alert_budget:g}",
                    ),
                    *(spoken(line) for line in one["sums"]),
                ],
            }
        )
    return found


def _rate(count: int, kept: Kept, span_us: int) -> str:
    """Return alerts per 100 homes a week, over a week that may be short."""
    homes = kept.figures["homes"]
    if not homes or not span_us:
        return _("none")
    return f"{count * 100 / homes * 7 * rehearsals.DAY_US / span_us:.1f}"


def _toml(kept: Kept) -> str:
    """Return what is tried as the place's file has it."""
    one, lines = kept.candidate, []
    if one.alert_budget is not None:
        lines += [f"alert_budget = {one.alert_budget:g}"]
    for table, numbers in (("limits", one.limits), ("detectors", one.detectors)):
        if numbers:
            lines += [f"[{table}]", *(f"{name} = {value:g}" for name, value in numbers.items())]
    return "\n".join(lines)


def _title(detector: str) -> str:
    found = find_detector(detector)
    return detector if found is None else _(found.title)
