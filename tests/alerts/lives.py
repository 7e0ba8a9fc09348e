"""Days of a home with a bed, a chair, a dispenser, a kettle, a fridge, a window and a room."""

import numpy as np

from config.kinds import Kind
from tests.alerts.houses import Houses, moved, used
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading

KINDS = (
    (Kind.MOTION, "hall"),
    (Kind.MOTION, "kitchen"),
    (Kind.MOTION, "bathroom"),
    (Kind.MOTION, "bedroom"),
    (Kind.MOTION, "living room"),
    (Kind.CONTACT, "hall"),
    (Kind.CONTACT, "kitchen"),
    (Kind.CONTACT, "bedroom"),
    (Kind.TEMPERATURE, "living room"),
    (Kind.BED, "bedroom"),
    (Kind.CHAIR, "living room"),
    (Kind.POWER, "kitchen"),
    (Kind.MEDICATION, "kitchen"),
)
"""The contact in the bedroom is a window."""

BED, CHAIR, DOSE = (Kind.BED, "bedroom"), (Kind.CHAIR, "living room"), (Kind.MEDICATION, "kitchen")
WARM = 20.0


def of(houses: Houses, what: tuple[Kind, str], home: int = 1) -> int:
    return houses.sensor(what[1], what[0], home)


def course(at: int) -> float:
    """Return the usual warmth: 18.5 °C by night, 20 from seven to ten and from four on."""
    hour = at % DAY / HOUR
    points = [(0, 19.4), (6.5, 18.0), (8.5, 20.0), (10, 20.0), (15.5, 18.6), (18, 20.5), (24, 19.4)]
    return float(np.interp(hour, [h for h, _ in points], [c for _, c in points]))


def day(houses: Houses, number: int, home: int = 1, *, until: int = 23 * HOUR) -> list[Reading]:
    """Return a day: up at seven, two doses, three meals, a visit at night, in bed at 22:30.

    Nothing but warmth is told from ``until`` on.
    """
    start = START + number * DAY
    rng = np.random.default_rng([home, number])
    off = rng.integers(-10 * MINUTE, 10 * MINUTE, 24).tolist()
    bed, chair = of(houses, BED, home), of(houses, CHAIR, home)
    told: list[Reading] = []
    for hour in range(7, 22):
        room = ("hall", "kitchen", "bathroom", "living room")[hour % 4]
        told += moved(houses.sensor(room, home=home), start + hour * HOUR + off[hour])
    told += [
        (bed, start + 2 * HOUR + off[0], 0.0),
        (bed, start + 2 * HOUR + off[0] + 6 * MINUTE, 1.0),
    ]
    told += moved(houses.sensor("bathroom", home=home), start + 2 * HOUR + off[0] + MINUTE)
    told += [(bed, start + 7 * HOUR + off[1], 0.0), (bed, start + 22 * HOUR + 30 * MINUTE, 1.0)]
    for i, hour in enumerate((10, 14, 19)):
        told += [(chair, start + hour * HOUR, 1.0)]
        told += [(chair, start + hour * HOUR + 40 * MINUTE + off[2 + i], 0.0)]
    kettle, fridge = (
        of(houses, (Kind.POWER, "kitchen"), home),
        houses.sensor("kitchen", Kind.CONTACT, home),
    )
    for i, hour in enumerate((8, 12, 18)):
        at = start + hour * HOUR + off[6 + i]
        told += [(kettle, at, 2000.0), (kettle, at + 3 * MINUTE, 0.0), *used(fridge, at + MINUTE)]
    dose = of(houses, DOSE, home)
    told += [(dose, start + 8 * HOUR + off[10], 1.0), (dose, start + 18 * HOUR + off[11], 1.0)]
    told += used(houses.sensor("hall", Kind.CONTACT, home), start + 13 * HOUR)
    told += moved(houses.sensor("hall", home=home), start + 13 * HOUR + MINUTE)
    return [reading for reading in told if reading[1] < start + until] + warmth(
        houses, number, home
    )


def warmth(houses: Houses, number: int, home: int = 1) -> list[Reading]:
    """Return a thermometer that follows the usual course."""
    sensor = houses.sensor("living room", Kind.TEMPERATURE, home)
    start = START + number * DAY
    return [(sensor, at, course(at - START)) for at in range(start, start + DAY, 10 * MINUTE)]


def without(
    readings: list[Reading], *sensors: int, since: int = 0, until: int = 1 << 62
) -> list[Reading]:
    return [r for r in readings if r[0] not in sensors or not since <= r[1] < until]
