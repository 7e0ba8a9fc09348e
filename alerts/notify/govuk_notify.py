"""SMS and e-mail through GOV.UK Notify, by its own client.

Notify knows no idempotency key, but keeps our ``reference``: before a second attempt it is asked
whether it has one already, so that an answer which got lost sends nothing twice.
"""

import threading
from dataclasses import dataclass
from typing import Any, Final

import structlog
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from alerts.notify.outbox import DeliveryFailed, Fate, Message

_log = structlog.get_logger()

TIMEOUT_S: Final = 10
_LOST: Final = frozenset({"permanent-failure", "temporary-failure", "technical-failure"})


@dataclass(frozen=True, slots=True)
class Account:
    """A Notify service: ``template`` has one field, ``((text))``. A dry run sends nothing."""

    base_url: str
    api_key: str
    template: str
    is_dry_run: bool = False


class Notify:
    """One kind of Notify's messages, ``sms`` or ``email``."""

    def __init__(self, account: Account, kind: str) -> None:
        self._account, self._kind = account, kind
        make: Any = NotificationsAPIClient  # the client has no types
        self._client = make(account.api_key, account.base_url, TIMEOUT_S)
        self._turn = threading.Lock()  # the client is not thread-safe

    def send(self, message: Message) -> str | None:
        """Send it and return Notify's id; what Notify finds wrong is a permanent failure."""
        if self._account.is_dry_run:
            _log.info("notify_dry_run", key=message.key, kind=self._kind)
            return None
        try:
            with self._turn:
                known = self._known(message) if message.attempt > 1 else None
                return known or self._post(message)
        except APIError as problem:
            raise _failed(problem) from problem

    def fate(self, receipt: str) -> Fate:
        """Return what the network or mailbox said of a message."""
        with self._turn:
            found = self._client.get_notification_by_id(receipt)
        status = str(found["status"])
        if status == "delivered":
            return Fate.DELIVERED
        return Fate.LOST if status in _LOST else Fate.UNDER_WAY

    def _known(self, message: Message) -> str | None:
        found = self._client.get_all_notifications(reference=message.key)["notifications"]
        return str(found[0]["id"]) if found else None

    def _post(self, message: Message) -> str:
        fields = {"personalisation": {"text": message.text}, "reference": message.key}
        template = self._account.template
        answer: dict[str, Any]
        if self._kind == "sms":
            answer = self._client.send_sms_notification(message.address, template, **fields)
        else:
            answer = self._client.send_email_notification(message.address, template, **fields)
        return str(answer["id"])


def _failed(problem: APIError) -> DeliveryFailed:
    """Return why; 400 is about this message, everything else may be put right meanwhile."""
    code = int(problem.status_code)
    return DeliveryFailed(f"GOV.UK Notify answered {code}", is_permanent=code == 400)
