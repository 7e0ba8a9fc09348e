"""One place for those who run it: what holds there, who decided it, and the way to change it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from alerts.alert import Priority
from api import telling
from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import (
    ladder_words,
    phrases,
    place_budget,
    place_edit,
    place_ladder,
    place_texts,
    sentences,
    words,
)
from api.web.alerts import Id
from api.web.language import LANGUAGES, N_, _, _n
from api.web.pages import name_of, page
from api.web.place_edit import EDITORS
from config import alert_budgets, declarations, granting, ladder_rows, message_texts, people, rotas
from config.declarations import Declaration
from config.places import GssCode, Place, Responsible, not_live_notices
from config.roles import Role

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
_LADDER: Final = "ladder-"
_PAST: Final = 20
"""Changes on the page, the newest first."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the page: what holds as lines, since when, and where it is seen or changed."""

    title: str
    lines: Sequence[str]
    source: str
    href: str
    link: str
    """What the link says, and for whom it is read out."""


@router.get("/places/{place}")
def show_place(
    request: Request,
    visitor: Editor,
    place: Id,
    saved: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show everything that is decided for a place, each with who decided it."""
    resources: Resources = request.app.state.resources
    of = place_edit.place_of(request, visitor, place)
    with resources.database.connect() as connection:
        past = declarations.changes(connection, of.key, limit=_PAST)
        names = people.names(connection, frozenset(one.account for one in past))
        told = _telling(connection, of, place_edit.now_us(request), names)
        context = {
            "place": of,
            "title": name_of(of),
            "telling": told,
            "staff": _staff(connection, visitor, of),
            "file": _of_file(of),
            "past": [_past(one, of, names) for one in past],
            "saved": _subject(saved) if any(one.subject == saved for one in past) else "",
            "live_url": "",
        }
    return page(request, visitor, "place.html", context)


def _telling(
    connection: Connection, place: Place, now_us: int, names: Mapping[str, str]
) -> list[Setting]:
    duty = telling.duty(connection, place, now_us)
    teams = {team.key: team.name for team in duty.rota.team} if duty.rota else {}
    source = _Source(connection, place, names)
    at = f"/places/{place.key}"
    found = [
        Setting(
            _("Ladder of %(priority)s", priority=one.value),
            [*ladder_words.steps(held, teams), *ladder_words.limits(held)]
            or [_("No ladder: these alerts are on the page, and nobody is told.")],
            source.of(ladder_rows.subject(one.value), is_in_file=one.value in place.ladder),
            f"{at}/ladder/{one.value}",
            _("Change"),
        )
        for one in Priority
        for held in (place_ladder.in_force(connection, place, one),)
    ]
    gaps = len(duty.gaps)
    no_gap = _("Somebody is on call at every hour of the next four weeks.")
    rota = [_n("%(n)s gap in the next four weeks", "%(n)s gaps in the next four weeks", gaps)]
    found.append(
        Setting(
            _("Rota"),
            [_("No rota is saved.")] if duty.rota is None else rota if gaps else [no_gap],
            source.of(rotas.SUBJECT),
            f"{at}/rota",
            _("Change"),
        )
    )
    counted = [
        _n("%(team)s: %(n)s person", "%(team)s: %(n)s people", len(team.members), team=team.name)
        for team in (duty.rota.team if duty.rota else ())
    ]
    found.append(
        Setting(_("Teams"), counted or [_("No team yet.")], "", f"{at}/teams", _("Change"))
    )
    held = alert_budgets.in_force(connection, {place.key: place})[place.key]
    found.append(
        Setting(
            _("Alert budget"),
            [place_budget.rate(held.alert_budget), *place_budget.expected(connection, place)],
            source.of(alert_budgets.SUBJECT, is_in_file=True),
            f"{at}/budget",
            _("Change"),
        )
    )
    texts = place_texts.in_force(connection, place.key)
    found.append(
        Setting(
            _("Texts of messages"),
            [place_texts.preview(texts[f"alert_{language}"]) for language in LANGUAGES],
            source.of(message_texts.SUBJECT),
            f"{at}/texts",
            _("Change"),
        )
    )
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    """Says of each setting where it comes from."""

    connection: Connection
    place: Place
    names: Mapping[str, str]

    def of(self, subject: str, *, is_in_file: bool = False) -> str:
        found = declarations.newest(self.connection, self.place.key, subject)
        if found is not None:
            return place_edit.said(found, self.place, self._names(found))
        if is_in_file:
            return _("From the place file; nobody has saved another one here.")
        return _("Nobody has saved one here.")

    def _names(self, found: Declaration) -> Mapping[str, str]:
        if found.account in self.names:
            return self.names
        return people.names(self.connection, frozenset({found.account}))


def _staff(connection: Connection, visitor: Visitor, place: Place) -> list[Setting]:
    """Return the pages about people and records: with a link, or with the name of whom to ask."""
    listed = granting.people_of(connection, place.key)
    counted = [
        f"{words.label(role.value)}: {number:,}"
        for role in Role
        if (number := sum(role in held for _account, _has, held in listed))
    ]
    governors = [account.name for account, _has, held in listed if Role.GOVERNANCE in held]
    is_governor = place.key in visitor.places(Role.GOVERNANCE)
    asks = list(_ask(governors))
    found = [Setting(_("People and roles"), counted, "", f"/people?place={place.key}", _("Change"))]
    for title, text, href in (
        (
            N_("Audit search"),
            N_("Who looked at or changed what, and whether the log is whole."),
            f"/audit?place={place.key}",
        ),
        (
            N_("Data requests"),
            N_("What is kept about a person: copies, legal holds, erasure."),
            "/data-requests",
        ),
    ):
        lines = [_(text)] if is_governor else [_(text), *asks]
        found.append(Setting(_(title), lines, "", href if is_governor else "", _("Open")))
    return found


def _ask(governors: Sequence[str]) -> Iterator[str]:
    if governors:
        yield _("Information governance answers: ask %(names)s.", names=", ".join(governors))
    else:
        yield _("Information governance answers, and nobody has that role here yet: give it.")


def _of_file(place: Place) -> list[tuple[str, list[str]]]:
    """Return what only the place file says: whoever runs the installation changes it."""
    fallback = place.fallback
    not_live = [*map(sentences.translate, not_live_notices({place.key: place}, [place.key]))]
    return [
        (_("Name"), [name for name in (place.name, place.name_cy) if name]),
        (_("Languages"), [", ".join(LANGUAGES[code] for code in place.languages)]),
        (_("Time zone"), [place.time_zone]),
        (_("Live for P1"), not_live or [_("yes")]),
        (
            _("Who answers a P1 at any hour"),
            [f"{fallback.name}, {fallback.phone}"] if fallback else [_("nobody is named")],
        ),
        (_("Support"), [f"{place.contacts.support}, {place.contacts.phone}"]),
        (_("Manufacturer of record"), _responsible(place.manufacturer)),
        (_("Clinical safety officer"), _responsible(place.safety_officer)),
        (
            _("What sensors may be for"),
            sorted({phrases.spoken(one) for one in place.purposes.values()}),
        ),
        (
            _("How long data is kept"),
            [
                _n("Readings: %(n)s day", "Readings: %(n)s days", place.retention_days),
                _n("Alerts that are over: %(n)s day", "Alerts that are over: %(n)s days",
                   place.alert_days),
                _n("Household and contacts, after the end of an enrolment: %(n)s day",
                   "Household and contacts, after the end of an enrolment: %(n)s days",
                   place.household_days),
                _n("Devices, after the end of an enrolment: %(n)s day",
                   "Devices, after the end of an enrolment: %(n)s days", place.device_days),
                _n("The log of who saw and did what: %(n)s day",
                   "The log of who saw and did what: %(n)s days", place.kept_audit_days),
            ],
        ),
        (_("GSS codes"), [_gss(one) for one in place.gss_codes] or [_("none")]),
    ]  # fmt: skip


def _responsible(named: Responsible | None) -> list[str]:
    if named is None:
        return [_("nobody is named")]
    return [", ".join(part for part in (named.name, named.email, named.phone) if part)]


def _gss(one: GssCode) -> str:
    first = words.long_day(one.first)
    if one.last is None:
        return _("%(code)s, since %(first)s", code=one.code, first=first)
    last = words.long_day(one.last)
    return _("%(code)s, from %(first)s to %(last)s", code=one.code, first=first, last=last)


def _past(one: Declaration, place: Place, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "iso": words.iso(one.since_us),
        "what": _subject(one.subject),
        "said": place_edit.said(one, place, names),
    }


def _subject(subject: str) -> str:
    """Return what is kept under a subject, as words."""
    if subject.startswith(_LADDER):
        return _("Ladder of %(priority)s", priority=subject.removeprefix(_LADDER))
    known = {
        rotas.SUBJECT: N_("Rota and teams"),
        alert_budgets.SUBJECT: N_("Alert budget"),
        message_texts.SUBJECT: N_("Texts of messages"),
    }
    return _(known.get(subject, subject))
