"""Places side by side for who runs the hub: counts and health, never a home or a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from alerts import tables as ledger
from alerts.alert import STANDING, AlertKind, Priority, State
from alerts.detect.watched import Reason
from config import gateway_tables
from config import tables as registry
from config.homes import HomeState

_a, _u = ledger.alerts.c, ledger.unwatched.c
_g, _h, _s = registry.gateways.c, registry.homes.c, registry.sensors.c
_r = gateway_tables.replaced_gateways.c
_UNHEARD: Final = (Reason.OUTAGE.value, Reason.GATEWAY.value, Reason.LINK.value)
"""Why a home is not seen when nothing is heard of its gateway."""


@dataclass(frozen=True, slots=True)
class Gateways:
    """How many gateways a place has, and how many of them are heard now."""

    total: int
    seen: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert about a person that nobody has yet: its priority, and when it was raised (us)."""

    priority: Priority
    raised_us: int


def gateways_of(connection: Connection, places: Sequence[str]) -> dict[str, Gateways]:
    """Return the gateways of each of these places; those of canaries are left out.

    One counts as not seen while its own alert stands, or while a home that it serves is on the
    list of unwatched homes with a reason other than its sensors: in an outage no gateway has an
    alert of its own. A home with two gateways takes both along.
    """
    total = _by_place(connection, _gateways(places))
    unseen = _by_place(connection, _gateways(places).where(or_(*_unseen())))
    return {p: Gateways(total.get(p, 0), total.get(p, 0) - unseen.get(p, 0)) for p in places}


def oldest_waiting(connection: Connection, places: Sequence[str]) -> Mapping[str, Waiting]:
    """Return by place the alert about a person that has waited longest for somebody, if any.

    Tests and technical alerts are left out.
    """
    query = (
        select(_a.place, _a.priority, _a.raised_us)
        .where(
            _a.place.in_(places),
            _a.state == State.OPEN.value,
            _a.priority != Priority.T.value,
            _a.is_test.is_(False),
        )
        .order_by(_a.raised_us.desc(), _a.priority.desc())
    )
    # The oldest comes last, and of two of one moment the more urgent one.
    return {p: Waiting(Priority(which), us) for p, which, us in connection.execute(query)}


def _gateways(places: Sequence[str]) -> Select[Any]:
    canaries = select(_h.number).where(_h.state == HomeState.TEST.value)
    lived_in = or_(_g.home.is_(None), _g.home.not_in(canaries))
    return select(_g.place, func.count()).where(_g.place.in_(places), lived_in).group_by(_g.place)


def _unseen() -> tuple[ColumnElement[bool], ...]:
    homes = (
        select(_h.number).join(ledger.unwatched, _u.home == _h.id).where(_u.reason.in_(_UNHEARD))
    )
    told = select(_a.gateway).where(
        _a.kind == AlertKind.GATEWAY_SILENT.value,
        _a.state.in_([state.value for state in STANDING]),
        _a.gateway.is_not(None),
    )
    served = select(_s.gateway).where(_s.home.in_(homes))
    # An alert of a box that was replaced stands until the new one is heard.
    replaced = select(_r.gateway).where(_r.id.in_(told))
    return _g.home.in_(homes), _g.number.in_(served), _g.id.in_(told), _g.number.in_(replaced)


def _by_place(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return dict(connection.execute(query).all())
