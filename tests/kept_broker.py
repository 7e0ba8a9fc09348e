"""A real broker, Mosquitto or the NATS server, whose files the product keeps by a registry."""

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from api.broker_files import Kept
from api.broker_keeping import Keeping
from api.broker_seen import MosquittoLog, NatsMonitor, Witness
from config import credentials
from config.credential_hashes import hashes_of
from config.credentials import Issued
from config.database import connect, migrate
from config.registry import enrol
from ingest.broker import command
from ingest.clock import SystemClock, microseconds
from ingest.publisher import Flood
from tests.brokers import HOST, RunningBroker
from tests.make import enrolment
from tests.servers import free_port, require_program

WORKER = ("stillwell-worker", "a-quiet-harbour-lamp")
ONE, TWO = "gate-000001", "gate-000002"
OWN = f"stillwell/v1/fenbridge/{ONE}/native/r"
RECEIPTS = "stillwell-receipt/v1/"
PATIENCE_S = 60.0


@dataclass
class Site:
    """A registry of two homes, a real broker, and what keeps the files of one as the other says."""

    database: Engine
    keeping: Keeping
    broker: RunningBroker
    folder: Path

    def issue(self, gateway: str) -> Issued:
        with self.database.begin() as connection:
            return credentials.issue(connection, gateway, "olga", now(), 1.0)

    def flood(self, issued: Issued, client: str = "hub") -> Flood:
        host, port = self.broker.host, self.broker.port
        return Flood(host, port, client, issued.username, issued.secret, keepalive_s=5)

    async def is_let_in(self, issued: Issued) -> bool:
        try:
            async with self.flood(issued, f"try-{issued.username}"):
                return True
        except Exception:  # noqa: BLE001  # however it is refused
            return False

    async def wait_until_in(self, issued: Issued) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not await self.is_let_in(issued):  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.1)


def now() -> int:
    return microseconds(SystemClock().now())


@contextmanager
def process(program: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        running = subprocess.Popen(program, stdout=out, stderr=out)  # noqa: S603  # ours, no shell
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)


def mosquitto(folder: Path, port: int) -> tuple[list[str], Witness]:
    """Write the configuration of Mosquitto; return what runs it, and who tells who was let in."""
    log = folder / "mosquitto.log"
    (folder / "mosquitto.conf").write_text(
        f"listener {port} {HOST}\nallow_anonymous false\n"
        f"password_file {folder}/passwords\nacl_file {folder}/mosquitto.acl\n"
        f"pid_file {folder}/broker.pid\nlog_dest file {log}\nconnection_messages true\n"
        f"user {folder.owner()}\n"
    )
    program = require_program("mosquitto", "mosquitto")
    return [program, "-c", str(folder / "mosquitto.conf")], MosquittoLog(log)


def nats(folder: Path, port: int) -> tuple[list[str], Witness]:
    """Write the configuration of the NATS server; return what runs it, and who tells."""
    monitor = free_port()
    (folder / "nats.conf").write_text(
        f'server_name: stillwell\nhost: "{HOST}"\nport: -1\nhttp: "{HOST}:{monitor}"\n'
        f'mqtt {{ host: "{HOST}", port: {port} }}\njetstream {{ store_dir: "{folder}/js" }}\n'
        f'pid_file: "{folder}/broker.pid"\ninclude "users.conf"\n'
    )
    return command(folder / "nats.conf"), NatsMonitor(f"http://{HOST}:{monitor}")


KINDS: Final[Mapping[str, Callable[[Path, int], tuple[list[str], Witness]]]] = {
    "mosquitto": mosquitto,
    "nats": nats,
}


@contextmanager
def kept_broker(kind: str, folder: Path) -> Iterator[Site]:
    """Run a broker of this kind whose files the product keeps, for two homes."""
    port = free_port()
    migrate(url := f"sqlite:///{folder / 'stillwell.db'}")
    database = connect(url)
    with database.begin() as connection:
        enrol(connection, enrolment(2), now_us=now())
    program, witness = KINDS[kind](folder, port)
    kept = Kept(kind, folder, folder / "broker.pid")
    keeping = Keeping(database, kept, (WORKER[0], hashes_of(WORKER[1])), witness)
    keeping.step(now())
    assert "does not run" in keeping.problem
    stop = threading.Event()
    worker = threading.Thread(target=keeping.run, args=(stop,))
    with process(program, folder / "out.log"):

        def never() -> None:
            raise AssertionError

        broker = RunningBroker(HOST, port, WORKER, (None, None), *(never,) * 3)
        worker.start()
        try:
            yield Site(database, keeping, broker, folder)
        finally:
            stop.set()
            worker.join(30)
            database.dispose()


def revoke(site: Site, gateway: str) -> None:
    with site.database.begin() as connection:
        credentials.revoke(connection, gateway, "olga", "stolen", now())


async def seconds_until_cut(
    site: Site, gateway: str, topic: str, cut: Callable[[Site, str], None] = revoke
) -> float:
    """Revoke a gateway while its hub speaks; return after how long its connection has ended.

    ``cut`` is how it is revoked. TimeoutError when it has not ended.
    """
    issued = site.issue(gateway)
    await site.wait_until_in(issued)
    began = 0.0
    try:
        async with site.flood(issued, "hub") as out:
            await out.publish_all([(topic, b"before")])
            cut(site, gateway)
            began = time.monotonic()
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await out.publish_all([(topic, b"after")])
                    await asyncio.sleep(0.01)
    except TimeoutError:
        raise
    except Exception as problem:
        if not began:
            raise AssertionError("the hub was not let in, or not revoked") from problem
    return time.monotonic() - began
