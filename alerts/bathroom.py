"""More bathroom visits at night than usual: counted through the night, judged at 06:00 local."""

from typing import Final

import numpy as np

from alerts.alert import AlertKind
from alerts.detect import visits
from alerts.detect.columns import HOUR_US, Floats, Rows, rows_where
from alerts.detect.roles import Role, plays
from alerts.detect.streams import Signs
from alerts.findings_nights import NightVisits, bathroom_at_night
from alerts.scene import Scene
from alerts.turns import homes_that_pass

_ENDS_US: Final = 6 * HOUR_US
_LENGTH_US: Final = 7 * HOUR_US
KINDS: Final = frozenset({AlertKind.BATHROOM_AT_NIGHT})
HEARS: Final = Role.BATHROOM


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Count the visits that begin in these signs."""
    state = scene.state
    rows = rows_where(plays(signs.roles[start:stop], HEARS)) + start
    if not len(rows):
        return
    home, time_us = signs.home[rows], signs.time_us[rows]
    begins = visits.find_visits(home, time_us, state.visit_us)
    begins &= visits.is_night(signs.bin[rows])
    state.visits = visits.add_visits(state.visits, home[begins])
    state.visit_us[home] = time_us


def fold_late(scene: Scene, signs: Signs) -> None:
    """Count nothing: a night is judged by what was known when it ended."""


def decide(scene: Scene) -> None:
    """Note the homes that cannot be seen: their night teaches nothing."""
    if scene.is_regular:
        scene.state.is_night_hidden |= ~scene.counted


def learn(scene: Scene) -> None:
    """Judge and learn the night that ends at 06:00."""
    homes = homes_that_pass(scene, _ENDS_US)
    if not len(homes):
        return
    state, night_us = scene.state, scene.now_us - _LENGTH_US
    is_known = ~state.is_night_hidden[homes] & (state.sign_us[homes] >= night_us)
    is_known &= state.is_seen[homes] & (state.visit_us[homes] >= 0)
    _judge(scene, homes[is_known], night_us)
    state.visits[homes], state.is_night_hidden[homes] = 0, False


def _judge(scene: Scene, homes: Rows, night_us: int) -> None:
    state = scene.state
    before = _usual(scene, homes)
    after, score = visits.end_night(state.visits[homes], before)
    limit = scene.tuned("visits_limit", homes)
    is_hit = (score > limit) & (state.visit_seen[homes] >= visits.NIGHTS)
    if is_hit.any():
        _raise(scene, homes[is_hit], score[is_hit], limit[is_hit], night_us)
    state.visit_nights[homes], state.visit_total[homes] = after.nights, after.total
    state.visit_squares[homes] = after.squares
    state.visit_score[homes] = np.where(is_hit, 0, score)
    state.visit_seen[homes] = np.minimum(state.visit_seen[homes].astype(np.int64) + 1, 255)
    state.visits_before[1, homes] = state.visits_before[0, homes]
    state.visits_before[0, homes] = state.visits[homes]


def _usual(scene: Scene, homes: Rows) -> visits.Usual:
    state = scene.state
    return visits.Usual(
        state.visit_nights[homes].astype(np.float64),
        state.visit_total[homes].astype(np.float64),
        state.visit_squares[homes].astype(np.float64),
        state.visit_score[homes].astype(np.float64),
    )


def _raise(scene: Scene, homes: Rows, score: Floats, limit: Floats, night_us: int) -> None:
    usual = _usual(scene, homes)
    mean, (low, high), phi = visits.mean(usual), visits.band(usual), visits.dispersion(usual)
    for row, home in enumerate(homes.tolist()):
        numbers = NightVisits(
            int(scene.state.visits[home]),
            scene.state.visits_before[:, home].tolist(),
            float(mean[row]),
            int(low[row]),
            int(high[row]),
            float(phi[row]),
            float(usual.score[row]),
            float(score[row]),
            float(limit[row]),
        )
        scene.actions.append(bathroom_at_night(scene.home(home), night_us, scene.now_us, numbers))
