"""What an actor had seen of an alert: a short version, so that nobody acts on what has changed.

It is the ETag of an alert and the hidden field of its forms. It changes with whatever a person must
look at again before acting: who has the alert, where it stands, and a signal that came once more.
It does not change when the system tells the next person or eases the alert.
"""

import hashlib

from alerts.alert import Outcome, State
from api.queries import Alert


class Changed(Exception):
    """The alert is not as the actor saw it; ``alert`` is what it is now."""

    def __init__(self, alert: Alert) -> None:
        super().__init__(f"alert {alert.id} has changed since it was read")
        self.alert = alert


def version(alert: Alert) -> str:
    """Return twelve characters that stand for what a person must have seen."""
    who = (alert.acknowledged_by, alert.attending_by, alert.resolved_by)
    parts = (alert.state.value, str(alert.step), str(alert.repeats), *(one or "" for one in who))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def require(alert: Alert, asked: str) -> None:
    """Raise Changed when ``asked`` (a version, an If-Match or nothing) is not the present one."""
    if not names(asked, version(alert)):
        raise Changed(alert)


def names(asked: str, version: str) -> bool:
    """Return whether ``asked`` (a version, an If-Match or nothing) allows for this version."""
    wanted = {one.strip().removeprefix("W/").strip('"') for one in asked.split(",")}
    return not asked.strip() or "*" in wanted or version in wanted


def is_resolved_by(alert: Alert, account: str, outcome: Outcome) -> bool:
    """Return whether the account has said just this already: an answer was lost on its way."""
    is_over = alert.state is State.RESOLVED and alert.resolved_by == account
    return is_over and alert.outcome is outcome
