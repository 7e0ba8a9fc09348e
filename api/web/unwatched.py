"""Homes that cannot be seen, as lines: since when, why, risk tier, and who is calling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from sqlalchemy import Connection

from alerts import welfare_calls
from alerts.welfare_calls import CallOutcome, WelfareCall
from api.auth import CARE, Visitor
from api.queries import Unwatched
from api.resources import Resources
from api.web import words
from api.web.language import N_, _
from api.web.pages import name_of
from config import people

OUTCOMES: Final = {
    CallOutcome.SPOKEN_TO: N_("Spoken to"),
    CallOutcome.SEEN_WELL: N_("Seen well"),
    CallOutcome.NEEDS_HELP: N_("Needs help"),
    CallOutcome.VISIT_SENT: N_("Somebody is going there"),
    CallOutcome.NO_ANSWER: N_("No answer"),
}
"""How what came of a call reads, in the order in which it is offered."""

_REASONS: Final = {
    "gateway": N_("its gateway is silent"),
    "sensor": N_("its sensors are silent or out of reach"),
    "outage": N_("an outage of its place or street"),
    "link": N_("Stillwell has lost its own connection"),
    "moved": N_("it moved house, and no walk test has been passed there"),
}


@dataclass(frozen=True, slots=True)
class UnwatchedLine:
    """One home that cannot be seen; ``version`` names the newest call as it is shown."""

    home: str
    label: str
    place: str
    text: str
    tier: int
    calling: str
    may_call: bool
    is_mine: bool
    version: str


def unwatched_lines(
    connection: Connection,
    resources: Resources,
    visitor: Visitor,
    homes: Sequence[Unwatched],
    now_us: int,
) -> list[UnwatchedLine]:
    """Return since when and why each home cannot be seen, and who is calling."""
    calls = welfare_calls.newest(connection, [home.home for home in homes])
    names = people.names(connection, frozenset(call.called_by for call in calls.values()))
    own = visitor.places(*CARE)
    found = []
    for home in homes:
        place, call = resources.places[home.place], calls.get(home.home)
        is_held = call is not None and call.holds(now_us)
        is_mine = call is not None and is_held and call.called_by == visitor.account.id
        is_told = call is not None and call.concerns(home.since_us, now_us)
        me = visitor.account.id
        line = UnwatchedLine(
            home=home.home,
            label=home.label,
            place=name_of(place),
            text=_text(home, now_us, place.zone),
            tier=home.risk_tier,
            calling=call_text(call if is_told else None, names, me, now_us, place.zone),
            may_call=bool(home.reason) and home.place in own and not is_held,
            is_mine=is_mine,
            version=welfare_calls.version(call),
        )
        found.append(line)
    return found


def call_text(
    call: WelfareCall | None, names: Mapping[str, str], me: str, now_us: int, zone: tzinfo
) -> str:
    """Return who is calling, or what came of the newest call."""
    if call is None:
        return _("Nobody is calling")
    who, when = names.get(call.called_by, call.called_by), words.since(call.at_us, now_us, zone)
    if call.holds(now_us):
        until = words.clock_time(call.until_us, zone)
        if call.called_by == me:
            return _("You are calling, since %(when)s; lapses at %(until)s", when=when, until=until)
        is_calling = N_("%(who)s is calling, since %(when)s; lapses at %(until)s")
        return _(is_calling, who=who, when=when, until=until)
    if call.outcome is None:
        lapsed = N_("Nobody is calling: %(who)s began %(when)s and did not say what came of it")
        return _(lapsed, who=who, when=when)
    ended = words.since(call.ended_us or call.at_us, now_us, zone)
    if call.outcome is CallOutcome.GIVEN_BACK:
        return _("Nobody is calling: %(who)s gave it back, %(when)s", who=who, when=ended)
    found = _(OUTCOMES[call.outcome])
    return _("%(found)s: called by %(who)s, %(when)s", found=found, who=who, when=ended)


def _text(home: Unwatched, now_us: int, zone: tzinfo) -> str:
    if not home.reason:
        return _("Seen again")
    when = words.since(home.since_us, now_us, zone)
    why = _(_REASONS[home.reason]) if home.reason in _REASONS else words.label(home.reason).lower()
    span = words.span(now_us - home.since_us)
    return _("Not seen since %(when)s (%(span)s): %(why)s", when=when, span=span, why=why)
