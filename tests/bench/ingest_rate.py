"""Ingest beside the C reference reader of the bench kit, in alternated pairs on the same cores.

A leg is a fresh broker, a load of its own and either the reference reader, which parses and
acknowledges and does nothing else, or our whole worker: decode, screening, durable commit,
PUBACK, receipts, store and live engine. What counts is what is committed within the seconds.
"""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

from api.rows import Row, at_least, at_most
from api.site import WORKER_USER
from config.homes import Enrolment
from config.kinds import Kind
from tests.bench.load import Load
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.make import enrolment
from tests.shared_data import shared_data
from tests.store_servers import victoriametrics

SECONDS: Final = float(os.environ.get("INGEST_S") or 10)
PAIRS: Final = int(os.environ.get("INGEST_PAIRS") or 5)
SOAK_S: Final = float(os.environ.get("SOAK_S") or 600)
FULL_S: Final = 270.0
"""When all that is held by design is there: the link has settled (120 s), the reorder buffer
holds its 120 s and the minute of the next tick, and a checkpoint of them was written."""

RICH_PER_S: Final = 8_300
BACKLOG: Final = int(os.environ.get("BACKLOG") or 600_000)
BROKER: Final = "max_inflight_messages 20000\nmax_queued_messages 8000000\n"


@dataclass(frozen=True)
class Leg:
    """What one leg committed: messages (or readings) a second, CPU in us of each, memory."""

    per_s: float
    cpu_us: float = 0.0
    rss_mib: float = 0.0


def homes(dialect: str = "native", gateways: int = 100, sensors: int = 10) -> Enrolment:
    """Return homes of thermometers, one gateway each."""
    made = enrolment(gateways, kinds=[(Kind.TEMPERATURE, "hall")] * sensors)
    named = tuple(
        s if s.kind is not Kind.TEMPERATURE else replace(s, dialect=dialect) for s in made.sensors
    )
    return replace(made, sensors=named)


def rates() -> Iterator[Row]:
    """Compare with the reference reader; nothing where it is absent."""
    with tempfile.TemporaryDirectory() as folder:
        reader = build_reader(Path(folder))
        if reader is None:
            sys.stderr.write("ingest: skipped, the bench kit or a C compiler is not here\n")
            return
        native = pairs(reader, Load(0))
        yield at_least("ingest.native.mosquitto.ratio", *_ratio(native), 0.90)
        yield at_most(
            "ingest.native.mosquitto.cpu_us", median(b.cpu_us for _, b in native), "us", 6
        )
        yield Row(
            "ingest.native.mosquitto.per_s", round(median(b.per_s for _, b in native)), "msg/s"
        )
        yield Row("ingest.reference.per_s", round(median(a.per_s for a, _ in native)), "msg/s")
        zigbee = pairs(reader, Load(0, kind="zigbee2mqtt"))
        yield at_least("ingest.zigbee2mqtt.mosquitto.ratio", *_ratio(zigbee), 0.60)
        five = pairs(reader, Load(0), version=5)
        yield Row("ingest.native.mosquitto5.ratio", *_ratio(five))
        nats = pairs(reader, Load(0, gateways=1, sensors=1000), is_nats=True)
        yield Row("ingest.native.nats.ratio", *_ratio(nats))
        for name in ("paho", "aiomqtt"):
            yield from _peer_rows(name, reader)


