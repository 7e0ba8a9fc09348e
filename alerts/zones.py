"""The time zone of a place, also of one that has no file."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from alerts.detect.roster import DEFAULT_ZONE
from config.places import Place


def zone_of(places: Mapping[str, Place], key: str) -> ZoneInfo:
    """Return the place's zone, or the default one where the place is unknown."""
    place = places.get(key)
    return ZoneInfo(DEFAULT_ZONE) if place is None else place.zone
