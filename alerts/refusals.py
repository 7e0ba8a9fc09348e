"""Why a person's step could not be taken; each says what to do, or who was first."""

from alerts.alert import State


class UnknownAlert(LookupError):
    """No alert has this id."""


class Refused(Exception):
    """The life cycle, or a missing word, forbids this step; the message says what to do."""


class Conflict(Exception):
    """Somebody was first: ``state`` is where the alert stands, ``actor`` who has it.

    ``actor`` is empty when the system took the step; ``at_us`` is when.
    """

    def __init__(self, alert: str, state: State, actor: str, at_us: int) -> None:
        super().__init__(f"alert {alert} is {state.value} already, by {actor or 'the system'}")
        self.alert, self.state, self.actor, self.at_us = alert, state, actor, at_us
