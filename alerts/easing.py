"""Which detectors signs concern at once: those with an alert that one of the signs eases.

A live engine ends a step with every minute, and tells detectors of its signs then. Where many
steps run as one, that is done only where it could show: nothing else is known sooner by it.
"""

from alerts.detect.columns import NEVER, Bools
from alerts.detect.fold import Signs
from alerts.detect.things import Spell, Use
from alerts.scene import Scene

_SEATED = (Spell.IN_BED, Spell.IN_CHAIR)
_BED = 0


def eases_door(scene: Scene, signs: Signs) -> bool:
    """Return whether one of these signs is in a home with an alert of a door at night."""
    return bool((scene.state.leave_us[signs.home] != NEVER).any())


def eases_stay(scene: Scene, signs: Signs) -> bool:
    """Return whether one of these signs is in a home with an alert of a long stay."""
    return bool((scene.state.stay_raised_us[signs.home] != NEVER).any())


def eases_spell(scene: Scene, signs: Signs) -> bool:
    """Return whether one of these signs shows a bed regained, or a seat left."""
    state, things, home = scene.state, scene.roster.things, signs.home
    stands: Bools = state.spell_us[:, home] != NEVER
    if not stands.any():
        return False
    seat, is_on = things.sensor_seat[signs.sensor], signs.value > 0
    ends = stands[Spell.OUT_OF_BED] & (seat == _BED) & is_on
    for row, of in enumerate(_SEATED):
        left = ((seat == row) & ~is_on) | things.is_away[row, signs.sensor]
        ends |= stands[of] & left
    return bool(ends.any())


def eases_dose(scene: Scene, signs: Signs) -> bool:
    """Return whether one of these signs is a dose that an alert says was missed."""
    return _eases_use(scene, signs, Use.DOSE)


def eases_kitchen(scene: Scene, signs: Signs) -> bool:
    """Return whether one of these signs is a use of a kitchen told as unused."""
    return _eases_use(scene, signs, Use.KITCHEN)


def eases_visit(scene: Scene, signs: Signs) -> bool:
    """Return whether one of these signs is in a home with an alert of a carer not seen."""
    return bool((scene.state.unvisited_us[signs.home] != NEVER).any())


def _eases_use(scene: Scene, signs: Signs, use: Use) -> bool:
    home = signs.home[scene.roster.things.sensor_use[signs.sensor] == use]
    return bool((scene.state.unused_us[use, home] != NEVER).any())
