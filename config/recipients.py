"""How each account wants to be told: addresses, language and quiet hours are its own.

Addresses are read at the moment of sending and stand in no message, log or outbox.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, insert, select, update

from config import audit, tables
from config.audit import Entry
from config.problems import ConfigProblem, describe

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_r: Final = tables.recipients.c
Clock = Annotated[str, Field(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9])?$")]


class Recipient(BaseModel):
    """What an account said of itself; an empty address is a channel that it does not have.

    From ``quiet_from`` until ``quiet_to``, local time, what is not urgent (P3, T) waits. P1 and P2
    never do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(
        default="", max_length=254, pattern=r"^([^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+)?$"
    )
    phone: str = Field(default="", max_length=20, pattern=r"^(\+?[0-9]{7,15})?$")
    apprise: str = Field(default="", max_length=500, pattern=r"^([a-z0-9]+://[^\s\x00-\x1f]+)?$")
    language: str = Field(default="en", pattern="^(en|cy)$")
    quiet_from: Clock = ""
    quiet_to: Clock = ""

    def address(self, channel: str) -> str:
        """Return where this channel reaches the account, empty when it does not."""
        known = {"email": self.email, "sms": self.phone, "apprise": self.apprise}
        return known.get(channel, "-" if channel == "console" else "")


def read_plan(values: object, where: str) -> Recipient:
    """Return the recipient in these values; ConfigProblem lists every mistake."""
    try:
        made = Recipient.model_validate(values)
    except ValidationError as problem:
        told = describe("recipient", Recipient, problem, lambda _: where)
        raise ConfigProblem(told) from problem
    if bool(made.quiet_from) != bool(made.quiet_to):
        raise ConfigProblem(f"recipient: quiet_from and quiet_to go together ({where})")
    return made


def save(
    connection: Connection, account: str, recipient: Recipient, *, by: str = "", now_us: int = 0
) -> None:
    """Replace what is known of how this account (id) wants to be told.

    It is noted in the audit log, without any address, in the name of ``by``.
    """
    values = recipient.model_dump()
    statement = update(tables.recipients).where(_r.account == account).values(values)
    if connection.execute(statement).rowcount == 0:
        connection.execute(insert(tables.recipients).values(account=account, **values))
    subject = f"recipient:{account}"
    entry = Entry(audit.INSTALLATION, now_us, by or account, "setting", subject, {})
    audit.append(connection, entry)


def find(connection: Connection, account: str) -> Recipient | None:
    """Return how this account (id) wants to be told, None when it never said."""
    row = connection.execute(select(tables.recipients).where(_r.account == account))
    found = row.mappings().first()
    if found is None:
        return None
    return Recipient.model_validate({k: v for k, v in found.items() if k != "account"})


def quiet_until_us(recipient: Recipient, zone: ZoneInfo, now_us: int) -> int | None:
    """Return when the recipient's quiet hours end, None when they are not quiet now."""
    if not recipient.quiet_from:
        return None
    start = time.fromisoformat(recipient.quiet_from)
    end = time.fromisoformat(recipient.quiet_to)
    local = (_EPOCH + timedelta(microseconds=now_us)).astimezone(zone)
    at = local.time().replace(tzinfo=None)
    is_quiet = start <= at < end if start < end else at >= start or at < end
    if not is_quiet:
        return None
    day = local.date() if at < end else local.date() + timedelta(days=1)
    return (datetime.combine(day, end, tzinfo=zone) - _EPOCH) // timedelta(microseconds=1)
