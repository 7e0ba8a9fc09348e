"""What of the queue is asked for, as its address keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from alerts.alert import AlertKind, Priority, State
from api.web.language import N_

WHO: Final = {
    "": N_("Everybody's"),
    "nobody": N_("Nobody has it yet"),
    "mine": N_("I have it"),
    "others": N_("Somebody else has it"),
}
"""Whose alerts are shown, and how the choice reads."""

PRIORITIES: Final = {
    Priority.P1.value: N_("P1 only"),
    Priority.P2.value: N_("P2 only"),
    Priority.P3.value: N_("P3 only"),
    Priority.T.value: N_("Faults only"),
}
"""How the choice of a priority reads."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """The choices in force; an empty one leaves everything."""

    place: str = ""
    priority: str = ""
    who: str = ""
    kind: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether alerts of the chosen places are left out."""
        return bool(self.priority or self.who or self.kind)

    @property
    def priorities(self) -> tuple[Priority, ...]:
        """The priorities asked for; none means all."""
        return (Priority(self.priority),) if self.priority else ()

    @property
    def kinds(self) -> tuple[AlertKind, ...]:
        """The kinds asked for; none means all."""
        return (AlertKind(self.kind),) if self.kind else ()

    @property
    def states(self) -> tuple[State, ...]:
        """The states asked for; none means all that stand."""
        if self.who == "nobody":
            return (State.OPEN,)
        return (State.ACKNOWLEDGED, State.ATTENDING) if self.who else ()

    def query(self, **changed: str) -> str:
        """Return the query of an address with these choices, ending so that more may follow."""
        choices: Mapping[str, str] = {
            "place": self.place, "priority": self.priority, "who": self.who, "kind": self.kind,
            **changed,
        }  # fmt: skip
        told = urlencode({name: value for name, value in choices.items() if value})
        return f"?{told}&" if told else "?"
