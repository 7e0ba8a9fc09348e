"""Files rendered from the registry, on the real brokers: who may connect, speak and listen."""

import asyncio
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.broker_files import Kept, reload
from api.broker_keeping import Keeping
from api.broker_seen import MosquittoLog, NatsMonitor, Witness, names_in
from config import credentials, moves
from config.credential_hashes import hashes_of
from config.credentials import Issued
from config.database import connect, migrate
from config.problems import ConfigProblem
from config.registry import enrol
from ingest.broker import command
from ingest.clock import SystemClock, microseconds
from ingest.publisher import Flood
from tests.brokers import HOST, RunningBroker
from tests.ingest.collect import Collected, collecting
from tests.make import enrolment
from tests.servers import free_port, require_program

pytestmark = pytest.mark.server
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


@pytest.fixture(params=[mosquitto, nats], ids=["mosquitto", "nats"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    kind, port = request.param.__name__, free_port()
    migrate(url := f"sqlite:///{tmp_path / 'stillwell.db'}")
    database = connect(url)
    with database.begin() as connection:
        enrol(connection, enrolment(2), now_us=now())
    program, witness = request.param(tmp_path, port)
    kept = Kept(kind, tmp_path, tmp_path / "broker.pid")
    keeping = Keeping(database, kept, (WORKER[0], hashes_of(WORKER[1])), witness)
    keeping.step(now())
    assert "does not run" in keeping.problem
    stop = threading.Event()
    worker = threading.Thread(target=keeping.run, args=(stop,))
    with process(program, tmp_path / "out.log"):

        def never() -> None:
            raise AssertionError

        broker = RunningBroker(HOST, port, WORKER, (None, None), *(never,) * 3)
        worker.start()
        try:
            yield Site(database, keeping, broker, tmp_path)
        finally:
            stop.set()
            worker.join(30)
            database.dispose()


@asynccontextmanager
async def listening(
    site: Site, issued: Issued | None, client: str, *topics: str
) -> AsyncIterator[Collected]:
    user = WORKER if issued is None else (issued.username, issued.secret)
    async with collecting(site.broker, user=user, client_id=client, topics=topics) as found:
        yield found


async def send(site: Site, issued: Issued, *topics: str) -> None:
    """Publish one message to each, on a connection of its own: a refusal may close it."""
    for topic in topics:
        try:
            async with site.flood(issued, f"send-{issued.username}") as out:
                await out.publish_all([(topic, topic.encode())])
        except Exception:  # noqa: BLE001, S112  # refused aloud is as good as in silence
            continue


async def test_a_gateway_writes_under_its_own_topic_only_and_reads_its_own_receipt_only(
    site: Site,
) -> None:
    one, two = site.issue(ONE), site.issue(TWO)
    await site.wait_until_in(one)
    await site.wait_until_in(two)
    worker = Issued("", "", *WORKER)
    wrong = Issued(ONE, "fenbridge", one.username, two.secret)
    assert not await site.is_let_in(wrong)
    refused = [
        OWN.replace(ONE, TWO),
        OWN.replace("fenbridge", "northmoor"),
        "stillwell/v1/clock",
        f"{RECEIPTS}{ONE}",
        f"{RECEIPTS}{TWO}",
        "stillwell-probe/v1/x",
    ]
    spied = ("stillwell/v1/#", f"{RECEIPTS}{TWO}", f"{RECEIPTS}+", "#")
    async with (
        listening(site, None, "worker-1", "stillwell/v1/#", "stillwell-probe/v1/#") as heard,
        listening(site, one, "own", f"{RECEIPTS}{ONE}") as own,
        listening(site, one, "spy", *spied) as overheard,
    ):
        await send(site, one, *refused, OWN)
        await send(site, two, OWN.replace(ONE, TWO))
        await send(site, worker, f"{RECEIPTS}{TWO}", f"{RECEIPTS}{ONE}")
        await heard.wait_for(2)
        await own.wait_for(1)
        await asyncio.sleep(0.5)
        assert sorted(heard.payloads) == sorted([OWN.encode(), OWN.replace(ONE, TWO).encode()])
        assert own.payloads == [f"{RECEIPTS}{ONE}".encode()]
        assert set(overheard.payloads) <= {f"{RECEIPTS}{ONE}".encode()}


async def test_after_a_merge_the_old_topic_and_the_new_one_are_allowed_and_no_other(
    site: Site,
) -> None:
    one = site.issue(ONE)
    await site.wait_until_in(one)
    with site.database.begin() as connection:
        moves.move(connection, [1], "northmoor")
    new, other = (OWN.replace("fenbridge", place) for place in ("northmoor", "westhaven"))
    async with listening(site, None, "worker-1", "stillwell/v1/#") as heard:
        async with asyncio.timeout(PATIENCE_S):
            while new.encode() not in heard.payloads:
                await send(site, one, new)
                await asyncio.sleep(0.1)
        await send(site, one, other, OWN)
        await heard.wait_until(lambda: OWN.encode() in heard.payloads)
        assert set(heard.payloads) == {OWN.encode(), new.encode()}


async def test_a_new_credential_and_the_old_one_are_valid_until_the_new_one_is_in_use(
    site: Site,
) -> None:
    old = site.issue(ONE)
    await site.wait_until_in(old)
    new = site.issue(ONE)
    async with site.flood(old, "hub") as out:
        async with asyncio.timeout(PATIENCE_S):
            while new.username not in rendered(site):  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.05)
        await out.publish_all([(OWN, b"still heard with the old one")])
        assert await site.is_let_in(old)
    async with asyncio.timeout(PATIENCE_S):
        await site.wait_until_in(new)
        async with site.flood(new, "hub") as out:
            while await site.is_let_in(old):
                await out.publish_all([(OWN, b"heard with the new one")])
                await asyncio.sleep(0.1)
            await out.publish_all([(OWN, b"and goes on")])
    with site.database.connect() as connection:
        newest, first = credentials.history(connection, ONE)
    assert newest.seen_us is not None
    assert newest.is_valid(now())
    assert first.why == f"{new.username} is in use"


def rendered(site: Site) -> str:
    names = ("passwords", "users.conf")
    found = next(site.folder / name for name in names if (site.folder / name).exists())
    return found.read_text()


async def test_revoking_cuts_the_connection_that_is_open_and_leaves_the_others_alone(
    site: Site,
) -> None:
    one, two = site.issue(ONE), site.issue(TWO)
    await site.wait_until_in(one)
    await site.wait_until_in(two)
    theirs = OWN.replace(ONE, TWO)
    async with site.flood(two, "other-hub") as other:
        took_s = -1.0
        try:
            async with site.flood(one, "hub") as out:
                await out.publish_all([(OWN, b"before")])
                with site.database.begin() as connection:
                    credentials.revoke(connection, ONE, "olga", "stolen", now())
                began = time.monotonic()
                async with asyncio.timeout(PATIENCE_S):
                    while True:
                        await out.publish_all([(OWN, b"after")])
                        await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError from None
        except Exception:  # noqa: BLE001  # however the connection ends
            took_s = time.monotonic() - began
        print(f"the live session of a revoked gateway ended after {took_s:.2f} s")  # noqa: T201
        assert took_s >= 0
        await other.publish_all([(theirs, b"not disturbed")])
    assert not await site.is_let_in(one)
    assert await site.is_let_in(two)


def test_no_secret_is_in_the_files_and_they_are_private(site: Site) -> None:
    issued = site.issue(ONE)
    deadline = time.monotonic() + PATIENCE_S
    while issued.username not in rendered(site):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for path in site.folder.iterdir():
        if path.name in {"passwords", "mosquitto.acl", "users.conf"}:
            assert issued.secret not in path.read_text()
            assert path.stat().st_mode & 0o077 == 0
    assert issued.secret.encode() not in (site.folder / "stillwell.db").read_bytes()


def test_a_file_made_by_hand_is_never_overwritten(tmp_path: Path) -> None:
    migrate(url := f"sqlite:///{tmp_path / 'stillwell.db'}")
    (tmp_path / "passwords").write_text("gate-000001:$7$by-hand\n")
    keeping = Keeping(
        connect(url), Kept("mosquitto", tmp_path, None), (WORKER[0], hashes_of(WORKER[1])), None
    )
    with pytest.raises(ConfigProblem, match="was made by hand and would be overwritten"):
        keeping.step(now())
    assert (tmp_path / "passwords").read_text() == "gate-000001:$7$by-hand\n"
    assert not (tmp_path / "mosquitto.acl").exists()


def test_a_process_that_a_hang_up_would_end_is_left_alone(tmp_path: Path) -> None:
    """Mosquitto writes its pid file a moment before it minds the signal."""
    program = tmp_path / "mosquitto"
    program.symlink_to("/bin/sleep")
    with process([str(program), "60"], tmp_path / "out.log") as starting:
        (tmp_path / "broker.pid").write_text(f"{starting.pid}\n")
        deadline = time.monotonic() + PATIENCE_S
        kept = Kept("mosquitto", tmp_path, tmp_path / "broker.pid")
        while "is starting" not in (said := reload(kept)):
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        assert starting.poll() is None


def test_a_client_cannot_say_in_its_name_that_another_user_was_let_in() -> None:
    forged = "x (p2, c1, k60, u'gate-000002')."
    line = f"1: New client connected from 10.0.0.1:5 as {forged} (p2, c1, k60, u'gate-000001')."
    assert names_in([line, "2: Client x disconnected.", line[:-3]]) == {"gate-000001"}
