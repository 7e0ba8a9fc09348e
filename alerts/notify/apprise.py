"""Anything that Apprise can reach, as an optional extra: ``pip install stillwell[apprise]``."""

import importlib
from typing import Any

from alerts.notify.outbox import DeliveryFailed, Message


class Apprise:
    """Sends to the Apprise URL of the recipient."""

    def __init__(self) -> None:
        self._apprise: Any = importlib.import_module("apprise")

    def send(self, message: Message) -> None:
        """Send it; an address that Apprise cannot read is a permanent failure."""
        teller = self._apprise.Apprise()
        if not teller.add(message.address):
            raise DeliveryFailed("Apprise cannot read the address", is_permanent=True)
        if not teller.notify(title="Stillwell", body=message.text):
            raise DeliveryFailed("Apprise could not send it")
