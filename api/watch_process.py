"""The watch as a process: built from its settings, with its own mail server."""

import json
import secrets
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from alerts import proof
from alerts.notify.email import Email, letter
from api import console, wiring
from api.channels import mail_server
from api.enrolment import new_id
from api.watch_mail import Mailing
from api.watching import Watching
from config import canary, registry
from config.problems import ConfigProblem
from config.settings import Settings, Watch
from ingest.clock import SystemClock, microseconds

_log = structlog.get_logger(__name__)


def build(settings: Settings) -> Watching:
    """Return the watch; ConfigProblem says what is wrong with its settings."""
    database = wiring.open_database(settings)
    watch, mqtt = settings.watch, settings.mqtt
    broker = proof.Broker(mqtt.host, mqtt.port, read_passwords(watch.credentials))
    return Watching(watch, database, broker, Mailing(_sender(watch)), SystemClock())


def run(settings: Settings) -> None:
    """Watch until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not settings.watch.heartbeat_url and not settings.watch.recipients:
        _log.warning("watch_tells_nobody", advice="set watch.heartbeat_url or watch.recipients")
    build(settings).run(stop)


def _sender(watch: Watch) -> Callable[[str, str], None]:
    """Return what sends a letter to all recipients; without any nothing is sent."""
    if watch.recipients and not watch.smtp.host:
        raise ConfigProblem(
            "settings: watch.recipients is set, but watch.smtp.host is empty: name the watch's own "
            "mail server"
        )
    server = mail_server(watch.smtp, "watch.smtp")

    def send(subject: str, text: str) -> None:
        _log.warning("watch_says", subject=subject)
        if watch.recipients:
            Email(server).hand_in(letter(server.sender, watch.recipients, subject, text))

    return send


def read_passwords(path: Path | None) -> Mapping[str, str]:
    """Return broker passwords by user; without a file nobody has one."""
    if path is None:
        return {}
    try:
        passwords: dict[str, str] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfigProblem(
            f"settings: watch.credentials is {path}, which is no readable JSON of passwords by "
            f"user: {type(problem).__name__}; `stillwell canary` writes one"
        ) from problem
    return passwords


def enrol_canaries(settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Enrol what is missing, tell user and password of each, and keep them where settings say."""
    database, now_us = wiring.open_database(settings), microseconds(SystemClock().now())
    path, made = settings.watch.credentials, dict[str, str]()
    with database.begin() as connection:
        for place in canary.places_without(connection):
            plan = canary.plan(place, new_id)
            registry.enrol(connection, plan, now_us=now_us)
            console.note(connection, place, "enrol", f"home:{plan.homes[0].id}")
            gateway = plan.gateways[0].id
            made[gateway] = secrets.token_hex(16)
            tell(f"{place}: canary home {plan.homes[0].id}, broker user {gateway}")
            tell(f"  password {made[gateway]} (shown once; publishes under")
            tell(f"  stillwell/v1/{place}/{gateway}/)")
        if path is not None and made:
            _keep(path, made)
    if not made:
        tell("every place with watched homes has a canary home")


def _keep(path: Path, made: Mapping[str, str]) -> None:
    before = dict(read_passwords(path)) if path.exists() else {}
    path.touch(0o600)
    path.chmod(0o600)
    path.write_text(json.dumps({**before, **made}), "utf-8")
