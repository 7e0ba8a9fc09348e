"""The ladders that are in force, as rows among the declarations."""

from typing import Final

from sqlalchemy import Connection

from config import declarations, rotas
from config.ladders import Ladder, check, on_call_in, teams_of
from config.places import Place
from config.problems import ConfigProblem

_PRIORITIES: Final = ("P1", "P2", "P3", "T")


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
) -> int:
    """Put the ladder in force and return its version; ConfigProblem when it names a strange team.

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
    before = declarations.newest(connection, place, subject(priority))
    return declarations.save(
        connection, place, subject(priority), content, account, now_us, why=why, read=read,
        detail={"before": before.content if before else None, "after": content},
    )  # fmt: skip


def find(connection: Connection, place: str, priority: str) -> Ladder | None:
    """Return the ladder in force, or None when the place has none for this priority."""
    found = declarations.newest(connection, place, subject(priority))
    return None if found is None else Ladder.model_validate(found.content)


def in_force(connection: Connection, place: Place, priority: str) -> Ladder | None:
    """Return the ladder that alerts climb: what somebody saved, or what the place file says."""
    return find(connection, place.key, priority) or place.ladder.get(priority)


def on_call_teams(connection: Connection, place: Place) -> frozenset[str]:
    """Return the teams whose rota says whom a ladder of this place tells."""
    found = (in_force(connection, place, priority) for priority in _PRIORITIES)
    return frozenset(team for one in found if one is not None for team in on_call_in(one))


def subject(priority: str) -> str:
    """Return under what the ladders of a priority are kept."""
    return f"ladder-{priority}"
