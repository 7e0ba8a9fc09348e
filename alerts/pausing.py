"""What a tick does about pauses: asks "home again?", and tells that a pause ends or has ended."""

from dataclasses import replace
from typing import Final

from alerts import pads
from alerts.action import Step
from alerts.alert import AlertKind, Finding, Verdict, alert_id
from alerts.detect.columns import HOUR_US, NEVER, Bools, Ints, rows_where
from alerts.detect.pauses import REASONS
from alerts.detect.streams import Signs
from alerts.findings import finding
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.words import clock
from config.homes import Home

AGAIN_US: Final = 12 * HOUR_US
"""How long after it was asked signs in the same pause ask once more."""

_WHY: Final = {"hospital": "a hospital stay", "holiday": "a holiday", "works": "works"}
_AHEAD, _OVER = "ahead", "over"


def ask(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Ask whether somebody is home again: rows ``start`` to ``stop`` are signs of paused homes.

    Nothing else follows from them, but what pads and contacts say now.
    """
    pads.fold(scene, signs, start, stop)
    state, rows = scene.state, slice(start, stop)
    is_due = scene.roster.home_is_enrolled[signs.home[rows]]
    homes, times_us = signs.home[rows][is_due].tolist(), signs.time_us[rows][is_due].tolist()
    for home, at_us in zip(homes, times_us, strict=True):
        if state.again_us[home] == NEVER or at_us - state.again_us[home] >= AGAIN_US:
            state.again_us[home] = at_us
            scene.actions.append(_again(scene, scene.home(home), at_us))


def announce(scene: Scene) -> None:
    """Tell of pauses whose end comes near, or has come, within this tick."""
    pauses = scene.roster.pauses
    if not len(pauses.home):
        return
    for row in rows_where(_within(scene, pauses.notice_us)).tolist():
        if pauses.notice_us[row] < pauses.stop_us[row]:
            scene.actions.append(_ends(scene, row, _AHEAD))
    for row in rows_where(_within(scene, pauses.stop_us)).tolist():
        home, until_us = int(pauses.home[row]), int(pauses.until_us[row])
        told = alert_id(scene.home(home).id, AlertKind.PAUSE_ENDS, until_us, _AHEAD)
        scene.actions.append(Step(Event.OVER, told, "the pause has ended"))
        if pauses.stop_us[row] == until_us:
            scene.actions.append(_ends(scene, row, _OVER))


def _within(scene: Scene, at_us: Ints) -> Bools:
    """Whether each moment is in this tick; those of homes no longer enrolled are not."""
    is_ours = scene.roster.home_is_enrolled[scene.roster.pauses.home]
    found: Bools = is_ours & (at_us > scene.before_us) & (at_us <= scene.now_us)
    return found


def _again(scene: Scene, home: Home, at_us: int) -> Finding:
    zone, pauses = scene.zone(home.place), scene.roster.pauses
    mine = (pauses.home == home.number) & (pauses.from_us <= at_us) & (at_us < pauses.stop_us)
    row = int(rows_where(mine)[-1]) if mine.any() else -1
    why = f" for {_WHY[REASONS[int(pauses.reason[row])]]}" if row >= 0 else ""
    until_us = int(pauses.until_us[row]) if row >= 0 else None
    until = f" until {clock(until_us, zone)}" if until_us is not None else ""
    sentence = (
        f"Something moved at {clock(at_us, zone)} in this home, which is paused{why}{until}. Is "
        "the person home again? If so, end the pause: until then no silence is noticed here."
    )
    evidence = {
        "first_us": at_us,
        "from_us": int(pauses.from_us[row]) if row >= 0 else None,
        "until_us": until_us,
        "decided_us": scene.now_us,
    }
    kind = AlertKind.HOME_AGAIN
    return finding(kind, home, at_us, scene.now_us, sentence, evidence, Verdict.UNKNOWN)


def _ends(scene: Scene, row: int, which: str) -> Finding:
    pauses = scene.roster.pauses
    home = scene.home(int(pauses.home[row]))
    zone, until_us = scene.zone(home.place), int(pauses.until_us[row])
    reason = REASONS[int(pauses.reason[row])]
    if which == _AHEAD:
        sentence = (
            f"The pause of this home for {_WHY[reason]} ends at {clock(until_us, zone)}; from "
            "then on it is watched again. If the person is not back by then, extend it."
        )
    else:
        sentence = (
            f"The pause of this home for {_WHY[reason]} ended at {clock(until_us, zone)}: it is "
            "watched again. Make sure that the person is back, or pause it again."
        )
    evidence = {
        "rule": which,
        "reason": reason,
        "from_us": int(pauses.from_us[row]),
        "notice_us": int(pauses.notice_us[row]),
        "until_us": until_us,
        "decided_us": scene.now_us,
    }
    kind = AlertKind.PAUSE_ENDS
    made = finding(kind, home, until_us, scene.now_us, sentence, evidence, Verdict.UNKNOWN)
    return replace(made, id=alert_id(home.id, kind, until_us, which))
