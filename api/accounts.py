"""``stillwell account``: the first accounts of an installation."""

import secrets
from collections.abc import Callable, Sequence

from api import console, wiring
from config import audit, people
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock, microseconds


def open_account(
    settings: Settings,
    email: str,
    name: str,
    places: Sequence[str],
    roles: Sequence[str],
    *,
    tell: Callable[[str], None],
) -> None:
    """Open an account and tell its password once; ConfigProblem when something is unknown."""
    known_places, known_roles = wiring.places(settings), {r.value for r in Role}
    wrong = [
        f"place {p!r}, expected one of {', '.join(known_places)}"
        for p in places
        if p not in known_places
    ]
    wrong += [
        f"role {r!r}, expected one of {', '.join(sorted(known_roles))}"
        for r in roles
        if r not in known_roles
    ]
    if wrong:
        raise ConfigProblem("\n".join(f"account: there is no {line}" for line in wrong))
    password = secrets.token_urlsafe(12)
    try:
        with wiring.open_database(settings).begin() as connection:
            made = people.create_account(
                connection,
                email=email,
                name=name,
                password=password,
                now_us=microseconds(SystemClock().now()),
            )
            console.note(connection, audit.INSTALLATION, "account", made.id)
            for place in places:
                for role in roles:
                    people.grant(connection, made.id, place, Role(role))
                    console.note(connection, place, "role-given", made.id, role=role)
    except people.AccountRefused as problem:
        raise ConfigProblem(str(problem)) from problem
    tell(f"{email} can sign in with the password {password}; it is not shown again")
