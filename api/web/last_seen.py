"""The last sign of the person in each of a few homes, as a care worker reads it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.detect import own_settings
from api import roster
from api.resources import Resources
from api.web import words
from api.web.language import _, _n
from api.web.sensors import room_name
from api.web.strip import last_sign
from config.homes import Home
from ingest.clock import instant, microseconds

_DAYS: Final = 2
_US: Final = np.timedelta64(1, "us")


def of_homes(resources: Resources, homes: Sequence[Home], now_us: int) -> dict[str, str]:
    """Return by home when and where somebody was last noticed in two days, or that nobody was.

    StoreDown and StoreDamaged pass through: what cannot be read must not look like silence.
    """
    store, found, table = resources.store(), dict[str, str](), resources.table()
    now = instant(now_us)
    for home in homes:
        sensors = {s.number: s for s in roster.sensors_of(table, home.number, with_ended=True)}
        sign = None
        if store is not None:
            batch = store.read(home.number, now - np.timedelta64(_DAYS, "D"), now + _US)
            kinds = {number: s.kind for number, s in sensors.items()}
            place = resources.places[home.place]
            hours = own_settings.value(table.overrides, place, home.number, "chatter_hours")
            sign = last_sign(batch, kinds, hours)
        is_alone = home.residents == 1 and not home.has_pets
        who = _("Last sign of the person:") if is_alone else _("Last sign of anybody:")
        if sign is None:
            none = _n("none in the last %(n)s day", "none in the last %(n)s days", _DAYS)
            found[home.id] = f"{who} {none}"
            continue
        at_us, number = sign
        sensor = sensors[number]
        room = f" ({room_name(sensor.room).lower()})" if sensor.room else ""
        when = words.when(at_us, microseconds(now), resources.places[home.place].zone)
        found[home.id] = f"{who} {when}, {words.sign(sensor.kind)}{room}"
    return found
