"""The channel of test alarms: they leave the outbox as every message does, and reach nobody."""

from alerts.notify.outbox import Message


class Nobody:
    """Takes a message and tells nobody."""

    def send(self, message: Message) -> None:
        """Count as sent."""
