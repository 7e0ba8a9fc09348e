"""Decisions to watch a home in words: each with who, when, until when and what for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from api.consent_acts import Outlook
from api.web import words
from api.web.enrol_steps import FIELD_OF
from api.web.language import _
from api.web.phrases import spoken
from api.web.words import long_day
from config.consents import ENDED, NOTICE, REPLACED, Consent, ConsentPlan
from config.homes import Home, HomeState
from config.kinds import Kind

_BASIS: Final = dict(FIELD_OF["basis"].choices)
_DECIDER: Final = dict(FIELD_OF["decided_by"].choices)

Rows = list[tuple[str, Sequence[str]]]
"""(what it is, lines of text) of each row of a list."""


def title(one: Consent) -> str:
    """Return what a decision is called."""
    return f"{basis(one.basis.value)}, {long_day(one.decided_on)}"


def basis(code: str) -> str:
    """Return the ground of watching in words."""
    return _(_BASIS[code])


def planned(plan: ConsentPlan) -> Rows:
    """Return a decision as it is entered."""
    purpose = {kind.value: why for kind, why in plan.purpose.items()}
    return [
        (_("Ground"), [basis(plan.basis.value)]),
        (_("Who decided"), [_(_DECIDER[plan.decided_by.value])]),
        (_("Decided on"), [long_day(plan.decided_on)]),
        (_("To be reviewed by"), [long_day(plan.review_on)]),
        *([(_("Number of the council's own record"), [plan.reference])] if plan.reference else []),
        (_("What each sensor is for"), purposes(purpose)),
    ]


def kept(one: Consent, found: Outlook) -> Rows:
    """Return a decision as it is kept, and what became of it."""
    plan = ConsentPlan.model_construct(
        basis=one.basis, decided_by=one.decided_by, decided_on=one.decided_on,
        review_on=one.review_on, reference=one.reference,
        purpose={Kind(kind): why for kind, why in one.purpose.items()},
    )  # fmt: skip
    rows = planned(plan)
    when = words.moment(one.recorded_us, found.place.zone)
    who = found.names.get(one.recorded_by, one.recorded_by)
    rows.append((_("Recorded"), [_("%(when)s by %(who)s", when=when, who=who)]))
    if one.withdrawn_us is not None:
        rows.append((_("Ended"), [_end(one, one.withdrawn_us, found)]))
    return rows


def purposes(purpose: Mapping[str, str]) -> list[str]:
    """Return a line for each kind of sensor and what it is for."""
    return sorted(f"{words.kind(Kind(kind))}: {spoken(why)}" for kind, why in purpose.items())


def changes(plan: ConsentPlan, before: Consent | None) -> list[str]:
    """Return what a decision covers more, less or otherwise than the one that stands."""
    if before is None:
        return []
    now = {kind.value: why for kind, why in plan.purpose.items()}
    told = [
        _("Covers from now on: %(kind)s", kind=_name(kind)) for kind in now.keys() - before.purpose
    ]
    told += [
        _("Covers no longer: %(kind)s", kind=_name(kind)) for kind in before.purpose.keys() - now
    ]
    told += [
        _("Has another purpose: %(kind)s", kind=_name(kind))
        for kind in now.keys() & before.purpose.keys()
        if now[kind] != before.purpose[kind]
    ]
    if plan.basis is not before.basis:
        told.append(_("The ground was: %(basis)s", basis=basis(before.basis.value)))
    return sorted(told) or [_("The same purposes as before.")]


def review(one: Consent, today: date) -> dict[str, str] | None:
    """Return how a review that is due is marked, None while it is not."""
    if one.review_on < today:
        return {"text": _("Review overdue"), "colour": "red"}
    if one.review_on <= today + NOTICE:
        return {"text": _("Review due"), "colour": "yellow"}
    return None


def summary(standing: Consent | None) -> str:
    """Return a sentence about the decision that stands, or that none does."""
    if standing is None:
        return _("No decision is kept.")
    return _(
        "%(basis)s, decided on %(day)s, to be reviewed by %(review)s.",
        basis=basis(standing.basis.value),
        day=long_day(standing.decided_on),
        review=long_day(standing.review_on),
    )


def banner(home: Home, standing: Consent | None, today: date) -> str:
    """Return what the page of a home says of its decision; empty while nothing is to be done."""
    if standing is None:
        is_watched = home.state in (HomeState.ACTIVE, HomeState.PAUSED)
        return _("This home is watched, and no decision about it is kept.") if is_watched else ""
    day = long_day(standing.review_on)
    if home.state is HomeState.ENDED or standing.review_on > today + NOTICE:
        return ""
    if standing.review_on < today:
        return _("Consent review overdue: it was to be reviewed by %(day)s.", day=day)
    return _("Consent review due: it is to be reviewed by %(day)s.", day=day)


def withdrawal(found: Outlook) -> list[str]:
    """Return what a withdrawal means, a sentence each."""
    return [
        _(
            "Within a minute nothing more is stored that the sensors of this home say, and nobody "
            "can see whether the person is up and about."
        ),
        _("Smoke, falls and calls for help are raised all the same; no other alert is."),
        _("Alerts that stand stay until a person ends them."),
        _(
            "What is kept already is not erased by this: readings stay for %(days)s days, unless "
            "information governance erases them before.",
            days=found.place.retention_days,
        ),
    ]  # fmt: skip


def _name(kind: str) -> str:
    return words.kind(Kind(kind))


def _end(one: Consent, at_us: int, found: Outlook) -> str:
    when = words.moment(at_us, found.place.zone)
    who = found.names.get(one.withdrawn_by, one.withdrawn_by)
    if one.why == REPLACED:
        return _("%(when)s by %(who)s: a newer decision took its place", when=when, who=who)
    if one.why.startswith(ENDED):
        return _("%(when)s by %(who)s: the enrolment ended", when=when, who=who)
    return _("Withdrawn %(when)s by %(who)s: “%(why)s”", when=when, who=who, why=one.why)
