"""The teams of a place: who is in each, and whether somebody must always be on call."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api import telling
from api.auth import Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import place_edit, words
from api.web.alerts import Id
from api.web.language import N_, _
from api.web.pages import page
from api.web.phrases import spoken
from api.web.place_edit import EDITORS, Change, Row, Typed
from config import granting, rotas
from config.people import normal_email
from config.places import Place
from config.problems import ConfigProblem
from config.rotas import Rota, Team

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Key = Annotated[str, Path(pattern="^[a-z0-9-]{2,40}$")]
NEW: Final = "new"
"""What the address of a team that is added says instead of its key."""

_LONGEST_NAME: Final = 80
_MOST_MEMBERS: Final = 200
_NAMED: Final = N_("Enter the name of the team, 1 to 80 characters without control characters")


@router.get("/places/{place}/teams")
def show_teams(request: Request, visitor: Editor, place: Id) -> Response:
    """Show the teams and who is in each."""
    of = place_edit.place_of(request, visitor, place)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        rota = rotas.find(connection, of.key)
    context = {"place": of, "teams": rota.team if rota else (), "live_url": ""}
    return page(request, visitor, "place_teams.html", context)


@router.get("/places/{place}/teams/{team}")
def show_team(request: Request, visitor: Editor, place: Id, team: Key) -> Response:
    """Show one team as a form, or an empty one for a team that is added."""
    of = place_edit.place_of(request, visitor, place)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = _find(connection, of, team)
        read = place_edit.newest_id(connection, of.key, rotas.SUBJECT)
    fields = {"read": [str(read)], "covered": ["yes"]}
    if held is not None:
        covered = ["yes"] if held.is_always_covered else ["no"]
        fields |= {"name": [held.name], "members": list(held.members), "covered": covered}
    return _form(request, visitor, of, team, Typed(fields), {})


@router.post("/places/{place}/teams/{team}")
async def change_team(request: Request, visitor: Editor, place: Id, team: Key) -> Response:
    """Show what would change, or put it in force; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_change, request, visitor, place, team, form)


def _find(connection: Connection, place: Place, key: str) -> Team | None:
    """Return the team, None for one that is added; Problem 404 when there is none of this key."""
    rota = rotas.find(connection, place.key)
    found = next((one for one in (rota.team if rota else ()) if one.key == key), None)
    if found is None and key != NEW:
        raise absent()
    return found


def _change(request: Request, visitor: Visitor, key: str, team: str, form: Typed) -> Response:
    of = place_edit.place_of(request, visitor, key)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = _find(connection, of, team)
        people = set(_people(connection, of, held))
    errors = _mistakes(form, people, held)
    if errors or form.then == "back":
        return _form(request, visitor, of, team, form, {} if form.then == "back" else errors)
    try:
        with resources.database.connect() as connection:
            made = _made(connection, of, team, form)
            telling.check_rota(connection, of, made, place_edit.now_us(request))
    except ConfigProblem as problem:
        told = {"members": spoken(str(problem).partition(": ")[2])}
        return _form(request, visitor, of, team, form, told)

    def build(connection: Connection) -> Change:
        before = _find(connection, of, team)
        after = None if form.one("remove") == "yes" else _team(form, team, made)
        title = _("A new team") if before is None else before.name
        rows = [
            Row(label, _shown(before, part), _shown(after, part))
            for part, label in (
                ("name", _("Name")),
                ("members", _("People")),
                ("covered", _("Must somebody always be on call?")),
            )
        ]
        holds = _("It holds at once, for ladders and for whoever is on call.")
        action = f"/places/{of.key}/teams/{team}"
        return Change(of, rotas.SUBJECT, title, action, rows, holds)

    def save(connection: Connection, why: str, read: int) -> None:
        new = _made(connection, of, team, form)
        telling.save_rota(
            connection, of, new, visitor.account.id, place_edit.now_us(request), why=why, read=read
        )

    return place_edit.settle(request, visitor, form, build, save)


