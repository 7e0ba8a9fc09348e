"""Many alerts at once, said in one line: how many, from what, and where to read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import AlertKind
from alerts.measures import STORM
from api.queries import Alert
from api.web import lines, words
from api.web.language import _, _n
from config.places import Place

WINDOW_US: Final = 15 * 60_000_000
"""Alerts of one place that were raised within this time may be one storm."""

_INCIDENTS: Final = frozenset({AlertKind.OUTAGE, AlertKind.UNWATCHED_HOME})


@dataclass(frozen=True, slots=True)
class Storm:
    """One place's storm; ``link`` leads to its alerts."""

    told: str
    cause: str
    link: str
    link_text: str


def storms(
    recent: Mapping[str, Mapping[AlertKind, int]],
    standing: Sequence[Alert],
    unseen: Mapping[str, int],
    places: Mapping[str, Place],
    now_us: int,
) -> list[Storm]:
    """Return the storms now, by place.

    ``recent`` counts alerts about people raised within ``WINDOW_US``, by place and kind;
    ``standing`` are the alerts that stand, of which outages are looked at; ``unseen`` counts
    homes that an outage hides, by place.
    """
    incidents: dict[str, Alert] = {}
    for alert in standing:
        if alert.kind in _INCIDENTS and alert.home is None:
            incidents.setdefault(alert.place, alert)
    found = []
    for key in sorted({*recent, *incidents}):
        kinds, outage = recent.get(key, {}), incidents.get(key)
        if sum(kinds.values()) >= STORM:
            found.append(_many(places[key], kinds, outage, now_us))
        if outage is not None and unseen.get(key, 0) > 1:
            found.append(_outage(places[key], outage, unseen[key]))
    return found


def _many(place: Place, kinds: Mapping[AlertKind, int], outage: Alert | None, now_us: int) -> Storm:
    total = sum(kinds.values())
    most, count = max(kinds.items(), key=lambda one: (one[1], one[0].value))
    kind = lines.kind_text(most).lower()
    told = _n(
        "%(n)s alert about people in 15 minutes at %(place)s; %(count)s of them: %(kind)s",
        "%(n)s alerts about people in 15 minutes at %(place)s; %(count)s of them: %(kind)s",
        total, place=place.name, count=count, kind=kind,
    )  # fmt: skip
    if outage is None:
        cause = _("Their cause is not known: treat each as real.")
    else:
        when = words.since(outage.raised_us, now_us, place.zone)
        cause = _(
            "An outage has stood there since %(when)s; each alert may be real all the same.",
            when=when,
        )
    link = f"/alerts?place={place.key}&kind={most.value}"
    return Storm(told, cause, link, _("See the %(count)s: %(kind)s", count=count, kind=kind))


def _outage(place: Place, outage: Alert, homes: int) -> Storm:
    told = _n(
        "%(n)s home, 1 incident at %(place)s",
        "%(n)s homes, 1 incident at %(place)s",
        homes, place=place.name,
    )  # fmt: skip
    return Storm(told, outage.sentence, f"/alerts/{outage.id}", _("See the incident"))
