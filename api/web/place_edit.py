"""Changing a setting of a place: typed, compared with what holds, given a reason, then saved.

What was typed travels along as hidden fields, so nothing is kept before it is saved; the version
that it was typed over travels too, so that of two officers the second is told what the first did.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from api.auth import PEOPLE, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from api.web.language import N_, _
from api.web.pages import page
from api.web.phrases import spoken
from config import declarations, people
from config.database import hold_writers
from config.declarations import Declaration, Stale
from config.places import Place
from config.problems import ConfigProblem
from ingest.clock import microseconds

EDITORS: Final = PEOPLE
"""Roles that see and change what holds at a place."""

LONGEST_WHY: Final = 500
_LONGEST: Final = 20_000
_OWN: Final = frozenset({"then", "why", "read", "gaps"})
_NO_REASON: Final = N_("Say why, for those who ask later")
_NOT_MEANT: Final = N_("Tick the box if nobody is to be on call then, or go back and change it")

Errors = Mapping[str, str]
Save = Callable[[Connection, str, int], None]
"""Writes what was typed: given the reason and the version (id) that it was typed over."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form sent, every field with all its values."""

    fields: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str:
        """Return what was typed into a field, its ends trimmed; empty where nothing was."""
        return next(iter(self.fields.get(name, ())), "").replace("\r\n", "\n").strip()

    def all(self, name: str) -> list[str]:
        """Return every value of a field, such as of boxes that were ticked."""
        return list(self.fields.get(name, ()))

    @property
    def then(self) -> str:
        """What the button says that was pressed: check, save, back or one of the form's own."""
        return self.one("then")

    @property
    def read(self) -> int:
        """The version (id) that was changed, 0 where there was none."""
        text = self.one("read")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What is sent again with the reason."""
        named = self.fields.items()
        return [(name, one) for name, every in named if name not in _OWN for one in every]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that holds, before and after, as lines of text."""

    what: str
    before: Sequence[str]
    after: Sequence[str]

    @property
    def is_changed(self) -> bool:
        """Whether it would be another than now."""
        return list(self.before) != list(self.after)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that waits for its reason; ``subject`` is what it is kept under.

    ``action`` is the address of its form, ``holds`` says from when it holds. Where it leaves nobody
    on call, ``gaps`` says when, and it is saved only with a tick; ``instead`` says who is told
    then. ``week`` is a picture of what would hold, ``done`` what is shown once it is saved.
    """

    place: Place
    subject: str
    title: str
    action: str
    rows: Sequence[Row]
    holds: str
    gaps: Sequence[str] = ()
    instead: Sequence[str] = ()
    week: Mapping[str, Any] = field(default_factory=dict)
    done: str = ""

    @property
    def meant(self) -> str:
        """What the tick sends: other gaps need another tick. Empty where there are none."""
        return tick(self.gaps)


def tick(gaps: Sequence[str]) -> str:
    """Return what a tick for these gaps sends, empty where there are none."""
    text = "\n".join(gaps)
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


async def typed(request: Request) -> Typed:
    """Return what the form of this request sent."""
    form = await request.form()
    names = dict.fromkeys(form)
    return Typed({name: [str(v)[:_LONGEST] for v in form.getlist(name)] for name in names})


def place_of(request: Request, visitor: Visitor, key: str) -> Place:
    """Return a place whose settings the visitor may see; Problem 404 for any other."""
    if key not in visitor.places(*EDITORS):
        raise absent()
    resources: Resources = request.app.state.resources
    return resources.places[key]


def newest_id(connection: Connection, place: str, subject: str) -> int:
    """Return the version in force, 0 where the place file holds."""
    found = declarations.newest(connection, place, subject)
    return 0 if found is None else found.id


def settle(
    request: Request,
    visitor: Visitor,
    form: Typed,
    build: Callable[[Connection], Change],
    save: Save,
) -> Response:
    """Show what would change, or save it once a reason is given and nobody was first."""
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        change = build(connection)
        is_stale = newest_id(connection, change.place.key, change.subject) not in (0, form.read)
    is_saving = form.then == "save"
    errors = _mistakes(form, change) if is_saving else {}
    if is_saving and not errors and not is_stale:
        try:
            with resources.database.begin() as connection:
                hold_writers(connection)
                save(connection, form.one("why"), form.read)
        except Stale:
            is_stale = True
        except ConfigProblem as problem:
            errors = {"why": spoken(str(problem).partition(": ")[2] or str(problem))}
        else:
            done = change.done or f"/places/{change.place.key}?saved={change.subject}"
            return RedirectResponse(done, 303)
    return _check(request, visitor, form, build, errors, is_stale=is_stale)


def _check(
    request: Request,
    visitor: Visitor,
    form: Typed,
    build: Callable[[Connection], Change],
    errors: Errors,
    *,
    is_stale: bool,
) -> Response:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        change = build(connection)
        newest = declarations.newest(connection, change.place.key, change.subject)
        who = {} if newest is None else people.names(connection, frozenset({newest.account}))
    context = {
        "place": change.place,
        "change": change,
        "is_other": any(row.is_changed for row in change.rows),
        "hidden": form.hidden,
        "read": 0 if newest is None else newest.id,
        "why": form.one("why"),
        "errors": dict(errors),
        "meanwhile": said(newest, change.place, who) if newest and is_stale else "",
        "live_url": "",
    }
    status = 422 if errors else 412 if is_stale and form.then == "save" else 200
    return page(request, visitor, "place_check.html", context, status=status)


def said(saved: Declaration, place: Place, names: Mapping[str, str]) -> str:
    """Return who saved a version, when and why."""
    values = {
        "who": names.get(saved.account, saved.account),
        "when": words.moment(saved.since_us, place.zone),
    }
    if saved.why:
        return _("Saved by %(who)s on %(when)s: %(why)s", why=saved.why, **values)
    return _("Saved by %(who)s on %(when)s", **values)


def now_us(request: Request) -> int:
    """Return the moment of homes and alerts, from which a setting holds."""
    resources: Resources = request.app.state.resources
    return microseconds(resources.clock())


def _mistakes(form: Typed, change: Change) -> dict[str, str]:
    errors = {"why": told} if (told := _why(form.one("why"))) else {}
    if change.meant and form.one("gaps") != change.meant:
        errors["gaps"] = _(_NOT_MEANT)
    return errors


def _why(why: str) -> str:
    if not why:
        return _(_NO_REASON)
    if len(why) > LONGEST_WHY:
        return _("The reason must be %(most)s characters or fewer", most=LONGEST_WHY)
    if not words.is_readable(why):
        return _("The reason must not hold control characters: type it again")
    return ""
