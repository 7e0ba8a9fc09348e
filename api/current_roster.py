"""The roster in memory, following the registry's revision counter."""

from sqlalchemy import Engine

from config import registry
from config.sensor_table import SensorTable


class CurrentRoster:
    """Holds the sensor table; ``refresh`` reads it again when somebody changed it."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        with database.connect() as connection:
            self._table = registry.load(connection)

    def table(self) -> SensorTable:
        """Return the roster as last read."""
        return self._table

    def box_id(self, number: int) -> str | None:
        """Return the id of a gateway's box, None when it is not heard any more."""
        return self._table.box_id(number)

    def refresh(self) -> bool:
        """Read the registry again if its revision changed; say whether it did."""
        with self._database.connect() as connection:
            if registry.revision(connection) == self._table.revision:
                return False
            self._table = registry.load(connection)
        return True
