"""Alert budgets that somebody saved for a place; they hold over the place file's."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from config import declarations
from config.places import Place
from config.problems import ConfigProblem

SUBJECT: Final = "alert-budget"
"""Under what budgets are kept."""

MOST: Final = 100.0
"""Alerts of P2 and P3 per 100 homes a week that a budget may be at most, as in a place file."""


def read(text: str) -> float:
    """Return the budget that was typed; ConfigProblem says what was expected."""
    is_plain = text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 8
    budget = float(text) if is_plain else 0.0
    if not 0.1 <= budget <= MOST:
        raise ConfigProblem(f"budget: expected a number from 0.1 to {MOST:g}, such as 9")
    return round(budget, 1)


def save(
    connection: Connection,
    place: str,
    budget: float,
    account: str,
    now_us: int,
    *,
    why: str = "",
    read: int | None = None,
) -> int:
    """Put the budget in force and return its version; for ``read`` see ``declarations.save``."""
    content = {"alert_budget": budget}
    before = declarations.newest(connection, place, SUBJECT)
    return declarations.save(
        connection, place, SUBJECT, content, account, now_us, why=why, read=read,
        detail={"before": before.content if before else None, "after": content},
    )  # fmt: skip


def in_force(connection: Connection, places: Mapping[str, Place]) -> dict[str, Place]:
    """Return the places with the budgets that were saved for them; others as their files say."""
    saved = declarations.latest(connection, sorted(places), SUBJECT)
    budgets = {one.place: {"alert_budget": float(one.content["alert_budget"])} for one in saved}
    return {key: place.model_copy(update=budgets.get(key)) for key, place in places.items()}
