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
_ROLES: Final = "|".join(role.value for role in Role)
Who = Annotated[
    str,
    Field(pattern=rf"^(on-call:[a-z0-9-]{{2,40}}|team:[a-z0-9-]{{2,40}}|role:({_ROLES})|place)$"),
]
"""Who is on call in a team, everybody in one, a role at the place, or the place's own addresses."""

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


def read_plan(values: object, where: str) -> Ladder:
    """Return the ladder in these values; ConfigProblem says what is wrong and what to do."""
    try:
        ladder = Ladder.model_validate(values)
    except ValidationError as problem:
        told = describe("ladder", Ladder, problem, lambda _: where)
        raise ConfigProblem(told) from problem
    check(ladder, where)
    return ladder


def check(ladder: Ladder, where: str) -> None:
    """Raise ConfigProblem when the ladder could leave an alert without anybody told."""
    wrong = []
    last = ladder.fallback
    if last is None:
        wrong.append("it has no fallback; add [fallback]: who is told in the end, without a rota")
    else:
        if all(who.startswith("on-call:") for who in last.who):
            wrong.append("its fallback is only who is on call; name a team, a role or the place")
        if last.wait_min < LEAST_FALLBACK_MIN:
            wrong.append(
                f"fallback.wait_min is {last.wait_min:g}, expected {LEAST_FALLBACK_MIN:g} or more, "
                "because it is repeated until somebody answers"
            )
    if ladder.rung and ladder.loops > 1 and not sum(rung.wait_min for rung in ladder.rung):
        wrong.append("it loops without any wait; give one rung a wait_min above 0")
    if wrong:
        raise ConfigProblem("\n".join(f"ladder: {line} ({where})" for line in wrong))


def teams_of(ladder: Ladder) -> set[str]:
    """Return the keys of the teams that this ladder tells."""
    rungs = [*ladder.rung, *([ladder.fallback] if ladder.fallback else [])]
    words = [who.partition(":") for rung in rungs for who in rung.who]
    return {name for word, _, name in words if word in ("on-call", "team")}


def at(ladder: Ladder, rung: int) -> Rung | None:
    """Return this step of the whole climb: its loops, and then the fallback for ever."""
    steps = len(ladder.rung) * ladder.loops
    return ladder.rung[rung % len(ladder.rung)] if rung < steps else ladder.fallback
