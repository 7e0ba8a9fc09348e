"""What ``stillwell people`` and ``stillwell break-glass`` do."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from api import console, wiring
from api.rest.moments import to_datetime
from config import break_glass, factors, granting, invitations, keys, people
from config.break_glass import AccessRefused
from config.granting import COMMAND_LINE
from config.people import Account, AccountRefused
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock, microseconds

Tell = Callable[[str], None]


def list_people(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell who holds which roles at a place."""
    _expect_place(settings, place)
    database = wiring.open_database(settings)
    console.note_read(database, place, "people")
    with database.connect() as connection:
        for account, has_password, held in granting.people_of(connection, place):
            roles = ", ".join(role.value for role in Role if role in held)
            told = "" if has_password else " (has not chosen a password yet)"
            tell(f"{account.email} {account.name}: {roles}{told}")


def invite(
    settings: Settings, email: str, name: str, place: str, roles: Sequence[str], *, tell: Tell
) -> None:
    """Invite somebody and tell the link."""
    _expect_place(settings, place)
    wanted = _roles(roles)
    try:
        with wiring.open_database(settings).begin() as connection:
            made = invitations.invite(
                connection,
                email=email,
                name=name,
                place=place,
                roles=wanted,
                by=COMMAND_LINE,
                now_us=_now_us(),
            )
    except AccountRefused as problem:
        raise ConfigProblem(str(problem)) from problem
    if made.token:
        tell(f"once, for three days: /invitation/{made.token}")
    else:
        tell(f"{made.account.email} had an account with a password before; the roles are given")


def change(
    settings: Settings,
    email: str,
    place: str,
    roles: Sequence[str],
    *,
    is_given: bool,
    tell: Tell,
) -> None:
    """Give or take roles, and tell what is held then."""
    _expect_place(settings, place)
    step = granting.give if is_given else granting.take
    with wiring.open_database(settings).begin() as connection:
        account = _account(connection, email)
        for role in _roles(roles):
            step(connection, account.id, place, role, by=COMMAND_LINE, now_us=_now_us())
        held = people.grants_of(connection, account.id).get(place, frozenset())
    told = ", ".join(role.value for role in Role if role in held) or "no role"
    tell(f"{account.email} holds {told} at {place}")


def reset(settings: Settings, email: str, *, tell: Tell) -> None:
    """Take the password of an account and tell a new link."""
    database = wiring.open_database(settings)
    try:
        with database.begin() as connection:
            made = invitations.reset(connection, email, by=COMMAND_LINE, now_us=_now_us())
    except AccountRefused as problem:
        raise ConfigProblem(str(problem)) from problem
    factors.forget(keys.open_vault(settings, database), made.account.id)
    tell(f"once, for three days: /invitation/{made.token}")


def open_access(
    settings: Settings, email: str, place: str, reason: str, hours: int, *, tell: Tell
) -> None:
    """Open emergency access for an account."""
    _expect_place(settings, place)
    try:
        with wiring.open_database(settings).begin() as connection:
            account = _account(connection, email)
            id_ = break_glass.open_access(
                connection, account.id, place, reason=reason, hours=hours, now_us=_now_us()
            )
    except AccessRefused as problem:
        raise ConfigProblem(str(problem)) from problem
    tell(f"{id_}: {account.email} sees the homes of {place} for {hours} h; governance is told")


def list_accesses(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell what was opened at a place."""
    _expect_place(settings, place)
    database = wiring.open_database(settings)
    console.note_read(database, place, "break-glass")
    with database.connect() as connection:
        for one in break_glass.list_of_places(connection, [place], limit=1000):
            since, until = (to_datetime(us).isoformat() for us in (one.opened_us, one.until_us))
            told = f"noticed by {one.seen_by}" if one.seen_us else "not noticed yet"
            tell(f"{one.id} {one.name}, {since} to {until}, {told}: {one.reason}")


def end_access(settings: Settings, email: str, access: str, *, tell: Tell) -> None:
    """End emergency access of an account."""
    with wiring.open_database(settings).begin() as connection:
        account = _account(connection, email)
        now_us = _now_us()
        if not break_glass.end(connection, account.id, access, by=COMMAND_LINE, now_us=now_us):
            raise ConfigProblem(
                f"break-glass: {account.email} has no open access {access[:40]!r}: "
                "stillwell break-glass list says what is open"
            )
    tell(f"{access} has ended, and {account.email} is signed out")


def _expect_place(settings: Settings, place: str) -> None:
    known = wiring.places(settings)
    if place not in known:
        raise ConfigProblem(
            f"people: there is no place {place!r}, expected one of {', '.join(known)}"
        )


def _roles(roles: Sequence[str]) -> list[Role]:
    known = [role.value for role in Role]
    wrong = [role for role in roles if role not in known]
    if wrong:
        raise ConfigProblem(
            f"people: there is no role {wrong[0]!r}, expected one of {', '.join(known)}"
        )
    return [Role(role) for role in roles]


def _account(connection: Connection, email: str) -> Account:
    account = people.find_account(connection, email)
    if account is None:
        raise ConfigProblem(f"people: {people.normal_email(email)[:60]} has no account: invite it")
    return account


def _now_us() -> int:
    return microseconds(SystemClock().now())
