"""Whom to call about a home, on its page: where no alert of its own says so, an outage's may."""

from datetime import tzinfo
from typing import Any

from api import contacting
from api.auth import CARE, Visitor
from api.resources import Resources
from api.web import lines
from config.homes import Home
from config.keyring import Locked


def of_home(
    resources: Resources, visitor: Visitor, home: Home, now_us: int, zone: tzinfo
) -> dict[str, Any]:
    """Return the home's contacts in order for the care team, or that they cannot be read."""
    if home.place not in visitor.places(*CARE):
        return {}
    try:
        found = contacting.contacts_of(resources, visitor, home.id)
    except Locked:
        return {"locked": True}
    return {"contacts": [lines.contact_line(one, (), "", now_us, zone) for one in found]}
