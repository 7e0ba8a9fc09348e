"""Seals and opens personal data: a text in the database, readable only while its key is kept."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag

from config.keyring import Keyring, Locked, decrypt, encrypt

_FIRST: Final = "v1."
"""How a sealed text begins, so that another way of sealing can follow this one."""

_AGAIN: Final = "v2."
"""How one begins that names its key: what its subject had said before has another, dropped one."""

_MARK: Final = "~"


@dataclass(frozen=True, slots=True)
class Clear:
    """A text to be sealed: whose it is, of which place, what it is about, and the text."""

    subject: str
    place: str
    about: str
    text: str
    is_fresh: bool = False
    """Whether it gets a key of its own, so that what was sealed before it can be erased."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text: whose it is, what it is about, and what the database holds."""

    subject: str
    about: str
    text: str


class Vault:
    """Seals by the key of a subject, which it makes when it is first needed.

    ``locked`` says why nothing can be sealed or opened; then every method raises Locked.
    """

    def __init__(self, keyring: Keyring | None, locked: str = "") -> None:
        self._keyring = keyring
        self.locked = locked

    @property
    def keyring(self) -> Keyring:
        """The keys; Locked when they cannot be had."""
        if self._keyring is None:
            raise Locked(self.locked)
        return self._keyring

    def seal(self, texts: Sequence[Clear]) -> list[str]:
        """Return each text sealed, in order."""
        marks = [f"{secrets.token_hex(4)}" if one.is_fresh else "" for one in texts]
        names = [_name(one.subject, mark) for one, mark in zip(texts, marks, strict=True)]
        keys = self.keyring.ensure([(n, t.place) for n, t in zip(names, texts, strict=True)])
        return [
            (f"{_AGAIN}{mark}." if mark else _FIRST)
            + base64.b64encode(
                encrypt(keys[name], one.text.encode(), _bound(one.subject, one.about))
            ).decode()
            for one, name, mark in zip(texts, names, marks, strict=True)
        ]

    def open(self, sealed: Sequence[Sealed]) -> list[str | None]:
        """Return each text, in order; None where the key was dropped: that is erased.

        Locked when a text is not what was sealed for this subject.
        """
        names = [key_name(one.subject, one.text) for one in sealed]
        keys = self.keyring.find(list(set(names)))
        return [None if name not in keys else _open(keys[name], one)
                for name, one in zip(names, sealed, strict=True)]  # fmt: skip

    def seal_row(self, subject: str, place: str, about: str, row: Mapping[str, Any]) -> str:
        """Return these values sealed as one text."""
        return self.seal([Clear(subject, place, about, json.dumps(row, ensure_ascii=False))])[0]

    def open_row(self, subject: str, about: str, text: str) -> dict[str, Any] | None:
        """Return the values that ``seal_row`` was given, or None once they are erased."""
        opened = self.open([Sealed(subject, about, text)])[0]
        return None if opened is None else dict(json.loads(opened))

    def drop(self, subjects: Sequence[str]) -> int:
        """Erase these subjects here and in every backup; call it once the database has let go."""
        return self.keyring.drop(subjects)

    def move(self, subjects: Sequence[str], place: str) -> None:
        """Keep the keys of these subjects with those of another place."""
        self.keyring.move(subjects, place)


def open_vault(path: Path | None, masters: Sequence[bytes]) -> Vault:
    """Return the vault over this keyring; one that is locked says why."""
    try:
        return Vault(Keyring(path, masters))
    except Locked as problem:
        return Vault(None, str(problem))


def key_name(subject: str, text: str) -> str:
    """Return under which name the key of this sealed text of a subject is kept."""
    return _name(subject, text.split(".", 2)[1] if text.startswith(_AGAIN) else "")


def _name(subject: str, mark: str) -> str:
    return f"{subject}{_MARK}{mark}" if mark else subject


def _open(key: bytes, sealed: Sealed) -> str:
    try:
        body = (
            sealed.text.split(".", 2)[2]
            if sealed.text.startswith(_AGAIN)
            else (sealed.text.removeprefix(_FIRST))
        )
        raw = base64.b64decode(body, validate=True)
        return decrypt(key, raw, _bound(sealed.subject, sealed.about)).decode()
    except (InvalidTag, ValueError) as problem:
        raise Locked(
            f"keys: what is kept about {sealed.subject} was changed, or belongs to another: "
            "restore it from a backup"
        ) from problem


def _bound(subject: str, about: str) -> str:
    return f"{subject}|{about}"
