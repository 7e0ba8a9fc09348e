"""Which detectors signs concern at once: those with an alert that one of the signs eases.

A live engine ends a step with every minute, and tells detectors of its signs then. Where many
steps run as one, that is done only where it could show: nothing else is known sooner by it.
"""

from alerts.detect.columns import NEVER, Bools, Ints, rows_where
from alerts.detect.roles import OFF_SEAT, SEAT, USED, Role, plays
from alerts.detect.streams import Signs
from alerts.detect.things import Spell, Use
from alerts.scene import Scene

_SEATED = (Spell.IN_BED, Spell.IN_CHAIR)


def eases_door(scene: Scene, signs: Signs, rows: slice) -> bool:
    """Return whether one of these signs is in a home with an alert of a door at night."""
    return _is_any_of(scene.state.leave_us, signs.home[rows])


def eases_stay(scene: Scene, signs: Signs, rows: slice) -> bool:
    """Return whether one of these signs is in a home with an alert of a long stay."""
    return _is_any_of(scene.state.stay_raised_us, signs.home[rows])


def eases_spell(scene: Scene, signs: Signs, rows: slice) -> bool:
    """Return whether one of these signs shows a bed regained, or a seat left."""
    stands = scene.state.spell_us != NEVER
    if not stands.any():
        return False
    # Few homes have an alert that stands, so that few of the signs are looked at any further.
    home = signs.home[rows]
    at = rows_where(stands.any(axis=0)[home])
    if not len(at):
        return False
    home, roles, is_on = home[at], signs.roles[rows][at], signs.value[rows][at] > 0
    ends = stands[Spell.OUT_OF_BED, home] & plays(roles, Role.BED) & is_on
    for row, of in enumerate(_SEATED):
        left = (plays(roles, SEAT[row]) & ~is_on) | plays(roles, OFF_SEAT[row])
        ends |= stands[of, home] & left
    return bool(ends.any())


def eases_dose(scene: Scene, signs: Signs, rows: slice) -> bool:
    """Return whether one of these signs is a dose that an alert says was missed."""
    return _eases_use(scene, signs, rows, Use.DOSE)


def eases_kitchen(scene: Scene, signs: Signs, rows: slice) -> bool:
    """Return whether one of these signs is a use of a kitchen told as unused."""
    return _eases_use(scene, signs, rows, Use.KITCHEN)


def eases_visit(scene: Scene, signs: Signs, rows: slice) -> bool:
    """Return whether one of these signs is in a home with an alert of a carer not seen."""
    return _is_any_of(scene.state.unvisited_us, signs.home[rows])


def _eases_use(scene: Scene, signs: Signs, rows: slice, use: Use) -> bool:
    stands = scene.state.unused_us[use] != NEVER
    if not stands.any():
        return False
    return bool((stands[signs.home[rows]] & plays(signs.roles[rows], USED[use])).any())


def _is_any_of(onset_us: Ints, home: Ints) -> bool:
    """Return whether an alert stands, by its onset by home, in one of these homes."""
    stands: Bools = onset_us != NEVER
    return bool(stands.any() and stands[home].any())
