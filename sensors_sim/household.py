"""Who lives in which home of a scenario."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sensors_sim.habits import Habits, allot, habits
from sensors_sim.residents import USUAL, load


class Tenancy(Protocol):
    """One kind of resident and the share of homes that they live in."""

    @property
    def name(self) -> str:
        """Return the name of the resident's file."""
        ...

    @property
    def share(self) -> float:
        """Return the share of all homes."""
        ...


class Tenanted(Protocol):
    """What has to be known of a scenario."""

    @property
    def seed(self) -> int:
        """Return what everything random grows from."""
        ...

    @property
    def residents(self) -> Sequence[Tenancy]:
        """Return who lives in which share of the homes; usual people in the rest."""
        ...


def tenants(of: Tenanted, homes: NDArray[np.int32], since_day: int = 0) -> Habits:
    """Return the habits of the people in all homes of a scenario (numbers).

    ``since_day`` is the first day of the scenario, from which slow change counts.
    """
    residents = [load(USUAL), *(load(tenancy.name) for tenancy in of.residents)]
    which = allot(of.seed, homes, [tenancy.share for tenancy in of.residents])
    return habits(of.seed, homes, residents, which, since_day)
