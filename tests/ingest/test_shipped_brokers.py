"""The configurations that we ship, on the real brokers: nobody speaks or listens for another."""

import asyncio
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ingest
from ingest.broker import Broker
from ingest.mqtt import ConnectOptions
from ingest.probe import probe
from ingest.publisher import Flood
from ingest.tls import client_context
from tests.brokers import HOST, RunningBroker
from tests.certificates import Certificates, make_certificates
from tests.ingest.collect import collecting
from tests.servers import free_port, require_program

pytestmark = pytest.mark.server
SHIPPED = Path(ingest.__file__).parent / "brokers"
USERS = ("stillwell-worker", "gateway-0001", "gateway-0002")
OWN = "stillwell/v1/place-0001/gateway-0001"
LIMIT_BYTES = 1 << 20
"""What both shipped configurations take in one message."""


def password(user: str) -> str:
    return f"replace-me-{user.removeprefix('stillwell-')}"


def running(port: int) -> RunningBroker:
    def never() -> None:
        raise AssertionError

    return RunningBroker(HOST, port, (USERS[0], password(USERS[0])), (None, None), *(never,) * 3)


def keys(folder: Path) -> Certificates:
    made = make_certificates(folder)
    certificate, key = made.of("broker")
    assert (certificate.name, key.name) == ("broker.pem", "broker.key")
    return made


@contextmanager
def mosquitto(folder: Path) -> Iterator[RunningBroker]:
    program, port = require_program("mosquitto", "mosquitto"), free_port()
    keys(folder)
    for user in USERS:
        subprocess.run(  # noqa: S603 - arguments of ours, no shell
            [
                require_program("mosquitto_passwd", "mosquitto"),
                *(() if (folder / "passwords").exists() else ("-c",)),
                *("-b", str(folder / "passwords"), user, password(user)),
            ],
            check=True,
            capture_output=True,
        )
    (folder / "mosquitto.acl").write_text((SHIPPED / "mosquitto.acl").read_text())
    text = (SHIPPED / "mosquitto.conf").read_text()
    text = text.replace("/etc/mosquitto/stillwell", str(folder))
    text = text.replace("/var/lib/mosquitto/", f"{folder}/")
    text = text.replace("listener 8883", f"listener {port} {HOST}")
    (folder / "mosquitto.conf").write_text(f"{text}user {folder.owner()}\n")
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the broker that was asked for, no shell
            [program, "-c", str(folder / "mosquitto.conf")], stdout=log, stderr=log
        )
    try:
        yield running(port)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def nats(folder: Path) -> Iterator[RunningBroker]:
    port = free_port()
    keys(folder)
    text = (SHIPPED / "nats.conf").read_text()
    text = text.replace("/etc/nats/stillwell", str(folder)).replace("/var/lib/nats", f"{folder}/js")
    text = text.replace("port: 8883", f"port: {port}").replace("port: 4222", "port: -1")
    config = folder / "nats.conf"
    config.write_text(text.replace('"0.0.0.0"', f'"{HOST}"'))
    broker = Broker(config, HOST, port)
    broker._process = broker._launch()
    try:
        yield running(port)
    finally:
        broker.stop()


