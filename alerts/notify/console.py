"""The console channel: one log line per message, ids only."""

import structlog

from alerts.notify.outbox import Message

_log = structlog.get_logger()


class Console:
    """Shows that a message would go out; what it says never names anybody."""

    def send(self, message: Message) -> None:
        """Write the line."""
        _log.info("alert_sent", alert=message.alert, key=message.key, text=message.text)
