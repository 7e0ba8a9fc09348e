"""On what ground a home is watched: a consent or a best-interests decision, until when, what for.

Without one nothing that its sensors say is stored; a call for help is raised all the same (safety
rule 1). Names stand in the council's own case record: here is who decided as a role, and the
number under which the decision can be found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Row, Select, insert, select, update

from config import audit, registry, tables
from config.audit import Entry
from config.csv_rows import Mistake
from config.database import hold_writers
from config.homes import HomeState
from config.kinds import OF_DEVICES, Kind
from config.problems import ConfigProblem, describe

LONGEST: Final = timedelta(days=366)
"""A decision is looked at again within a year."""

NOTICE: Final = timedelta(days=28)
"""How long before its review a decision is listed as due."""

LONGEST_WHY: Final = 200
"""Characters of the reason of a withdrawal."""

REPLACED: Final = "replaced"
"""Why a decision ended whose place a newer one took."""

ENDED: Final = "the enrolment ended"
"""How the reason begins of one that ended with the enrolment."""

_c, _h, _s = tables.consents.c, tables.homes.c, tables.sensors.c


class Basis(StrEnum):
    """The ground of watching."""

    CONSENT = "consent"
    BEST_INTERESTS = "best-interests"


class Decider(StrEnum):
    """Who decided, as a role; the person cannot decide in their own best interests."""

    PERSON = "person"
    ATTORNEY = "attorney"
    DEPUTY = "deputy"
    COURT = "court"
    MEETING = "meeting"


class ConsentPlan(BaseModel):
    """A decision as it is entered; ``purpose`` says for each kind of sensor why it is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    basis: Basis
    decided_by: Decider
    decided_on: date
    review_on: date
    reference: str = Field(default="", max_length=60, pattern=r"^[A-Za-z0-9/._-]*$")
    purpose: dict[Kind, str] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Consent:
    """A decision as it is kept; ``home`` is the home's id, days are local dates."""

    number: int
    home: str
    place: str
    basis: Basis
    decided_by: Decider
    decided_on: date
    review_on: date
    reference: str
    purpose: Mapping[str, str]
    recorded_us: int
    recorded_by: str
    withdrawn_us: int | None
    withdrawn_by: str
    why: str

    @property
    def stands(self) -> bool:
        """Return whether nobody has withdrawn it."""
        return self.withdrawn_us is None


def read_plan(values: object, where: str) -> ConsentPlan:
    """Return the plan in these values; ConfigProblem lists every mistake with its key."""
    try:
        return ConsentPlan.model_validate(values)
    except ValidationError as problem:
        told = describe("consent", ConsentPlan, problem, lambda _: where)
        raise ConfigProblem(told) from problem


def record(
    connection: Connection, home: str, plan: ConsentPlan, account: str, now_us: int, today: date
) -> Consent:
    """Keep a decision about this home (id); one that awaited it is watched from now on.

    ``today`` is the day at its place.

    It takes the place of the one before, which stays to be seen. ConfigProblem says what is wrong.
    Of several people who decide at once the last one's stands, and the home is as that one says.
    """
    hold_writers(connection)
    number, place, state = _home(connection, home)
    mine = (_s.home == number) & _s.ended_us.is_(None)
    kinds = set(connection.execute(select(_s.kind).where(mine)).scalars())
    found = mistakes(plan, {Kind(kind) for kind in kinds}, today)
    wrong = [f"{field} {said}" for field, said in found]
    if state is HomeState.ENDED:
        wrong.append("the home has ended; enrol it again")
    if wrong:
        raise ConfigProblem("\n".join(f"consent: {what}" for what in wrong))
    _end(connection, number, account, now_us, REPLACED)
    connection.execute(insert(tables.consents).values(row_of(plan, number, account, now_us)))
    if state is HomeState.AWAITING_CONSENT:
        registry.set_home_state(connection, [home], HomeState.ACTIVE)
    audit.append(connection, entry_of(plan, place, home, account, now_us))
    return history(connection, home)[0]


def row_of(plan: ConsentPlan, home: int, account: str, now_us: int) -> dict[str, Any]:
    """Return the row that keeps this decision about a home (number)."""
    return {
        "home": home,
        "basis": plan.basis.value,
        "decided_by": plan.decided_by.value,
        "decided_on": plan.decided_on.isoformat(),
        "review_on": plan.review_on.isoformat(),
        "reference": plan.reference,
        "purpose": {kind.value: why for kind, why in plan.purpose.items()},
        "recorded_us": now_us,
        "recorded_by": account,
        "withdrawn_by": "",
        "why": "",
    }


def entry_of(plan: ConsentPlan, place: str, home: str, account: str, now_us: int) -> Entry:
    """Return the note of this decision about a home (id) for the audit log."""
    review = plan.review_on.isoformat()
    detail = {"basis": plan.basis.value, "by": plan.decided_by.value, "review": review}
    return Entry(place, now_us, account, "consent", f"home:{home}", detail)


