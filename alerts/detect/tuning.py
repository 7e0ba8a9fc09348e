"""Settings of the detectors as columns: what places chose, and what homes have for themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from alerts.detect import own_settings, parameters
from alerts.detect.columns import Bools, Floats, Ints, Rows
from alerts.detect.place_limits import LIMITS
from config.places import Limits, Place
from config.sensor_table import SensorTable


@dataclass(frozen=True, slots=True)
class Tuning:
    """``by_place`` float64[places] of every setting, ``own`` float64[homes] of some.

    ``own`` has the settings that a home has for itself, NaN in the other homes. ``moves``
    float64[places] is how far the strictest alert budget moves a parameter.
    """

    home_place: Ints
    by_place: Mapping[str, Floats]
    own: Mapping[str, Floats]
    moves: Mapping[str, Floats]

    def of(self, name: str, homes: Rows | slice = slice(None)) -> Floats:
        """Return a setting, float64[k], of these k homes."""
        chosen = self.by_place[name][np.maximum(self.home_place[homes], 0)]
        own = self.own.get(name)
        return chosen if own is None else np.where(np.isnan(own[homes]), chosen, own[homes])

    def is_own(self, name: str, homes: Rows | slice = slice(None)) -> Bools:
        """Return which of these homes have this setting for themselves."""
        own = self.own.get(name)
        if own is None:
            return np.zeros(len(self.home_place[homes]), np.bool_)
        return ~np.isnan(own[homes])

    def move(self, name: str, homes: Rows) -> Floats:
        """Return how far the strictest budget moves it in these homes: not where it was chosen."""
        moved = self.moves[name][np.maximum(self.home_place[homes], 0)]
        return moved if name not in self.own else np.where(self.is_own(name, homes), 0.0, moved)

    def least(self, name: str) -> float:
        """Return the smallest value in any place or home."""
        return float(min(self.by_place[name].min(), np.nanmin(self.own.get(name, np.inf))))

    def most(self, name: str) -> float:
        """Return the largest value in any place or home."""
        return float(max(self.by_place[name].max(), np.nanmax(self.own.get(name, -np.inf))))


def build_tuning(table: SensorTable, places: Mapping[str, Place]) -> Tuning:
    """Return what is set in this roster; a place without a file has every default.

    ConfigProblem names a parameter of a place that is unknown or out of its range.
    """
    known = [places.get(key) for key in table.places]
    limits = [Limits() if place is None else place.limits for place in known] or [Limits()]
    values = [parameters.values(place) for place in known] or [parameters.values(None)]
    moves = [parameters.moves(place) for place in known] or [{}]
    by_place = {one.name: [float(getattr(of, one.name)) for of in limits] for one in LIMITS}
    by_place |= {one.name: [of[one.name] for of in values] for one in parameters.PARAMETERS}
    return Tuning(
        table.home_place.astype(np.int64),
        {name: np.array(column, np.float64) for name, column in by_place.items()},
        own_settings.columns(table.overrides, len(table.home_place)),
        {
            one.name: np.array([of.get(one.name, 0.0) for of in moves])
            for one in parameters.PARAMETERS
            if one.strict is not None
        },
    )