@pytest.fixture(params=[mosquitto, nats], ids=["mosquitto", "nats"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningBroker]:
    with request.param(tmp_path) as it:
        yield it


def flood(broker: RunningBroker, user: str, certificates: Path) -> Flood:
    return Flood(
        HOST, broker.port, f"{user}-x", user, password(user), tls=client_context(certificates)
    )


async def up(broker: RunningBroker, ca: Path) -> None:
    for _ in range(100):
        try:
            async with flood(broker, USERS[0], ca):
                return
        except Exception:  # noqa: BLE001  # not up yet
            await asyncio.sleep(0.1)
    raise AssertionError


async def test_a_gateway_forges_nothing_and_overhears_nothing(
    broker: RunningBroker, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    await up(broker, ca)
    tls = client_context(ca)
    spy = (
        "stillwell/v1/#",
        "stillwell-receipt/v1/gateway-0002",
        "stillwell-receipt/v1/+",
        "#",
        "$SYS/#",
        "$CONTROL/#",
    )
    first = (USERS[1], password(USERS[1]))
    receipts = "stillwell-receipt/v1/"
    async with (
        collecting(broker, tls=tls) as worker,
        collecting(broker, tls=tls, user=first, client_id="spy", topics=spy) as overheard,
        collecting(
            broker, tls=tls, user=first, client_id="own", topics=(f"{receipts}gateway-0001",)
        ) as own,
    ):
        forged = [
            "stillwell/v1/place-0001/gateway-0002/native/r",
            "stillwell/v1/place-0002/gateway-0002/native/r",
            "stillwell/v1/clock",
            f"{receipts}gateway-0001",
            f"{receipts}gateway-0002",
            "stillwell-probe/v1/x",
            "$CONTROL/dynamic-security/v1",
            "$SYS/broker/x",
        ]
        for topic in forged:
            try:
                async with flood(broker, USERS[1], ca) as out:
                    await out.publish_all([(topic, b"forged")])
            except Exception:  # noqa: BLE001, S112  # refused aloud is as good as in silence
                continue
        async with flood(broker, USERS[1], ca) as out:
            await out.publish_all([(f"{OWN}/native/r", b"mine")])
        async with flood(broker, USERS[0], ca) as out:
            await out.publish_all(
                [(f"{receipts}gateway-0002", b"theirs"), (f"{receipts}gateway-0001", b"for me")]
            )
        await worker.wait_for(1)
        await own.wait_for(1)
        await asyncio.sleep(0.5)
        assert worker.pairs == [(f"{OWN}/native/r".encode(), b"mine")]
        assert own.payloads == [b"for me"]
        assert {payload for _, payload in overheard.pairs} <= {b"for me"}


async def is_let_in(
    broker: RunningBroker, user: str | None, secret: str | None, tls: ssl.SSLContext | None
) -> bool:
    try:
        async with Flood(HOST, broker.port, "try", user, secret, timeout_s=5, tls=tls):
            return True
    except Exception:  # noqa: BLE001  # however it is refused
        return False


async def test_nobody_is_let_in_without_their_credential_or_in_the_clear(
    broker: RunningBroker, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    await up(broker, ca)
    tls, own = client_context(ca), password(USERS[1])
    for user, secret in (
        (None, None),
        (USERS[1], None),
        (USERS[1], ""),
        (USERS[1], "wrong"),
        (USERS[1], password(USERS[2])),
        ("gateway-0009", own),
    ):
        assert not await is_let_in(broker, user, secret, tls), user
    assert not await is_let_in(broker, USERS[1], own, None)
    assert await is_let_in(broker, USERS[1], own, tls)


def spoken(port: int, newest: ssl.TLSVersion) -> str:
    """Return which TLS a broker speaks with a client that knows none newer; SSLError if none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = newest
    with (
        socket.create_connection((HOST, port), 10) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        return wrapped.version() or ""


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_the_brokers_speak_nothing_older_than_tls_1_2(
    broker: RunningBroker, tmp_path: Path
) -> None:
    await up(broker, tmp_path / "ca.pem")
    assert spoken(broker.port, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    for old in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
        with pytest.raises(ssl.SSLError) as refused:
            spoken(broker.port, old)
        assert "PROTOCOL_VERSION" in refused.value.reason  # said by the broker, not by us


async def test_a_message_beyond_the_limit_reaches_nobody(
    broker: RunningBroker, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    await up(broker, ca)
    async with collecting(broker, tls=client_context(ca), max_payload_bytes=1 << 22) as worker:
        for size in (LIMIT_BYTES + 1, 1 << 21):
            try:
                async with flood(broker, USERS[1], ca) as out:
                    await out.publish_all([(f"{OWN}/native/r", b"x" * size)])
            except Exception:  # noqa: BLE001, S112  # refused aloud is as good as in silence
                continue
        async with flood(broker, USERS[1], ca) as out:
            await out.publish_all([(f"{OWN}/native/r", b"small")])
        await worker.wait_for(1)
        assert worker.payloads == [b"small"]


async def test_the_shipped_configurations_pass_our_own_probe(
    broker: RunningBroker, tmp_path: Path
) -> None:
    await up(broker, tmp_path / "ca.pem")
    user, secret = broker.worker
    options = ConnectOptions(
        HOST, broker.port, user, secret, "worker-1", (), tls=client_context(tmp_path / "ca.pem")
    )
    configs = [tmp_path / "mosquitto.conf", tmp_path / "nats.conf"]
    found = await probe(options, next(path for path in configs if os.path.exists(path)))  # noqa: PTH110, ASYNC240
    assert not [*found.problems, *found.unknown]
