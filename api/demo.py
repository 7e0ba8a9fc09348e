"""``stillwell demo``: three invented councils on this machine, four weeks and then live."""

import asyncio
import contextlib
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from sqlalchemy import Engine

from api import detectors, health
from api.exits import CommandFailed
from api.progress import Progress
from api.site import Site, create
from api.supervisor import Child, ChildFailed, Supervisor
from config import people
from config.database import connect
from config.roles import Role
from ingest.broker import BrokerError, wait_until_ready
from ingest.clock import SystemClock, microseconds
from sensors_sim.fleet import Fleet
from sensors_sim.scenario import load

MARK: Final = "made-by-stillwell-demo"
"""File that shows that a folder is ours to empty."""

PATIENCE_S: Final = 600.0
_LOOK_S: Final = 0.2
_IN_SHADOW: Final = ("dose",)
"""Invented people miss many doses; a supervisor may look at them without a full queue."""

_CAUGHT_UP_US: Final = 5 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account of the demo and its password, which exists nowhere else."""

    role: Role
    places: Sequence[str]
    email: str
    password: str


def run(folder: Path, port: int, *, tell: Callable[[str], None]) -> None:
    """Make the site, fill it with 28 days, then keep it running until Ctrl-C or SIGTERM.

    CommandFailed says what went wrong and the way out.
    """
    _expect_free(port)
    began = time.monotonic()
    _empty(folder)
    tell("making three places with sixty homes")
    now_us = microseconds(SystemClock().now())
    fleet = Fleet(load("demo"), now_us)
    site, _ = create(
        folder,
        fleet.enrolment,
        broker_port=_free_port(),
        web_port=port,
        clock="virtual",
        has_canaries=True,
    )
    database = connect(site.database_url)
    sign_ins = _open_accounts(database, fleet.scenario.places)
    _go_live(database, sign_ins, since_us=now_us - fleet.scenario.days * detectors.DAY_US)
    _keep(folder, sign_ins)
    supervisor = Supervisor(tell)
    with _stopping() as is_stopped:
        try:
            _start(site, supervisor, tell)
            _fill(database, supervisor, is_stopped, tell)
            if not is_stopped():
                command = site.process_command("watch")
                supervisor.add(Child("watch", command, site.logs / "watch.log"))
                _announce(site, sign_ins, time.monotonic() - began, tell)
            while not is_stopped():
                supervisor.check()
                time.sleep(_LOOK_S)
        except ChildFailed as failure:
            raise CommandFailed(f"demo: {failure}\nThe logs are in {site.logs}.") from failure
        finally:
            tell("stopping")
            supervisor.stop()
            database.dispose()
    tell(f"stopped; everything is in {folder} and `make clean-demo` removes it")


def _expect_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise CommandFailed(
                f"demo: port {port} is in use by another program. "
                f"Choose another one: make demo PORT={port + 10 if port < 65000 else 8010}"
            ) from problem


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _empty(folder: Path) -> None:
    """Start afresh, but only in a folder that a demo made."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARK).exists():
            raise CommandFailed(
                f"demo: {folder} holds something else and is left alone. "
                "Name another folder: stillwell demo --folder NAME"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _open_accounts(database: Engine, places: Sequence[str]) -> list[SignIn]:
    """Open one account a role: the care worker in the first place, the others in all."""
    made = []
    now_us = microseconds(SystemClock().now())
    with database.begin() as connection:
        for role in Role:
            where = places[:1] if role is Role.CARE_WORKER else places
            sign_in = SignIn(role, where, f"{role.value}@demo.example", secrets.token_urlsafe(12))
            account = people.create_account(
                connection,
                email=sign_in.email,
                name=f"Demo {role.value.replace('-', ' ')}",
                password=sign_in.password,
                now_us=now_us,
            )
            for place in where:
                people.grant(connection, account.id, place, role)
            made.append(sign_in)
    return made


def _go_live(database: Engine, sign_ins: Sequence[SignIn], *, since_us: int) -> None:
    """Switch detectors live, as a real place does only on evidence: nobody lives here."""
    supervisor = next(s for s in sign_ins if s.role is Role.SUPERVISOR)
    with database.begin() as connection:
        account = people.find_account(connection, supervisor.email)
        if account is None:
            raise RuntimeError("demo: the supervisor's account is gone")
        detectors.demonstrate(
            connection, supervisor.places, account.id, since_us, in_shadow=_IN_SHADOW
        )


def _keep(folder: Path, sign_ins: Sequence[SignIn]) -> None:
    path = folder / "sign-ins.txt"
    path.touch(0o600)
    path.write_text("".join(f"{s.role.value}: {s.email} {s.password}\n" for s in sign_ins), "utf-8")


def _start(site: Site, supervisor: Supervisor, tell: Callable[[str], None]) -> None:
    tell("starting the broker, the worker, the web process and the simulator")
    supervisor.add(Child("broker", site.broker_command(), site.logs / "broker.log"))
    try:
        asyncio.run(wait_until_ready("127.0.0.1", site.broker_port, 15.0))
    except BrokerError as problem:
        raise CommandFailed(f"demo: {problem}; see {site.logs / 'broker.log'}") from problem
    for name, words in (
        ("worker", ["worker"]),
        ("web", ["web"]),
        ("simulator", ["simulate", "demo", "--credentials", str(site.credentials)]),
    ):
        # The simulator is not started again: its past cannot be sent a second time.
        child = Child(name, site.process_command(*words), site.logs / f"{name}.log")
        child.is_restarted = name != "simulator"
        supervisor.add(child)


def _fill(
    database: Engine,
    supervisor: Supervisor,
    is_stopped: Callable[[], bool],
    tell: Callable[[str], None],
) -> None:
    """Show how far the 28 days are until the engine has seen them all and the clock is live."""
    end = time.monotonic() + PATIENCE_S
    with Progress("sending 28 days through the pipeline", tell) as progress:
        while not is_stopped():
            supervisor.check()
            with database.connect() as connection:
                beats = health.beats(connection)
            worker, simulator = beats.get("worker"), beats.get("simulator")
            if worker is not None and simulator is not None:
                start_us = int(simulator.state["start_us"])
                seen_us = int(worker.state.get("engine_us", 0))
                progress.show(
                    (seen_us - start_us)
                    / max(worker.now_us - start_us, 1)
                    * min(1.0, float(simulator.state["share"]))
                )
                if worker.is_live and worker.now_us - seen_us < _CAUGHT_UP_US:
                    return
            if time.monotonic() > end:
                raise CommandFailed(f"demo: not ready after {PATIENCE_S:.0f} s; see the logs")
            time.sleep(_LOOK_S)


def _announce(
    site: Site, sign_ins: Sequence[SignIn], seconds: float, tell: Callable[[str], None]
) -> None:
    tell(f"28 days of 60 homes in {seconds:.0f} s; now live")
    tell(f"ready: {site.url}")
    tell("one sign-in per role:")
    for sign_in in sign_ins:
        places = ", ".join(sign_in.places)
        tell(f"  {sign_in.role.value:<12} {sign_in.email:<26} {sign_in.password}  ({places})")
    tell("In a minute a pendant is pressed, in two there is smoke: leave the queue open.")
    tell("Ctrl-C stops everything.")


@contextlib.contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Take SIGINT and SIGTERM as a wish to stop; a second Ctrl-C is not lost on the children."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
