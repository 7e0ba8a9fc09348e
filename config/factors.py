"""The second factor: codes of a telephone (TOTP, RFC 6238), and recovery codes for a lost one."""

import hmac
import secrets
from typing import Final

import pyotp
from sqlalchemy import Connection, delete, insert, select, update

from config import audit, people
from config.access_tables import recovery_codes, second_factors
from config.audit import Entry
from config.sessions import digest
from config.vault import Vault

STEP_S: Final = 30
RECOVERY: Final = 8
"""Recovery codes; each serves once."""

_ABOUT: Final = "factor"
_STEP_US: Final = STEP_S * 1_000_000
_f, _r = second_factors.c, recovery_codes.c


def has_factor(connection: Connection, account: str) -> bool:
    """Return whether signing in asks this account for a code."""
    query = select(_f.account).where(_f.account == account, _f.confirmed_us > 0)
    return connection.execute(query).first() is not None


def begin(connection: Connection, vault: Vault, account: str) -> str:
    """Return a new secret that counts for nothing until a code of it was right.

    LookupError when the account has a factor already: remove that one first.
    """
    if has_factor(connection, account):
        raise LookupError(account)
    remove(connection, account)
    secret = pyotp.random_base32()
    sealed = vault.seal_row(_subject(account), audit.INSTALLATION, _ABOUT, {"secret": secret})
    row = {"account": account, "sealed": sealed, "confirmed_us": 0, "last_step": 0}
    connection.execute(insert(second_factors).values(row))
    return secret


def waiting(connection: Connection, vault: Vault, account: str) -> str | None:
    """Return the secret that waits for its first code, or None."""
    query = select(_f.sealed).where(_f.account == account, _f.confirmed_us == 0)
    return _open(vault, account, connection.execute(query).scalar())


def address(secret: str, email: str) -> str:
    """Return what the QR code holds: the ``otpauth`` address that telephones read."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Stillwell"))


def confirm(
    connection: Connection, vault: Vault, account: str, code: str, *, now_us: int
) -> list[str] | None:
    """Switch the factor on by a first right code; return the recovery codes, this once."""
    if waiting(connection, vault, account) is None:
        return None
    if not _take(connection, vault, account, code, now_us):
        return None
    mine = update(second_factors).where(_f.account == account)
    connection.execute(mine.values(confirmed_us=now_us))
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(RECOVERY)]
    rows = [{"account": account, "code_hash": digest(code)} for code in codes]
    connection.execute(insert(recovery_codes), rows)
    _note(connection, account, "second-factor-on", now_us)
    return codes


def check(connection: Connection, vault: Vault, account: str, code: str, *, now_us: int) -> bool:
    """Return whether the code is right, and spend it: neither kind is taken twice.

    Locked when it is a telephone's and the keys cannot be had; recovery codes need none.
    """
    if not has_factor(connection, account):
        return False
    if _take(connection, vault, account, code, now_us):
        return True
    told = digest(code.strip().lower())
    spent = delete(recovery_codes).where(_r.account == account, _r.code_hash == told)
    if connection.execute(spent).rowcount != 1:
        return False
    _note(connection, account, "recovery-code-used", now_us)
    return True


def remove(connection: Connection, account: str) -> None:
    """Ask this account for no code any more; then ``forget`` its secret."""
    connection.execute(delete(recovery_codes).where(_r.account == account))
    connection.execute(delete(second_factors).where(_f.account == account))


def forget(vault: Vault, account: str) -> None:
    """Drop the key of a factor that is removed, so that no backup gives its secret away.

    Call it once the transaction that removed it has ended; without the keys the next factor,
    which takes the same key, does no harm either.
    """
    if not vault.locked:
        vault.drop([_subject(account)])


def switch_off(connection: Connection, account: str, *, now_us: int) -> None:
    """Remove the factor and note it."""
    remove(connection, account)
    _note(connection, account, "second-factor-off", now_us)


def _take(connection: Connection, vault: Vault, account: str, code: str, now_us: int) -> bool:
    """Return whether this is the code of now, or of half a minute around, and was never taken."""
    told = "".join(code.split())
    if not (told.isascii() and told.isdigit()):
        return False
    sealed = connection.execute(select(_f.sealed).where(_f.account == account)).scalar()
    secret = _open(vault, account, sealed)
    if secret is None:
        return False
    totp, now = pyotp.TOTP(secret, interval=STEP_S), now_us // _STEP_US
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.generate_otp(step), told):
            newer = update(second_factors).where(_f.account == account, _f.last_step < step)
            return connection.execute(newer.values(last_step=step)).rowcount == 1
    return False


def _open(vault: Vault, account: str, sealed: str | None) -> str | None:
    row = None if sealed is None else vault.open_row(_subject(account), _ABOUT, sealed)
    return None if row is None else str(row["secret"])


def _subject(account: str) -> str:
    return f"account:{account}"


def _note(connection: Connection, account: str, what: str, now_us: int) -> None:
    for place in people.grants_of(connection, account) or (audit.INSTALLATION,):
        audit.append(connection, Entry(place, now_us, account, what, account, {}))
