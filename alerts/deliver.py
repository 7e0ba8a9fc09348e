"""Hands what the detectors decided to the ledger, in the order in which it was decided."""

from collections.abc import Sequence
from itertools import groupby

from alerts.action import Action, Step
from alerts.alert import Finding
from alerts.ledger import Ledger
from alerts.lifecycle import Event
from ingest.clock import Instant


def deliver(ledger: Ledger, actions: Sequence[Action], now: Instant) -> int:
    """Hand over the actions, oldest first; return how many alerts were raised.

    When the ledger fails, giving it the same again does no harm.
    """
    raised = 0
    for _, run in groupby(actions, _sort):
        first = list(run)
        findings = [action for action in first if isinstance(action, Finding)]
        if findings:
            raised += len(ledger.raise_findings(findings, now))
        else:
            _apply(ledger, [action for action in first if isinstance(action, Step)], now)
    return raised


def _sort(action: Action) -> tuple[str, str]:
    return ("raise", "") if isinstance(action, Finding) else (action.event.value, action.note)


def _apply(ledger: Ledger, steps: list[Step], now: Instant) -> None:
    alerts, note = [step.alert for step in steps], steps[0].note
    match steps[0].event:
        case Event.EASE:
            ledger.ease(alerts, now, note)
        case Event.WORK_AGAIN:
            ledger.work_again(alerts, now, note)
        case Event.CONTRADICT:
            ledger.contradict(alerts, now, note)
        case Event.COME_BACK:
            ledger.come_back(alerts, now, note)
        case event:
            raise ValueError(f"deliver: {event.value} is not for the system to do")
