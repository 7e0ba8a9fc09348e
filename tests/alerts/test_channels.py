"""Each channel against a real server of its kind on this machine."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from notifications_python_client import authentication

from alerts.notify import webhook
from alerts.notify.apprise import Apprise
from alerts.notify.email import Email, Server
from alerts.notify.govuk_notify import Account, Notify
from alerts.notify.outbox import DeliveryFailed, Fate, Message
from alerts.notify.webhook import Hook, Unsafe, Webhook, guard, retry_after_s, sign
from tests.alerts.listening import Listener, listening
from tests.alerts.world import START

MESSAGE = Message(
    "a" * 32, f"{'a' * 32}:sms:0.1:account-ann", "P1 alert in your area.", "07700900001",
    "fenbridge", START,
)  # fmt: skip


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as server:
        yield server


def hook(listener: Listener) -> Webhook:
    return Webhook(lambda _: Hook(f"{listener.url}/in?x=1", "secret"), is_private_allowed=True)


def test_a_webhook_gets_a_signed_cloud_event_with_the_message_s_key(listener: Listener) -> None:
    hook(listener).send(MESSAGE)
    path, headers, body = listener.asked[0]
    told = json.loads(body)
    assert (path, told["specversion"], told["id"]) == ("/in?x=1", "1.0", MESSAGE.key)
    assert headers["webhook-id"] == MESSAGE.key
    signed = f"{MESSAGE.key}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"secret", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert sign("other", MESSAGE.key, 1, body) != headers["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "is_permanent"), [(500, False), (429, False), (410, True), (404, True), (302, True)]
)
def test_a_webhook_s_answer_says_whether_to_try_again(
    listener: Listener, status: int, is_permanent: bool
) -> None:
    listener.answers.append((status, {}))
    with pytest.raises(DeliveryFailed) as failed:
        hook(listener).send(MESSAGE)
    assert failed.value.is_permanent is is_permanent
    assert len(listener.asked) == 1


def test_a_webhook_that_drips_is_left_at_the_deadline(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "DEADLINE_S", 0.5)
    listener.answers.append((0, {}))
    with pytest.raises(DeliveryFailed) as failed:
        hook(listener).send(MESSAGE)
    assert not failed.value.is_permanent


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("240", 240),
        (" 7 ", 7),
        ("Sat, 28 Nov 2026 02:01:00 GMT", 60),
        ("Sat, 28 Nov 2026 01:00:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("9" * 400, 999_999_999),
        (None, 0),
    ],
)
def test_how_long_a_webhook_asks_to_be_left_alone_is_read_in_both_forms(
    said: str | None, seconds: float
) -> None:
    assert retry_after_s(said, datetime(2026, 11, 28, 2, tzinfo=UTC)) == seconds


def test_a_webhook_that_asks_for_rest_is_left_alone_as_long(listener: Listener) -> None:
    listener.answers.append((429, {}))
    listener.retry_after = "200"
    with pytest.raises(DeliveryFailed) as failed:
        hook(listener).send(MESSAGE)
    assert (failed.value.is_permanent, failed.value.wait_s) == (False, 200)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://localhost:8000/",
        "https://user:pass@127.0.0.1/",
        "https://224.0.0.1/",
        "file:///etc/passwd",
        "https://",
    ],
)
def test_a_webhook_inside_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Unsafe, match=r"\.$"):
        guard(url)


def test_a_name_that_points_inside_by_the_time_of_sending_is_not_called(
    monkeypatch: pytest.MonkeyPatch, listener: Listener
) -> None:
    answers = ["93.184.216.34", "127.0.0.1"]

    def look_up(*args: object, **kwargs: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert guard("https://rebinding.example/")[3] == "93.184.216.34"
    with pytest.raises(DeliveryFailed, match="private network"):
        Webhook(lambda _: Hook("https://rebinding.example/", "secret")).send(MESSAGE)
    assert listener.asked == []


class Mailbox:
    """What an SMTP server took; addresses at refuse.example are refused."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_RCPT(self, *told: Any) -> str:  # noqa: ANN401, N802  # aiosmtpd's
        _, _, envelope, address, _ = told
        if address.endswith("refuse.example"):
            return "550 no such mailbox"
        if address.endswith("later.example"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *told: Any) -> str:  # noqa: ANN401, N802  # aiosmtpd's
        envelope = told[2]
        self.letters.append(envelope)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, Email]]:
    mailbox = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, Email(Server("127.0.0.1", port, "alerts@stillwell.example", "none"))
    finally:
        controller.stop()


def mail(address: str) -> Message:
    return Message("a" * 32, "key:email:0.0:x", "P1 alert in your area.", address, "fenbridge")


