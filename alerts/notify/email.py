"""E-mail by SMTP; the same key gives the same Message-ID, so that a repeat can be told."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

from alerts.notify.outbox import DeliveryFailed, Message

TIMEOUT_S: Final = 10.0
DEADLINE_S: Final = 30.0
"""The whole exchange, however slowly the other side drips."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in; ``security`` is starttls, tls or none."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    username: str = ""
    password: str = ""


class Email:
    """Hands one message a connection to the server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, message: Message) -> None:
        """Send it; an address that the server refuses for good is a permanent failure."""
        self.hand_in(self._letter(message))

    def hand_in(self, letter: EmailMessage) -> None:
        """Hand in a letter as it is; DeliveryFailed when the server does not take it."""
        held: list[smtplib.SMTP] = []
        timer = threading.Timer(DEADLINE_S, _cut, (held,))
        timer.start()
        try:
            with self._connect(held) as smtp:
                smtp.send_message(letter)
        except smtplib.SMTPRecipientsRefused as problem:
            codes = [code for code, _ in problem.recipients.values()]
            raise _failed("the address was refused", min(codes, default=0)) from problem
        except smtplib.SMTPResponseException as problem:
            is_login = isinstance(problem, smtplib.SMTPAuthenticationError)
            code = 0 if is_login else problem.smtp_code  # a password can be put right
            raise _failed(f"the mail server answered {problem.smtp_code}", code) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise DeliveryFailed(f"mail server: {type(problem).__name__}") from problem
        finally:
            timer.cancel()

    def _connect(self, held: list[smtplib.SMTP]) -> smtplib.SMTP:
        server = self._server
        made = _HeldTls if server.security == "tls" else _Held
        smtp: smtplib.SMTP = made(held, server)
        if server.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if server.username:
            smtp.login(server.username, server.password)
        return smtp

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"] = self._server.sender
        letter["To"] = message.address
        letter["Subject"] = message.text
        letter["Date"] = formatdate()
        domain = self._server.sender.rpartition("@")[2]
        letter["Message-ID"] = f"<{message.key.replace(':', '.')}@{domain}>"
        letter.set_content(f"{message.text}\n")
        return letter


class _Held(smtplib.SMTP):
    """Can be cut off from its first moment on: to connect is to wait for a greeting."""

    def __init__(self, held: list[smtplib.SMTP], server: Server) -> None:
        held.append(self)
        super().__init__(server.host, server.port, timeout=TIMEOUT_S)


class _HeldTls(smtplib.SMTP_SSL):
    def __init__(self, held: list[smtplib.SMTP], server: Server) -> None:
        held.append(self)
        context = ssl.create_default_context()
        super().__init__(server.host, server.port, timeout=TIMEOUT_S, context=context)


def _cut(held: Sequence[smtplib.SMTP]) -> None:
    """End the exchange from another thread."""
    for smtp in held:
        with suppress(OSError, AttributeError):
            smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # may be None


def letter(sender: str, to: Sequence[str], subject: str, text: str) -> EmailMessage:
    """Return a letter that is about no alert."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, ", ".join(to), subject
    made["Date"] = formatdate()
    made.set_content(f"{text}\n")
    return made


def _failed(why: str, code: int) -> DeliveryFailed:
    return DeliveryFailed(why, is_permanent=500 <= code < 600)
