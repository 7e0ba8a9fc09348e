"""Escalation ladders: who is told of an alert, by what, and how long before the next.

One for each place and priority. The fallback at the end depends on no rota and is repeated until
somebody answers, so that no alert ever has no next step.
"""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.problems import ConfigProblem, describe
from config.roles import Role

CHANNELS: Final = ("console", "email", "sms", "webhook", "apprise")
"""How somebody can be told; the page always shows every alert."""

LEAST_FALLBACK_MIN: Final = 5.0
MOST_P1_MIN: Final = 30.0
"""A P1 that nobody answers comes to its fallback within so long, which is repeated as often."""

ON_CALL: Final = ("on-call", "second", "third")
"""Words of those whom the rota of a team names: first of all, and by its further lines."""

_ROLES: Final = "|".join(role.value for role in Role)
Who = Annotated[
    str,
    Field(pattern=rf"^((on-call|second|third|team):[a-z0-9-]{{2,40}}|role:({_ROLES})|place)$"),
]
"""Who is on call in a team (first, or on a line of its rota), everybody in one, a role at the
place, or the place's own addresses."""

Channel = Annotated[str, Field(pattern=f"^({'|'.join(CHANNELS)})$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rung(_Strict):
    """One step: ``everyone`` means that each of them must acknowledge, not just the first."""

    who: list[Who] = Field(min_length=1, max_length=10)
    channel: list[Channel] = Field(min_length=1, max_length=5)
    wait_min: float = Field(ge=0, le=24 * 60)
    everyone: bool = False


class Ladder(_Strict):
    """The steps of a priority at a place, gone through ``loops`` times before the fallback.

    ``acknowledged_min`` and ``attending_min`` say until when whoever has the alert must say more;
    None leaves what holds everywhere.
    """

    rung: list[Rung] = Field(default=[], max_length=20)
    loops: int = Field(default=1, ge=1, le=20)
    fallback: Rung | None = None
    acknowledged_min: float | None = Field(default=None, ge=1, le=30 * 24 * 60)
    attending_min: float | None = Field(default=None, ge=1, le=30 * 24 * 60)


def read_plan(values: object, where: str, priority: str = "") -> Ladder:
    """Return the ladder in these values; ConfigProblem says what is wrong and what to do.

    What holds for one ``priority`` only is looked at where that is named.
    """
    try:
        ladder = Ladder.model_validate(values)
    except ValidationError as problem:
        told = describe("ladder", Ladder, problem, lambda _: where)
        raise ConfigProblem(told) from problem
    check(ladder, where, priority)
    return ladder


def check(ladder: Ladder, where: str, priority: str = "") -> None:
    """Raise ConfigProblem when the ladder could leave an alert without anybody told."""
    if wrong := mistakes(ladder, priority):
        raise ConfigProblem("\n".join(f"ladder: {line} ({where})" for _, line in wrong))


def mistakes(ladder: Ladder, priority: str = "") -> list[tuple[str, str]]:
    """Return (key, what is wrong with it) of a ladder that could leave an alert unanswered."""
    wrong = []
    last = ladder.fallback
    if last is None:
        told = "it has no fallback; add [fallback]: who is told in the end, without a rota"
        wrong.append(("fallback.who", told))
    else:
        if all(who.partition(":")[0] in ON_CALL for who in last.who):
            told = "its fallback is only who is on call; name a team, a role or the place"
            wrong.append(("fallback.who", told))
        if last.wait_min < LEAST_FALLBACK_MIN:
            told = (
                f"fallback.wait_min is {last.wait_min:g}, expected {LEAST_FALLBACK_MIN:g} or more, "
                "because it is repeated until somebody answers"
            )
            wrong.append(("fallback.wait_min", told))
    if ladder.rung and ladder.loops > 1 and not sum(rung.wait_min for rung in ladder.rung):
        told = "it loops without any wait; give one rung a wait_min above 0"
        wrong.append(("rung.0.wait_min", told))
    return wrong + (_late(ladder) if priority == "P1" else [])


def _late(ladder: Ladder) -> list[tuple[str, str]]:
    """Return where a P1 would wait too long for somebody who is always there."""
    wrong = []
    climb_min = sum(rung.wait_min for rung in ladder.rung) * ladder.loops
    if climb_min > MOST_P1_MIN:
        told = (
            f"a P1 that nobody answers comes to the fallback after {climb_min:g} min, expected "
            f"{MOST_P1_MIN:g} or less: wait less, or go through the steps less often"
        )
        wrong.append(("rung.0.wait_min", told))
    if ladder.fallback is not None and ladder.fallback.wait_min > MOST_P1_MIN:
        told = (
            f"fallback.wait_min is {ladder.fallback.wait_min:g}, expected {MOST_P1_MIN:g} or less "
            "for a P1"
        )
        wrong.append(("fallback.wait_min", told))
    return wrong


def told_by(ladder: Ladder) -> list[str]:
    """Return every code of whom this ladder tells, in the order of its steps."""
    rungs = [*ladder.rung, *([ladder.fallback] if ladder.fallback else [])]
    return list(dict.fromkeys(who for rung in rungs for who in rung.who))


def teams_of(ladder: Ladder) -> set[str]:
    """Return the keys of the teams that this ladder tells."""
    words = [who.partition(":") for who in told_by(ladder)]
    return {name for word, _, name in words if word in (*ON_CALL, "team")}


def on_call_in(ladder: Ladder) -> set[str]:
    """Return the keys of the teams whose rota says whom this ladder tells."""
    words = [who.partition(":") for who in told_by(ladder)]
    return {name for word, _, name in words if word in ON_CALL}


def at(ladder: Ladder, rung: int) -> Rung | None:
    """Return this step of the whole climb: its loops, and then the fallback for ever."""
    steps = len(ladder.rung) * ladder.loops
    return ladder.rung[rung % len(ladder.rung)] if rung < steps else ladder.fallback
