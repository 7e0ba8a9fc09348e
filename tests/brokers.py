"""Real brokers on free loopback ports, for tests; each ends with the process it started."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.broker import Broker, BrokerUser, wait_until_ready, write_config
from tests.servers import free_port, require_program

HOST = "127.0.0.1"
PLACE = "place-0001"
GATEWAY = BrokerUser(
    "gateway-0001",
    "geheim-1",
    (f"stillwell/v1/{PLACE}/gateway-0001/#",),
    ("stillwell-receipt/v1/gateway-0001",),
)
OTHER_GATEWAY = BrokerUser(
    "gateway-0002",
    "geheim-2",
    (f"stillwell/v1/{PLACE}/gateway-0002/#",),
    ("stillwell-receipt/v1/gateway-0002",),
)
WORKER = BrokerUser(
    "worker",
    "geheim-3",
    ("stillwell-receipt/v1/+", "stillwell/v1/clock"),
    ("stillwell/v1/#",),
)


@dataclass(frozen=True)
class RunningBroker:
    """A broker that a test may stop, kill and start again; ``start`` waits until it is ready."""

    host: str
    port: int
    worker: tuple[str | None, str | None]
    gateway: tuple[str | None, str | None]
    start: Callable[[], None]
    stop: Callable[[], None]
    kill: Callable[[], None]


def _finish(work: Coroutine[None, None, None]) -> None:
    """Run a coroutine to its end, also where a loop is running already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


@contextmanager
def start_mosquitto(
    folder: Path, extra_config: str = "", *, starter: Path | None = None
) -> Iterator[RunningBroker]:
    """Run mosquitto with its sessions kept in ``folder``; anonymous users may do everything.

    ``starter`` is a script that starts it instead, in a session of its own.
    """
    program = require_program("mosquitto", "mosquitto")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} {HOST}\n"
        "allow_anonymous true\n"
        "max_queued_messages 1000000\n"
        "max_inflight_messages 1000\n"
        "persistence true\n"
        f"persistence_location {folder}/\n"
        "autosave_interval 1\n"
        f"user {folder.owner()}\n"
        f"{extra_config}\n"
    )
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (folder / "mosquitto.log").open("ab") as log:
            running.append(
                subprocess.Popen(  # noqa: S603 - the broker that was asked for, no shell
                    [program, "-c", str(config)]
                    if starter is None
                    else [str(starter), str(config)],
                    stdout=log,
                    stderr=log,
                    start_new_session=starter is not None,
                    env={**os.environ, "PATH": f"{Path(program).parent}:{os.environ['PATH']}"},
                )
            )
        _finish(wait_until_ready(HOST, port))

    def stop() -> None:
        running[-1].terminate()
        try:
            running[-1].wait(5)
        except subprocess.TimeoutExpired:
            kill()

    def kill() -> None:
        if starter is None:
            running[-1].kill()
        else:
            os.killpg(running[-1].pid, signal.SIGKILL)
        running[-1].wait()

    start()
    try:
        yield RunningBroker(HOST, port, (None, None), (None, None), start, stop, kill)
    finally:
        stop()


@contextmanager
def start_nats(
    folder: Path,
    users: Sequence[BrokerUser] = (GATEWAY, OTHER_GATEWAY, WORKER),
    *,
    ack_wait_s: int = 2,
) -> Iterator[RunningBroker]:
    """Run the embedded broker with these users."""
    port = free_port()
    config = write_config(folder, HOST, port, users, ack_wait_s=ack_wait_s)
    broker = Broker(config, HOST, port)

    def start() -> None:
        _finish(broker.start())

    start()
    try:
        yield RunningBroker(
            HOST,
            port,
            (WORKER.name, WORKER.password),
            (GATEWAY.name, GATEWAY.password),
            start,
            broker.stop,
            broker.kill,
        )
    finally:
        broker.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[RunningBroker]:
    """Run mosquitto."""
    with start_mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[RunningBroker]:
    """Run the embedded NATS server with one worker and two gateways."""
    with start_nats(tmp_path / "nats") as broker:
        yield broker


@pytest.fixture(params=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest) -> RunningBroker:
    """Run each broker in turn."""
    running = request.getfixturevalue(request.param)
    assert isinstance(running, RunningBroker)
    return running