def withdraw(connection: Connection, home: str, account: str, why: str, now_us: int) -> None:
    """Stop storing what this home (id) says, from the next look at the roster on.

    ``why`` is a code or a few words without names. What is kept already is not erased by this.
    """
    hold_writers(connection)
    number, place, state = _home(connection, home)
    said = why.strip()
    if not said:
        raise ConfigProblem("consent: why is empty; say in a few words why it is withdrawn")
    if len(said) > LONGEST_WHY or not said.isprintable():
        raise ConfigProblem(
            f"consent: why has {len(said)} characters, expected one line of at most {LONGEST_WHY}"
        )
    ended = _end(connection, number, account, now_us, said)
    if not ended and state is HomeState.AWAITING_CONSENT:
        raise ConfigProblem(f"consent: home {home} has none that stands")
    if state is not HomeState.ENDED:
        registry.set_home_state(connection, [home], HomeState.AWAITING_CONSENT)
    entry = Entry(place, now_us, account, "withdraw-consent", f"home:{home}", {})
    audit.append(connection, entry)


def history(connection: Connection, home: str) -> list[Consent]:
    """Return every decision about this home (id), the newest first."""
    rows = connection.execute(_query().where(_h.id == home).order_by(_c.number.desc()))
    return [_consent(row) for row in rows]


def standing(connection: Connection, home: str) -> Consent | None:
    """Return the decision about this home (id) that stands, None where none does."""
    row = connection.execute(_query().where(_h.id == home, _c.withdrawn_us.is_(None))).first()
    return None if row is None else _consent(row)


def purposes(connection: Connection, home: str) -> frozenset[Kind] | None:
    """Return the kinds that the standing decision of a home (id) covers, None without one."""
    found = standing(connection, home)
    return None if found is None else frozenset(map(Kind, found.purpose))


def due(connection: Connection, places: Sequence[str], today: date) -> list[Consent]:
    """Return what stands and must be reviewed within four weeks or is overdue, the oldest first."""
    limit = (today + NOTICE).isoformat()
    query = _query().where(
        _h.place.in_(places),
        _h.state != HomeState.ENDED.value,
        _c.withdrawn_us.is_(None),
        _c.review_on <= limit,
    )
    return [_consent(row) for row in connection.execute(query.order_by(_c.review_on, _c.number))]


def unrecorded(connection: Connection, places: Sequence[str]) -> list[str]:
    """Return the homes (ids) of these places that are watched although no decision is kept."""
    standing = select(_c.home).where(_c.withdrawn_us.is_(None))
    watched = (HomeState.ACTIVE.value, HomeState.PAUSED.value)
    query = select(_h.id).where(
        _h.place.in_(places), _h.state.in_(watched), _h.number.not_in(standing)
    )
    return list(connection.execute(query.order_by(_h.id)).scalars())


def mistakes(plan: ConsentPlan, kinds: set[Kind], today: date) -> list[Mistake]:
    """Return what is wrong with a decision for a home with sensors of these kinds (pure).

    ``today`` is the day at the home's place.
    """
    wrong = list[Mistake]()
    if plan.decided_on > today:
        wrong.append(("decided_on", f"is {plan.decided_on}, which is still to come"))
    if not plan.decided_on < plan.review_on <= plan.decided_on + LONGEST:
        said = f"is {plan.review_on}, expected a day after decided_on and within a year of it"
        wrong.append(("review_on", said))
    if plan.review_on <= today:
        wrong.append(("review_on", f"is {plan.review_on}, which is past: review it first"))
    if plan.basis is Basis.BEST_INTERESTS and plan.decided_by is Decider.PERSON:
        said = (
            "is person, expected attorney, deputy, court or meeting: nobody decides in their own "
            "best interests; what the person decides is a consent"
        )
        wrong.append(("decided_by", said))
    if plan.basis is Basis.CONSENT and plan.decided_by in (Decider.COURT, Decider.MEETING):
        said = (
            f"is {plan.decided_by.value}, expected person, attorney or deputy: a court or a "
            "meeting decides in the person's best interests"
        )
        wrong.append(("decided_by", said))
    seen = kinds - OF_DEVICES
    missing = sorted(kind.value for kind in seen - set(plan.purpose))
    if missing:
        said = f"lacks {', '.join(missing)}: say for each kind why it is there"
        wrong.append(("purpose", said))
    wrong += [
        (f"purpose.{kind.value}", f"has {len(why)} characters, expected 1 to 200 of one line")
        for kind, why in plan.purpose.items()
        if not 1 <= len(why.strip()) <= 200 or not why.isprintable()
    ]
    return wrong


def _end(connection: Connection, number: int, account: str, now_us: int, why: str) -> int:
    standing = (_c.home == number) & _c.withdrawn_us.is_(None)
    values = {"withdrawn_us": now_us, "withdrawn_by": account, "why": why}
    return connection.execute(update(tables.consents).where(standing).values(values)).rowcount


def _home(connection: Connection, home: str) -> tuple[int, str, HomeState]:
    found = connection.execute(select(_h.number, _h.place, _h.state).where(_h.id == home)).first()
    if found is None:
        raise ConfigProblem(f"consent: there is no home {home!r}")
    return found.number, found.place, HomeState(found.state)


def _query() -> Select[Any]:
    columns = [column for column in _c if column.name != "home"]
    return select(*columns, _h.id.label("home"), _h.place).join(tables.homes, _h.number == _c.home)


def _consent(row: Row[Any]) -> Consent:
    found = dict(row._mapping)  # noqa: SLF001  # the documented way to a row's names
    found |= {
        "basis": Basis(row.basis),
        "decided_by": Decider(row.decided_by),
        "decided_on": date.fromisoformat(row.decided_on),
        "review_on": date.fromisoformat(row.review_on),
    }
    return Consent(**found)
