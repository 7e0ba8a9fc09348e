"""The ladders that are in force, as rows among the declarations."""

from sqlalchemy import Connection

from config import declarations, rotas
from config.ladders import Ladder, check, teams_of
from config.problems import ConfigProblem


def save(
    connection: Connection,
    place: str,
    priority: str,
    ladder: Ladder,
    account: str,
    now_us: int,
    *,
    why: str = "",
    read: int | None = None,
) -> None:
    """Put the ladder in force; ConfigProblem when it names a team that the place does not have.

    For ``read`` see ``declarations.save``.
    """
    check(ladder, f"{place} {priority}", priority)
    rota = rotas.find(connection, place)
    known = {team.key for team in rota.team} if rota else set()
    if strange := sorted(teams_of(ladder) - known):
        raise ConfigProblem(
            f"ladder: {place} has no team {strange[0]!r}, expected one of "
            f"{', '.join(sorted(known)) or 'those of its rota, which is not saved yet'}"
        )
    content = ladder.model_dump(mode="json")
    declarations.save(
        connection, place, subject(priority), content, account, now_us, why=why, read=read
    )


def find(connection: Connection, place: str, priority: str) -> Ladder | None:
    """Return the ladder in force, or None when the place has none for this priority."""
    found = declarations.newest(connection, place, subject(priority))
    return None if found is None else Ladder.model_validate(found.content)


def subject(priority: str) -> str:
    """Return under what the ladders of a priority are kept."""
    return f"ladder-{priority}"
