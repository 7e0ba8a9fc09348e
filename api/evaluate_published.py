"""The simple rules with the figures that were published for all 56 TIHM homes."""

from collections.abc import Mapping
from typing import Final

from api.evaluate_cases import VISITS_3X1, VISITS_6X1
from api.evaluate_floors import Rule, longest_gap, night_door, night_visits, silence

FLOORS: Final[dict[str, tuple[Rule, float]]] = {
    "floor.silence_4h": (silence(4), 3.18),
    "floor.silence_8h": (silence(8), 0.77),
    "floor.silence_12h": (silence(12), 0.26),
    "floor.longest_gap_1_25": (longest_gap(1.25), 0.44),
    "floor.longest_gap_1_5": (longest_gap(1.5), 0.33),
    "floor.longest_gap_1_25_away": (longest_gap(1.25, cap_h=1000, is_away_quiet=True), 0.21),
}
"""Rules about silence, and the false alerts a home-week published for all 56 TIHM homes."""

PUBLISHED: Final[Mapping[str, tuple[float, float, float]]] = {
    "floor.silence_4h": (1.00, 1.00, 3.8),
    "floor.silence_8h": (1.00, 1.00, 7.8),
    "floor.silence_12h": (0.06, 1.00, 11.8),
    "floor.longest_gap_1_25": (0.60, 1.00, 6.7),
    "floor.longest_gap_1_5": (0.51, 1.00, 7.9),
    "floor.longest_gap_1_25_away": (0.47, 0.59, 7.7),
}
"""Published beside it: recall within 8 h, within 12 h, median delay in hours."""

NIGHT: Final[dict[str, tuple[Rule, float]]] = {
    "floor.night_visits_3sd": (night_visits(), 0.07),
    "floor.night_door": (night_door(), 0.60),
}
NIGHT_FOUND: Final[Mapping[str, tuple[str, float]]] = {
    "floor.night_visits_3sd.recall_plus_3": (VISITS_3X1, 0.32),
    "floor.night_visits_3sd.recall_plus_6": (VISITS_6X1, 0.87),
}
"""Rows of what the rule about night visits finds: (case, share published)."""
