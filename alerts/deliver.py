"""Hands what the detectors decided to the ledger, in the order in which it was decided."""

from collections.abc import Sequence
from itertools import groupby

from alerts.action import Action, Calibrated, Proposals, Step
from alerts.alert import Finding
from alerts.ledger import Ledger
from alerts.lifecycle import Event
from alerts.shadow import Shadow
from ingest.clock import Instant


def deliver(
    ledger: Ledger, actions: Sequence[Action], now: Instant, shadow: Shadow | None = None
) -> int:
    """Hand over the actions, oldest first; return how many alerts were raised.

    ``shadow`` keeps back what detectors that are not live found; without it everything is live.
    When the ledger fails, giving it the same again does no harm.
    """
    raised = 0
    for _, run in groupby(actions, _sort):
        first = list(run)
        findings = [action for action in first if isinstance(action, Finding)]
        steps = [action for action in first if isinstance(action, Step)]
        if findings:
            raised += _raise(ledger, findings, now, shadow)
        elif steps:
            _apply(ledger, steps, now, shadow)
        else:
            ledger.note([one for one in first if isinstance(one, Calibrated | Proposals)])
    return raised


def _raise(ledger: Ledger, findings: list[Finding], now: Instant, shadow: Shadow | None) -> int:
    if shadow is None:
        return len(ledger.raise_findings(findings, now))
    with ledger.together() as (bound, connection):
        live = shadow.sift(connection, bound, findings, now)
        return len(bound.raise_findings(live, now)) if live else 0


def _sort(action: Action) -> tuple[str, str]:
    if isinstance(action, Calibrated | Proposals):
        return ("note", "")
    return ("raise", "") if isinstance(action, Finding) else (action.event.value, action.note)


def _apply(ledger: Ledger, steps: list[Step], now: Instant, shadow: Shadow | None) -> None:
    alerts, note = [step.alert for step in steps], steps[0].note
    if shadow is not None:
        with ledger.together() as (_, connection):
            alerts = shadow.step(connection, steps[0].event, alerts, now, note)
    match steps[0].event:
        case Event.EASE:
            ledger.ease(alerts, now, note)
        case Event.WORK_AGAIN:
            ledger.work_again(alerts, now, note)
        case Event.CONTRADICT:
            ledger.contradict(alerts, now, note)
        case Event.OVER:
            ledger.end(alerts, now, note)
        case Event.COME_BACK:
            ledger.come_back(alerts, now, note)
        case event:
            raise ValueError(f"deliver: {event.value} is not for the system to do")