def test_mail_is_handed_in_and_a_repeat_has_the_same_message_id() -> None:
    with mail_server() as (mailbox, email):
        email.send(mail("ann@example.org"))
        email.send(mail("ann@example.org"))
        first, second = (letter.content.decode() for letter in mailbox.letters)
    assert mailbox.letters[0].rcpt_tos == ["ann@example.org"]
    named = [line for line in first.splitlines() if line.startswith("Message-ID")]
    assert named == ["Message-ID: <key.email.0.0.x@stillwell.example>"]
    assert named[0] in second


@pytest.mark.parametrize(
    ("address", "is_permanent"), [("a@refuse.example", True), ("a@later.example", False)]
)
def test_a_mailbox_that_is_refused_for_good_is_not_tried_again(
    address: str, is_permanent: bool
) -> None:
    with mail_server() as (_, email), pytest.raises(DeliveryFailed) as failed:
        email.send(mail(address))
    assert failed.value.is_permanent is is_permanent
    assert address not in str(failed.value)


def test_a_mail_server_that_drips_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.notify import email

    monkeypatch.setattr(email, "DEADLINE_S", 0.5)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        made = Email(Server("127.0.0.1", server.getsockname()[1], "a@stillwell.example", "none"))
        with pytest.raises(DeliveryFailed) as failed:
            made.send(mail("ann@example.org"))
    assert not failed.value.is_permanent
    assert time.monotonic() - began < email.TIMEOUT_S


def drip(server: socket.socket) -> None:
    """Greet without end, a byte every tenth of a second: no single wait is ever too long."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        for _ in range(300):
            connection.sendall(b"2")
            time.sleep(0.1)


SERVICE, KEY = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"


def notify(listener: Listener, **values: Any) -> Notify:  # noqa: ANN401  # of Account
    return Notify(Account(listener.url, f"test-{SERVICE}-{KEY}", "template-1", **values), "sms")


def test_notify_gets_a_signed_request_and_the_key_as_reference(listener: Listener) -> None:
    listener.answers.append((201, {"id": "receipt-1"}))
    assert notify(listener).send(MESSAGE) == "receipt-1"
    path, headers, body = listener.asked[0]
    token = headers["Authorization"].removeprefix("Bearer ").encode()
    check: Any = authentication  # it has no types
    assert check.get_token_issuer(token) == SERVICE
    assert check.decode_jwt_token(token, KEY)
    told = json.loads(body)
    assert (path, told["reference"]) == ("/v2/notifications/sms", MESSAGE.key)
    assert told["personalisation"] == {"text": MESSAGE.text}


def test_a_lost_answer_of_notify_sends_no_second_sms(listener: Listener) -> None:
    listener.answers += [(500, {}), (200, {"notifications": [{"id": "receipt-1"}]})]
    teller = notify(listener)
    with pytest.raises(DeliveryFailed) as failed:
        teller.send(MESSAGE)
    assert not failed.value.is_permanent
    again = Message(MESSAGE.alert, MESSAGE.key, MESSAGE.text, MESSAGE.address, attempt=2)
    assert teller.send(again) == "receipt-1"
    assert [path.partition("?")[0] for path, _, _ in listener.asked] == [
        "/v2/notifications/sms", "/v2/notifications",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "fate"),
    [("delivered", Fate.DELIVERED), ("sending", Fate.UNDER_WAY), ("permanent-failure", Fate.LOST)],
)
def test_notify_tells_what_became_of_a_message(listener: Listener, status: str, fate: Fate) -> None:
    listener.answers.append((200, {"status": status}))
    assert notify(listener).fate("receipt-1") is fate


def test_what_notify_finds_wrong_is_permanent_and_a_dry_run_asks_nobody(
    listener: Listener,
) -> None:
    listener.answers.append((400, {"errors": [{"message": "phone_number is not valid"}]}))
    with pytest.raises(DeliveryFailed) as failed:
        notify(listener).send(MESSAGE)
    assert failed.value.is_permanent
    assert notify(listener, is_dry_run=True).send(MESSAGE) is None
    assert len(listener.asked) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise reads imghdr
def test_apprise_reaches_a_real_address_and_refuses_what_it_cannot_read(
    listener: Listener,
) -> None:
    teller = Apprise()
    address = listener.url.replace("http://", "json://")
    teller.send(Message("a" * 32, "key", "P1 alert in your area.", address))
    assert json.loads(listener.asked[0][2])["message"] == "P1 alert in your area."
    with pytest.raises(DeliveryFailed) as failed:
        teller.send(Message("a" * 32, "key", "text", "nonsense://"))
    assert failed.value.is_permanent
