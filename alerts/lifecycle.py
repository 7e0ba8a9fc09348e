"""The life of an alert: one table of transitions and one ``step``."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alerts.alert import (
    CONTINUING,
    LIFE_SAFETY,
    NOTICES,
    SILENCES,
    STANDING,
    TECHNICAL,
    AlertKind,
    State,
)


class Event(StrEnum):
    """What can happen to an alert."""

    RAISE = "raise"
    REPEAT = "repeat"
    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    CONFIRM = "confirm"
    ESCALATE = "escalate"
    ATTEND = "attend"
    TIME_OUT = "time-out"
    RESOLVE = "resolve"
    EASE = "ease"
    UNEASE = "unease"
    WORK_AGAIN = "work-again"
    JOIN = "join"
    SPREAD = "spread"
    CONTRADICT = "contradict"
    OVER = "over"
    COME_BACK = "come-back"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the life cycle knows of an alert; ``state`` is None before it is raised."""

    kind: AlertKind
    state: State | None = None
    step: int = 0
    is_eased: bool = False
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """An accepted event: where the alert stands now."""

    event: Event
    before: Standing
    after: Standing


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that may not happen here, and why."""

    event: Event
    reason: str


_ALL: Final = frozenset(AlertKind)
_WATCHED: Final = _ALL - LIFE_SAFETY - TECHNICAL
_SHARED: Final = frozenset({AlertKind.UNWATCHED_HOME})
"""Kinds of which one alert may tell of many homes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: in ``start``, for these kinds, ``event`` leads to ``end``.

    ``says`` is the label in the diagram.
    """

    start: State | None
    event: Event
    end: State
    kinds: frozenset[AlertKind]
    says: str


_OPEN, _ACK, _THERE = State.OPEN, State.ACKNOWLEDGED, State.ATTENDING
_DONE, _CLOSED = State.RESOLVED, State.CLOSED


def _standing(
    event: Event, end: State | None, kinds: frozenset[AlertKind], says: str
) -> tuple[Row, ...]:
    """Return a row for each state that stands; without an ``end`` the state stays as it is."""
    return tuple(Row(state, event, end or state, kinds, says) for state in STANDING)


TABLE: Final[tuple[Row, ...]] = (
    Row(None, Event.RAISE, _OPEN, _ALL, "raise"),
    *_standing(Event.REPEAT, None, LIFE_SAFETY, "repeat (P1)"),
    *_standing(Event.EASE, None, _WATCHED, "ease: please confirm (P2, P3)"),
    *_standing(Event.UNEASE, None, _WATCHED, "unease: quiet again (P2, P3)"),
    Row(_OPEN, Event.ESCALATE, _OPEN, _ALL, "escalate: the next on the ladder"),
    Row(_OPEN, Event.CONFIRM, _OPEN, _ALL, "confirm: seen, others still to confirm"),
    Row(_OPEN, Event.ACKNOWLEDGE, _ACK, _ALL, "acknowledge, by a person"),
    Row(_OPEN, Event.ATTEND, _THERE, _ALL, "attend, by a person"),
    Row(_ACK, Event.ATTEND, _THERE, _ALL, "attend, by a person"),
    *_standing(Event.ACCEPT, _ACK, _ALL, "accept at hand-over, by a person"),
    *_standing(Event.JOIN, None, CONTINUING, "join: the same again, or a few homes more"),
    *_standing(Event.SPREAD, _OPEN, _SHARED, "spread: twice as many homes, or another tier"),
    Row(_ACK, Event.TIME_OUT, _OPEN, _ALL, "time-out: nobody said more"),
    Row(_THERE, Event.TIME_OUT, _OPEN, _ALL, "time-out: nobody said more"),
    *_standing(Event.RESOLVE, _DONE, _ALL, "resolve with an outcome, by a person"),
    Row(_DONE, Event.COME_BACK, _OPEN, SILENCES, "come back, one step up (silence)"),
    *_standing(Event.WORK_AGAIN, _CLOSED, TECHNICAL, "works again (T)"),
    *_standing(Event.CONTRADICT, _CLOSED, _WATCHED, "late data contradicts (P2, P3)"),
    *_standing(Event.OVER, _CLOSED, NOTICES, "what it told of is over (notices)"),
)
"""Every transition there is; what is not here is refused."""

_INDEX: Final = {(row.start, row.event): row for row in TABLE}


def step(standing: Standing, event: Event) -> Transition | Refusal:
    """Return where the event leads, or why it may not happen."""
    row = _INDEX.get((standing.state, event))
    if row is None:
        return Refusal(event, f"cannot {event.value} an alert that is {_state(standing)}")
    if standing.kind not in row.kinds:
        return Refusal(event, f"cannot {event.value} an alert of kind {standing.kind.value}")
    if event is Event.EASE and standing.is_eased:
        return Refusal(event, "it is eased already")
    if event is Event.UNEASE and not standing.is_eased:
        return Refusal(event, "it was never eased")
    return Transition(event, standing, _after(standing, event, row.end))


def _state(standing: Standing) -> str:
    return "not raised" if standing.state is None else standing.state.value


def _after(standing: Standing, event: Event, end: State) -> Standing:
    after = replace(standing, state=end)
    match event:
        case Event.REPEAT:
            return replace(after, repeats=standing.repeats + 1)
        case Event.EASE:
            return replace(after, is_eased=True)
        case Event.UNEASE:
            return replace(after, is_eased=False)
        case Event.COME_BACK:
            return replace(after, is_eased=False, step=standing.step + 1)
        case _:
            return after


def diagram() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for row in TABLE:
        start = "[*]" if row.start is None else row.start.value
        lines.append(f"    {start} --> {row.end.value}: {row.says}")
    lines += [f"    {end.value} --> [*]" for end in (_DONE, _CLOSED)]
    return "\n".join(lines)
