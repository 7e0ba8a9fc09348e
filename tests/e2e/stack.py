"""A whole installation in a folder: real broker, worker and web, each its own process."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from api import detectors
from api.site import Site, create
from api.supervisor import Child, Supervisor
from config import people
from config.database import connect
from config.homes import Enrolment
from config.roles import Role
from ingest.broker import wait_until_ready
from tests.servers import free_port

PASSWORD = "an-invented-password"


@dataclass(frozen=True, slots=True)
class Stack:
    """A running installation and who may sign in."""

    site: Site
    enrolment: Enrolment
    database: Engine
    supervisor: Supervisor
    children: Mapping[str, Child]
    passwords: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        return self.site.url

    def check(self) -> None:
        """Restart what has ended, as the demo's supervisor does."""
        self.supervisor.check()

    def get(self, path: str) -> object:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310  # loopback
            found: object = json.load(answer)
            return found


@contextmanager
def running(
    folder: Path,
    enrolment: Enrolment,
    *,
    clock: str = "system",
    with_web: bool = True,
    broker_port: int | None = None,
    has_canaries: bool = False,
    more: str = "",
) -> Iterator[Stack]:
    """Start an installation with these homes and an account of every role; end it afterwards.

    Every detector is live. ``more`` is put at the end of the settings' file.

    It starts the embedded broker, unless ``broker_port`` names one that runs.
    """
    site, enrolled = create(
        folder,
        enrolment,
        broker_port=broker_port or free_port(),
        web_port=free_port(),
        clock=clock,
        has_canaries=has_canaries,
    )
    with site.settings.open("a", encoding="utf-8") as settings:
        settings.write(more)
    database = connect(site.database_url)
    open_accounts(database, sorted({gateway.place for gateway in enrolment.gateways}))
    supervisor = Supervisor(lambda _: None)
    children = {}
    if broker_port is None:
        children["broker"] = Child("broker", site.broker_command(), site.logs / "broker.log")
        supervisor.add(children["broker"])
    try:
        asyncio.run(wait_until_ready("127.0.0.1", site.broker_port, 15))
        for name in ("worker", "web") if with_web else ("worker",):
            children[name] = Child(name, site.process_command(name), site.logs / f"{name}.log")
            supervisor.add(children[name])
        passwords = json.loads(site.credentials.read_text("utf-8"))
        stack = Stack(site, enrolled, database, supervisor, children, passwords)
        until(lambda: _is_up(stack, with_web=with_web), 30, "the worker is not up")
        yield stack
    finally:
        supervisor.stop()
        database.dispose()


def open_accounts(database: Engine, places: Sequence[str]) -> None:
    """Open an account of every role at these places, and switch every detector there live."""
    with database.begin() as connection:
        for role in Role:
            account = people.create_account(
                connection,
                email=f"{role.value}@test.example",
                name=f"Test {role.value}",
                password=PASSWORD,
                now_us=0,
            )
            for place in places:
                people.grant(connection, account.id, place, role)
            if role is Role.SUPERVISOR:
                detectors.demonstrate(connection, places, account.id, 0)


def _is_up(stack: Stack, *, with_web: bool) -> bool:
    from api import health

    stack.check()
    with stack.database.connect() as connection:
        worker = health.beats(connection).get(health.WORKER)
    if worker is None or not worker.state.get("is_connected") or worker.state["problem"]:
        return False
    if not with_web:
        return True
    try:
        stack.get("/health")
    except OSError:
        return False
    return True


def until(claim: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Return once the claim holds; AssertionError with ``otherwise`` when time is up."""
    end = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > end:
            raise AssertionError(f"{otherwise} after {seconds:g} s")
        time.sleep(0.05)