def _peer_rows(name: str, reader: Path) -> Iterator[Row]:
    """Yield what a reader as most teams write it makes of the same load."""
    load = Load(0, seconds=SECONDS, count=int(80_000 * SECONDS))
    found = [
        (reference(reader, load, version=4, is_nats=False), peer(name, load))
        for _ in range(max(1, PAIRS // 2))
    ]
    yield Row(f"peer.ingest.{name}.ratio", *_ratio(found))
    yield Row(f"peer.ingest.{name}.per_s", round(median(b.per_s for _, b in found)), "msg/s")
    yield Row(f"peer.ingest.{name}.cpu_us", round(median(b.cpu_us for _, b in found), 1), "us")


def peer(name: str, load: Load) -> Leg:
    """Run a peer for one leg: what it had stored when the seconds were over."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        broker = stack.enter_context(start_mosquitto(Path(folder) / "mosquitto", BROKER))
        where = f"{folder}/peer.db"
        if name == "aiomqtt":
            where = stack.enter_context(victoriametrics(Path(folder) / "store")).url
        command = [sys.executable, "-m", "tests.bench.ingest_peers", name, str(broker.port), where]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "READY"
            loader = _loader(load, broker.port)
            cpu, began = cpu_s(process.pid), loader.communicate_start()
            time.sleep(load.seconds)
            cpu, seconds = cpu_s(process.pid) - cpu, time.monotonic() - began
            process.send_signal(signal.SIGTERM)
            said = json.loads(process.stdout.read().splitlines()[-1])
        loader.finish(30)
    done = said["committed"]
    return Leg(done / seconds, cpu / max(done, 1) * 1e6)


def batches() -> Iterator[Row]:
    """Twenty readings a message."""
    load = Load(0, readings=20, sensors=20, count=300_000, seconds=SECONDS)
    legs = [ours(load) for _ in range(3)]
    best = median(leg.per_s for leg in legs)
    yield at_least("ingest.batch20.readings_per_s", best, "readings/s", 500_000)


def backlog() -> Iterator[Row]:
    """Stop the worker while a hub's readings come in, then start it again."""
    load = Load(0, count=BACKLOG, seconds=600)
    with tempfile.TemporaryDirectory() as folder, _mosquitto_stack(Path(folder), load) as stack:
        worker = stack.children["worker"]
        process = worker.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        sent = _publish(load, stack.site.broker_port)
        before = committed(stack)
        worker.restarts = 0

        def drained() -> int:
            stack.check()  # starts the worker again, after a pause
            return committed(stack) - before

        until(lambda: drained() > 0, 60, "nothing is drained")
        began, first = time.monotonic(), committed(stack)
        until(lambda: drained() >= sent, 300, "the backlog is not drained")
        seconds = time.monotonic() - began
    yield at_least(
        "ingest.backlog.msgs_per_s", (before + sent - first) / seconds, "msg/s", 3 * RICH_PER_S
    )
    yield Row("ingest.backlog.messages", sent, "messages")


def soak() -> Iterator[Row]:
    """Ten minutes at a hub's rich rate: memory when all buffers are full, and at the end.

    How much they took since the first minute is a row beside it.
    """
    load = Load(0, rate=RICH_PER_S, seconds=SOAK_S)
    with tempfile.TemporaryDirectory() as folder, _mosquitto_stack(Path(folder), load) as stack:
        loader = _loader(load, stack.site.broker_port)
        began = loader.communicate_start()
        process = stack.children["worker"].process
        assert process is not None
        full_s = min(FULL_S, SOAK_S * 0.9)
        time.sleep(min(60.0, full_s / 4))
        first = rss_mib(process.pid)
        time.sleep(began + full_s - time.monotonic())
        full = rss_mib(process.pid)
        sent = loader.finish(SOAK_S + 60)
        time.sleep(2)
        growth = rss_mib(process.pid) - full
        stored = committed(stack)
    yield at_most("ingest.soak.rss_growth_mib", growth, "MiB", 20)
    yield Row("ingest.soak.rss_filling_mib", round(full - first, 1), "MiB")
    yield Row("ingest.soak.per_s", round(stored / SOAK_S), "msg/s")
    yield at_most("ingest.soak.lost", max(sent - stored, 0), f"of {sent}", 0)


def pairs(
    reader: Path, load: Load, *, version: int = 4, is_nats: bool = False
) -> list[tuple[Leg, Leg]]:
    """Return alternated legs of the reference and of ours."""
    count = int(80_000 * SECONDS)
    load = replace(load, seconds=SECONDS, count=count)
    return [
        (
            reference(reader, load, version=version, is_nats=is_nats),
            ours(load, version=version, is_nats=is_nats),
        )
        for _ in range(PAIRS)
    ]


def _ratio(found: Sequence[tuple[Leg, Leg]]) -> tuple[float, str]:
    return round(median(b.per_s / a.per_s for a, b in found), 3), f"of C, {len(found)} pairs"


def build_reader(folder: Path) -> Path | None:
    """Compile the kit's reader into this folder; None where kit or compiler are absent."""
    data, compiler = shared_data(), shutil.which("cc")
    source = None if data is None else data.parent / "bench" / "limit_reader.c"
    if source is None or compiler is None or not source.exists():
        return None
    built = folder / "limit_reader"
    subprocess.run([compiler, "-O2", "-o", str(built), str(source)], check=True)  # noqa: S603
    return built


def reference(reader: Path, load: Load, *, version: int, is_nats: bool) -> Leg:
    """Run the reference reader for one leg."""
    with tempfile.TemporaryDirectory() as folder, _a_broker(Path(folder), is_nats, load) as (
        port, user, load,
    ):  # fmt: skip
        environment = {**os.environ, "MQTT_USER": user[0], "MQTT_PASSWORD": user[1]}
        if not user[0]:
            environment = dict(os.environ)
        command = [str(reader), "-p", str(port), "-f", "stillwell/v1/#", "-v", str(version)]
        with subprocess.Popen(  # noqa: S603  # the kit's own program
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "READY"
            began = time.monotonic()
            _publish(load, port)
            seconds = time.monotonic() - began
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            said = json.loads(process.stdout.read().splitlines()[-1])
    return Leg(said["committed"] / min(seconds, load.seconds))


def ours(load: Load, *, version: int = 4, is_nats: bool = False) -> Leg:
    """Run our worker for one leg."""
    with tempfile.TemporaryDirectory() as folder:
        stack_of = _nats_stack if is_nats else _mosquitto_stack
        with stack_of(Path(folder), load, version=version) as stack:
            process = stack.children["worker"].process
            assert process is not None
            if is_nats:
                load = replace(load, user="gate-000001", password=stack.passwords["gate-000001"])
            loader = _loader(load, stack.site.broker_port)
            before, cpu = committed(stack), cpu_s(process.pid)
            began = loader.communicate_start()
            time.sleep(load.seconds)
            done, seconds = committed(stack) - before, time.monotonic() - began
            cpu = cpu_s(process.pid) - cpu
            rss = rss_mib(process.pid)
            loader.finish(30)
    return Leg(done / seconds, cpu / max(done, 1) * 1e6, rss)


class _Loader:
    """The load's own process."""

    def __init__(self, load: Load) -> None:
        words = [sys.executable, "-m", "tests.bench.load", json.dumps(asdict(load))]
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "READY"

    def communicate_start(self) -> float:
        """Let it begin; return when."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return time.monotonic()

    def finish(self, seconds: float) -> int:
        """Wait for its end; return how many messages were acknowledged to it."""
        out, _ = self._process.communicate(timeout=seconds)
        return int(out.split()[-1])


def _loader(load: Load, port: int) -> _Loader:
    return _Loader(replace(load, port=port))


def _publish(load: Load, port: int) -> int:
    loader = _loader(load, port)
    loader.communicate_start()
    return loader.finish(load.seconds + 60)


@contextmanager
def _a_broker(
    folder: Path, is_nats: bool, load: Load
) -> Iterator[tuple[int, tuple[str, str], Load]]:
    """Run a fresh broker; yield its port, the reader's credential and the load with its own."""
    if not is_nats:
        with start_mosquitto(folder, BROKER) as broker:
            yield broker.port, ("", ""), load
        return
    with _nats_stack(folder, load) as stack:
        process = stack.children["worker"].process
        assert process is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        password = stack.passwords["gate-000001"]
        user = (WORKER_USER, stack.passwords[WORKER_USER])
        yield stack.site.broker_port, user, replace(load, user="gate-000001", password=password)


@contextmanager
def _mosquitto_stack(folder: Path, load: Load, *, version: int = 4) -> Iterator[Stack]:
    os.environ["STILLWELL_MQTT__VERSION"] = "5" if version == 5 else "3.1.1"
    made = _enrolled(load)
    try:
        with (
            start_mosquitto(folder / "mosquitto", BROKER) as broker,
            running(folder / "site", made, with_web=False, broker_port=broker.port) as stack,
        ):
            time.sleep(3)  # the probe of the broker is done
            yield stack
    finally:
        del os.environ["STILLWELL_MQTT__VERSION"]


@contextmanager
def _nats_stack(folder: Path, load: Load, *, version: int = 4) -> Iterator[Stack]:
    assert version == 4
    with running(folder / "site", _enrolled(load), with_web=False) as stack:
        time.sleep(3)  # the probe of the broker is done
        yield stack


def _enrolled(load: Load) -> Enrolment:
    return homes(load.kind, load.gateways, load.sensors)


def committed(stack: Stack) -> int:
    """Return how many readings the journal holds."""
    path = stack.site.data / "journal.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as connection:
        (found,) = connection.execute("SELECT coalesce(sum(count), 0) FROM rows").fetchone()
    connection.close()
    return int(found)


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
