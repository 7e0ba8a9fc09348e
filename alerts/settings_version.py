"""The settings that an engine ran with, by their hash, so that its past can be run again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from alerts import past_tables
from config.places import Contacts, Place

_DECIDES: Final = {"time_zone", "limits", "detectors", "alert_budget"}


@dataclass(frozen=True, slots=True)
class Version:
    """What decided besides readings and roster: the engine's own settings, and each place's.

    ``code`` names the code that decided: other code may decide otherwise.
    """

    tick_s: int
    reorder_s: int
    orphan_place: str
    places: Mapping[str, Place]
    code: str = ""

    @property
    def content(self) -> str:
        """The settings as JSON, always in the same order."""
        places = {
            key: place.model_dump(mode="json", include=_DECIDES)
            for key, place in self.places.items()
        }
        return json.dumps(
            {
                "tick_s": self.tick_s,
                "reorder_s": self.reorder_s,
                "orphan_place": self.orphan_place,
                "places": places,
                "code": self.code,
            },
            sort_keys=True,
            separators=(",", ":"),
        )

    @property
    def hash(self) -> str:
        """Sixteen characters that name this content."""
        return hashlib.sha256(self.content.encode()).hexdigest()[:16]

    def write(self, connection: Connection, now_us: int) -> None:
        """Keep the content under its hash, unless it is kept."""
        table, name = past_tables.settings, self.hash
        known = connection.execute(select(table.c.hash).where(table.c.hash == name)).first()
        if known is None:
            values = {"hash": name, "first_us": now_us, "content": self.content}
            connection.execute(insert(table).values(values))


def read_version(content: str) -> Version:
    """Return the settings that ``content`` was made of; names and contacts are not kept."""
    kept: dict[str, Any] = json.loads(content)
    nobody = Contacts(support="nobody", phone="none")
    places = {
        key: Place.model_validate({"key": key, "name": key, "contacts": nobody, **of})
        for key, of in kept["places"].items()
    }
    return Version(
        tick_s=kept["tick_s"],
        reorder_s=kept["reorder_s"],
        orphan_place=kept["orphan_place"],
        places=places,
        code=kept["code"],
    )
