"""The broker's files of users and rights: rendered from the registry, replaced whole, reloaded."""

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from config import credentials
from config.credential_hashes import Hashes, hashes_of
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.broker_files import (
    MARK,
    RENDER,
    HashedUser,
    fingerprint,
    gateway_user,
    worker_user,
)

PROGRAMS: Final = {"mosquitto": "mosquitto", "nats": "nats-server"}
"""What the process that reads the files is called."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Which broker's files these are, where they lie, and how the broker is told."""

    kind: str
    folder: Path
    pid_file: Path | None


def kept_by(settings: Settings) -> Kept:
    """Return what the settings say; ConfigProblem when they name no broker whose files we keep."""
    broker = settings.broker
    if not broker.kind or broker.folder is None:
        raise ConfigProblem(
            "settings: broker.kind and broker.folder are not set: say whose files are kept "
            "(mosquitto or nats) and where they lie; see ingest/README.md"
        )
    return Kept(broker.kind, broker.folder, broker.pid_file)


def worker_hashes(settings: Settings) -> tuple[str, Hashes]:
    """Return the worker's user name and what brokers keep of its password.

    ConfigProblem when it has none: then nobody could read.
    """
    name, password = settings.mqtt.username, settings.mqtt_password()
    if not name or not password:
        raise ConfigProblem(
            "settings: mqtt.username or mqtt.password_file is not set: the broker's files name the "
            "worker too, or it would be shut out"
        )
    return name, hashes_of(password)


def gateways(connection: Connection, kind: str, now_us: int) -> list[HashedUser]:
    """Return every gateway's users for this kind of broker, by name."""
    return [
        gateway_user(
            one.username,
            one.mosquitto if kind == "mosquitto" else one.nats,
            one.gateway,
            one.places,
        )
        for one in credentials.logins(connection, now_us)
    ]


def state_of(connection: Connection, kind: str, now_us: int) -> str:
    """Return the fingerprint of what the registry says now."""
    return fingerprint(gateways(connection, kind, now_us))


def texts(kind: str, worker: tuple[str, Hashes], users: Sequence[HashedUser]) -> Mapping[str, str]:
    """Return the files by name."""
    name, hashes = worker
    own = worker_user(name, hashes.mosquitto if kind == "mosquitto" else hashes.nats)
    return RENDER[kind]([own, *users])


def expect_ours(folder: Path, names: Sequence[str]) -> None:
    """Raise ConfigProblem where a file that would be replaced was made by hand."""
    if not folder.is_dir():
        raise ConfigProblem(f"broker: {folder} is no folder; make it, for the broker's user only")
    for name in names:
        path = folder / name
        if path.exists() and not path.read_text("utf-8", "replace").startswith(MARK):
            raise ConfigProblem(
                f"broker: {path} was made by hand and would be overwritten: give every gateway a "
                "credential (`stillwell gateway credential issue-all`), then move the file away"
            )


def replace(folder: Path, files: Mapping[str, str]) -> bool:
    """Replace what differs, each file in one step and private; return whether any did."""
    changed = False
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        _replace(path, text)
        changed = True
    return changed


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if os.geteuid() == 0:  # the broker reads them as its own user
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def reload(kept: Kept) -> str:
    """Tell the broker to read its files; return why it could not be told, empty when it was."""
    if kept.pid_file is None:
        return "broker.pid_file is not set: tell the broker to read its files (SIGHUP)"
    try:
        pid = int(kept.pid_file.read_text("ascii").strip())
        name = Path(f"/proc/{pid}/comm").read_text("ascii").strip()
        hears = _hears_hangup(pid)
    except (OSError, ValueError):
        return f"{kept.kind} does not run ({kept.pid_file}); it reads its files when it starts"
    if name != PROGRAMS[kept.kind]:  # a hang-up ends most programs
        return f"process {pid} of {kept.pid_file} is {name}, expected {PROGRAMS[kept.kind]}"
    if not hears:  # Mosquitto writes its pid file before it minds a hang-up, which would end it
        return f"{kept.kind} is starting; it is told again in a moment"
    try:
        os.kill(pid, signal.SIGHUP)
    except OSError as problem:
        return f"{kept.kind} could not be told: {problem.strerror}; run as its user"
    return ""


def _hears_hangup(pid: int) -> bool:
    """Return whether the process catches SIGHUP; OSError or ValueError when it is gone."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    caught = next((line.split()[1] for line in lines if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGHUP - 1) & 1)
