"""What teaches nothing and raises nothing, counted by reason: an alert less is never a secret."""

from collections.abc import Mapping
from enum import StrEnum

from alerts.detect.columns import rows_where
from alerts.detect.roster import Roster
from alerts.detect.state import State
from config.kinds import CODE, Kind


class Odd(StrEnum):
    """Why a home, or a sensor, is judged by less than others are."""

    NO_DAYS = "home-without-learned-days"
    NO_SENSOR = "home-without-sensor-of-people"
    ONE_SENSOR = "home-with-one-sensor"
    NEVER_CLEARS = "movement-that-never-clears"


def count(state: State, roster: Roster) -> Mapping[str, int]:
    """Return how many watched homes, or sensors in them, are odd by each reason; one pass."""
    is_active, size = roster.home_is_active, len(state.sign_us)
    home = roster.sensor_home
    sees = (roster.sensor_kind == CODE[Kind.MOTION]) & (home >= 0)
    stuck = rows_where(sees & (state.value == 1) & ~state.has_zero)
    homes = {
        Odd.NO_DAYS: roster.home_has_signs & (state.peak_count == 0),
        Odd.NO_SENSOR: ~roster.home_has_signs,
        Odd.ONE_SENSOR: roster.home_devices[:size] == 1,
    }
    found = {odd.value: int((mask & is_active).sum()) for odd, mask in homes.items()}
    return {**found, Odd.NEVER_CLEARS.value: int(is_active[home[stuck]].sum())}