def _mistakes(form: Typed, people: set[str], held: Team | None) -> dict[str, str]:
    errors = {}
    if form.all("remove") not in ([], ["yes"]):
        errors["remove"] = _("Tick the box or leave it")
    if form.one("remove") == "yes" and held is not None:
        return errors
    name, members = form.one("name"), form.all("members")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        errors["name"] = _(_NAMED)
    if not members or set(members) - people:
        errors["members"] = _("Choose who is in the team, from the list")
    elif len(members) > _MOST_MEMBERS:
        errors["members"] = _("A team has %(most)s people at most", most=_MOST_MEMBERS)
    if form.one("covered") not in ("yes", "no"):
        errors["covered"] = _("Say whether somebody must always be on call")
    return errors


def _made(connection: Connection, place: Place, key: str, form: Typed) -> Rota:
    """Return the rota with this team as it was typed; ConfigProblem when its shifts need others."""
    rota = rotas.find(connection, place.key)
    teams = list(rota.team) if rota else []
    if form.one("remove") == "yes":
        teams = [one for one in teams if one.key != key]
        if not teams:
            raise ConfigProblem("rota: a place needs one team at least; add another one first")
    elif key == NEW:
        teams.append(_new_team(form, {one.key for one in teams}))
    else:
        teams = [_typed(form, key) if one.key == key else one for one in teams]
    values = rota.model_dump(mode="json", by_alias=True) if rota else {}
    values["team"] = [one.model_dump(mode="json") for one in teams]
    return rotas.read_plan(values, place.key)


def _typed(form: Typed, key: str) -> Team:
    return Team(
        key=key,
        name=form.one("name"),
        members=form.all("members"),
        is_always_covered=form.one("covered") == "yes",
    )


def _new_team(form: Typed, taken: set[str]) -> Team:
    """Return a team that is added; its key is made of its name and never changes."""
    base = re.sub(r"[^a-z0-9]+", "-", form.one("name").lower()).strip("-")[:36] or "team"
    base = base if len(base) > 1 and base != NEW else f"team-{base}"
    number, key = 2, base
    while key in taken:
        number, key = number + 1, f"{base}-{number}"
    return _typed(form, key)


def _team(form: Typed, key: str, made: Rota) -> Team:
    return made.team[-1] if key == NEW else _typed(form, key)


def _shown(team: Team | None, part: str) -> list[str]:
    if team is None:
        return []
    covered = _("yes") if team.is_always_covered else _("no")
    return {"name": [team.name], "members": list(team.members), "covered": [covered]}[part]


def _people(connection: Connection, place: Place, held: Team | None) -> dict[str, str]:
    """Return who may be in a team, by e-mail: whoever holds a role here, and who is in it now."""
    listed = granting.people_of(connection, place.key)
    own = {normal_email(one): one for one in (held.members if held else ())}
    found = {
        own.pop(normal_email(account.email), normal_email(account.email)): _(
            "%(name)s, %(email)s (%(roles)s)",
            name=account.name,
            email=account.email,
            roles=", ".join(words.label(role.value).lower() for role in sorted(held_roles)),
        )
        for account, _has_password, held_roles in listed
    }
    strangers = {one: _("%(email)s (holds no role here)", email=one) for one in own.values()}
    return found | strangers


def _form(
    request: Request,
    visitor: Visitor,
    place: Place,
    key: str,
    form: Typed,
    errors: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = _find(connection, place, key)
        people = _people(connection, place, held)
    context: dict[str, Any] = {
        "place": place,
        "action": f"/places/{place.key}/teams/{key}",
        "title": _("A new team") if held is None else held.name,
        "is_new": held is None,
        "name": form.one("name"),
        "members": form.all("members"),
        "covered": form.one("covered"),
        "is_removed": form.one("remove") == "yes",
        "people": list(people.items()),
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_team.html", context, status=422 if errors else 200)
