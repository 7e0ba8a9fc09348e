"""The master key: 32 random bytes as base64, in a file or the environment, never in the database.

Several keys, one a line, are those of a rotation: the first wraps, each may open.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from config.durable import sync_folder
from config.keyring import KEY_BYTES, Locked
from config.settings import Settings

_HOW: Final = "expected 32 random bytes as base64, one key a line, as `stillwell keys make` prints"


def make() -> str:
    """Return a new key as text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def file_of(settings: Settings) -> Path:
    """Return where the key is kept when it is not in the environment."""
    return settings.privacy.master_key_file or settings.data / "master.key"


def is_given(settings: Settings) -> bool:
    """Return whether the key comes as a setting, so that no file holds it."""
    return bool(settings.privacy.master_key.get_secret_value())


def read(settings: Settings) -> list[bytes]:
    """Return the keys, the one that wraps first; Locked says what is wrong, never what it is."""
    if is_given(settings):
        return parse(settings.privacy.master_key.get_secret_value(), "privacy.master_key")
    path = file_of(settings)
    if is_open_to_others(settings):
        _close(path)
    try:
        return parse(path.read_text("ascii"), str(path))
    except OSError as problem:
        raise Locked(
            f"keys: the master key {path} cannot be read: {problem.strerror}. Without it no name, "
            "address or telephone number can be read: put it back from where its copy is kept"
        ) from problem
    except UnicodeDecodeError as problem:
        raise Locked(f"keys: {path} holds no key, {_HOW}") from problem


def is_open_to_others(settings: Settings) -> bool:
    """Return whether others on this machine may read the file of the key.

    One of another owner may be lent to us by our group: a service that cannot write its own key.
    """
    path = file_of(settings)
    if is_given(settings) or not path.exists():
        return False
    held = path.stat()
    lent = 0o040 if held.st_uid != os.geteuid() else 0
    return bool(held.st_mode & 0o077 & ~lent)


def _close(path: Path) -> None:
    """Close our own file to others; Locked where that cannot be, and the key is not used.

    Refusing our own would leave a web process without names at its next start, for a slip that it
    can mend itself.
    """
    try:
        if path.stat().st_uid != os.geteuid():
            raise PermissionError
        path.chmod(0o600)
    except OSError as problem:
        raise Locked(
            f"keys: the master key {path} can be read by others on this machine, so it is not "
            f"used: run chmod 600 {path} as its owner, and start again"
        ) from problem


def parse(text: str, where: str) -> list[bytes]:
    """Return the keys in this text; Locked when one of them is none."""
    words = text.replace(",", "\n").split()
    try:
        keys = [base64.b64decode(word, validate=True) for word in words]
    except binascii.Error as problem:
        raise Locked(f"keys: {where} holds no key, {_HOW}") from problem
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise Locked(f"keys: {where} holds no key, {_HOW}")
    return keys


def create(path: Path) -> None:
    """Write a new key to a file that is not there yet; one that somebody else just made stays."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as problem:
        raise Locked(f"keys: {path} cannot be made: {problem.strerror}") from problem
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{make()}\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def replace(path: Path, keys: Sequence[bytes]) -> None:
    """Write these keys over the file, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("".join(f"{base64.b64encode(key).decode()}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)
