"""The ladder of one priority at a place: seen, changed step by step, checked and saved."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from alerts.alert import Priority
from api import telling
from api.auth import Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import ladder_words, place_edit
from api.web.alerts import Id
from api.web.language import _
from api.web.pages import page
from api.web.phrases import spoken
from api.web.place_edit import EDITORS, Change, Row, Typed
from config import ladder_rows, ladders, rotas
from config.ladders import CHANNELS, Ladder, Rung
from config.places import Place

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
Name = Annotated[str, Path(max_length=2)]
MOST_STEPS: Final = 20
_LAST: Final = "f"
"""Ends the names of the fields of the last step, the fallback; others end with their number."""

_LONGEST_WAIT: Final = 24 * 60
_LONGEST_TURN: Final = 30 * 24 * 60


@router.get("/places/{place}/ladder/{priority}")
def show_ladder(request: Request, visitor: Editor, place: Id, priority: Name) -> Response:
    """Show the ladder in force, as a form."""
    of, wanted = place_edit.place_of(request, visitor, place), _priority(priority)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = in_force(connection, of, wanted)
        read = place_edit.newest_id(connection, of.key, ladder_rows.subject(wanted.value))
    return _form(request, visitor, of, wanted, typed_of(held, read), {})


@router.post("/places/{place}/ladder/{priority}")
async def change_ladder(request: Request, visitor: Editor, place: Id, priority: Name) -> Response:
    """Show what would change, or put it in force; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_change, request, visitor, place, priority, form)


def in_force(connection: Connection, place: Place, priority: Priority) -> Ladder | None:
    """Return the ladder that alerts climb: what somebody saved, or what the place file says."""
    return ladder_rows.in_force(connection, place, priority.value)


def team_names(connection: Connection, place: str) -> dict[str, str]:
    """Return the names of the teams of a place, by key."""
    rota = rotas.find(connection, place)
    return {team.key: team.name for team in rota.team} if rota else {}


def _priority(text: str) -> Priority:
    try:
        return Priority(text)
    except ValueError:
        raise absent() from None


def _change(request: Request, visitor: Visitor, key: str, priority: str, form: Typed) -> Response:
    of, wanted = place_edit.place_of(request, visitor, key), _priority(priority)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = in_force(connection, of, wanted)
        known = set(_choices(team_names(connection, of.key), held))
    if form.then == "add":
        return _form(request, visitor, of, wanted, _with_another(form), {})
    ladder, errors = read(form, wanted, known)
    if ladder is None or errors or form.then == "back":
        shown = {} if form.then == "back" else errors
        return _form(request, visitor, of, wanted, form, shown)

    def build(connection: Connection) -> Change:
        held, teams = in_force(connection, of, wanted), team_names(connection, of.key)
        return Change(
            of,
            ladder_rows.subject(wanted.value),
            _("Ladder of %(priority)s", priority=wanted.value),
            f"/places/{of.key}/ladder/{wanted.value}",
            [
                Row(_("Who is told"), *(ladder_words.steps(one, teams) for one in (held, ladder))),
                Row(_("Time limits"), *(ladder_words.limits(one) for one in (held, ladder))),
            ],
            _("It holds at once, also for alerts that stand and wait for their next step."),
        )

    def save(connection: Connection, why: str, read: int) -> None:
        telling.save_ladder(
            connection, of.key, wanted, ladder, visitor.account.id, place_edit.now_us(request),
            why=why, read=read,
        )  # fmt: skip

    return place_edit.settle(request, visitor, form, build, save)


def typed_of(ladder: Ladder | None, read: int) -> Typed:
    """Return a ladder as its form would send it; a place without one begins with an empty step."""
    fields: dict[str, list[str]] = {"read": [str(read)]}
    rungs = ladder.rung if ladder is not None and ladder.rung else ()
    for number, one in enumerate(rungs):
        fields |= _typed_rung(one, str(number))
    fields["steps"] = [str(max(len(rungs), 1))]
    if ladder is not None and ladder.fallback is not None:
        fields |= _typed_rung(ladder.fallback, _LAST)
    fields["loops"] = [str(ladder.loops if ladder else 1)]
    for name in ("acknowledged_min", "attending_min"):
        value = getattr(ladder, name, None)
        fields[name] = [] if value is None else [f"{value:g}"]
    return Typed(fields)


def _typed_rung(one: Rung, end: str) -> dict[str, list[str]]:
    return {
        f"who-{end}": list(one.who),
        f"channel-{end}": list(one.channel),
        f"wait-{end}": [f"{one.wait_min:g}"],
        f"everyone-{end}": ["yes"] if one.everyone else [],
    }


def _with_another(form: Typed) -> Typed:
    return Typed({**form.fields, "steps": [str(min(_steps(form) + 1, MOST_STEPS))]})


def _steps(form: Typed) -> int:
    text = form.one("steps")
    is_number = text.isascii() and text.isdigit() and len(text) < 4
    return min(int(text), MOST_STEPS) if is_number else 1


def read(form: Typed, priority: Priority, known: set[str]) -> tuple[Ladder | None, dict[str, str]]:
    """Return the ladder that was typed, and what is wrong by the id of its field.

    ``known`` are the codes that a step may tell. Steps that are left out or empty are no steps.
    """
    errors: dict[str, str] = {}
    ends = [str(number) for number in range(_steps(form)) if not _is_left_out(form, str(number))]
    kept = [end for end in ends if not _is_empty(form, end)]
    rungs = {end: _rung(form, end, known, errors) for end in (*kept, _LAST)}
    loops = _number(form, "loops", 1, 20, errors, _("Enter how often, from 1 to 20"))
    limits = {
        name: _number(form, name, 1, _LONGEST_TURN, errors, _("Enter minutes from 1 to 43200"))
        for name in ("acknowledged_min", "attending_min")
        if form.one(name)
    }
    if errors or loops is None:
        return None, errors
    values = {"rung": [rungs[end] for end in kept], "fallback": rungs[_LAST], "loops": int(loops)}
    try:
        made = Ladder.model_validate({**values, **limits})
    except ValidationError:
        return None, {f"wait-{_LAST}": _("This is no ladder: look at each step again")}
    for name, told in ladders.mistakes(made, priority.value):
        errors[_field(name, kept)] = ladder_words.capital(spoken(told))
    return made, errors


def _is_left_out(form: Typed, end: str) -> bool:
    return "yes" in form.all(f"drop-{end}")


def _is_empty(form: Typed, end: str) -> bool:
    return not any(form.one(f"{name}-{end}") for name in ("who", "channel", "wait", "everyone"))


def _field(name: str, kept: Sequence[str]) -> str:
    first = kept[0] if kept else _LAST
    by_name = {"fallback.who": f"who-{_LAST}", "fallback.wait_min": f"wait-{_LAST}"}
    return by_name.get(name, f"wait-{first}")


def _rung(form: Typed, end: str, known: set[str], errors: dict[str, str]) -> dict[str, Any]:
    who, channels = form.all(f"who-{end}"), form.all(f"channel-{end}")
    step = _("In the end") if end == _LAST else _("Step %(number)s", number=int(end) + 1)
    if not who or set(who) - known:
        errors[f"who-{end}"] = _("%(step)s: choose who is told, from the list", step=step)
    if not channels or set(channels) - set(CHANNELS):
        errors[f"channel-{end}"] = _("%(step)s: choose how they are told", step=step)
    told = _("%(step)s: enter how many minutes to wait, from 0 to 1440", step=step)
    wait = _number(form, f"wait-{end}", 0, _LONGEST_WAIT, errors, told)
    everyone = form.all(f"everyone-{end}")
    if set(everyone) - {"yes"}:
        errors[f"everyone-{end}"] = _("%(step)s: tick the box or leave it", step=step)
    return {"who": who, "channel": channels, "wait_min": wait, "everyone": bool(everyone)}


def _number(
    form: Typed, name: str, low: float, high: float, errors: dict[str, str], told: str
) -> float | None:
    text = form.one(name)
    is_plain = text.isascii() and text.replace(".", "", 1).isdigit() and len(text) <= 8
    if not is_plain or not low <= float(text) <= high:
        errors[name] = told
        return None
    return float(text)


def _choices(teams: Mapping[str, str], held: Ladder | None) -> dict[str, str]:
    """Return whom a step may tell, by code; what the ladder in force tells is always among them."""
    codes = [f"{word}:{key}" for key in teams for word in (*ladders.ON_CALL, "team")]
    codes += [f"role:{role.value}" for role in ladder_words.TOLD]
    codes += ["place", *(ladders.told_by(held) if held else ())]
    return {code: ladder_words.capital(ladder_words.who(code, teams)) for code in codes}


def _form(
    request: Request,
    visitor: Visitor,
    place: Place,
    priority: Priority,
    form: Typed,
    errors: Mapping[str, str],
) -> Response:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        teams = team_names(connection, place.key)
        choices = _choices(teams, in_force(connection, place, priority))
    context = {
        "place": place,
        "priority": priority.value,
        "action": f"/places/{place.key}/ladder/{priority.value}",
        "steps": [
            _shown(form, str(number), _("Step %(number)s", number=number + 1))
            for number in range(_steps(form))
        ],
        "last": _shown(form, _LAST, _("In the end, until somebody answers")),
        "who": list(choices.items()),
        "channels": [(one, ladder_words.capital(_(ladder_words.CHANNEL[one]))) for one in CHANNELS],
        "count": _steps(form),
        "can_add": _steps(form) < MOST_STEPS,
        "loops": form.one("loops"),
        "acknowledged_min": form.one("acknowledged_min"),
        "attending_min": form.one("attending_min"),
        "is_p1": priority is Priority.P1,
        "most_p1": f"{ladders.MOST_P1_MIN:g}",
        "has_teams": bool(teams),
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_ladder.html", context, status=422 if errors else 200)


def _shown(form: Typed, end: str, title: str) -> dict[str, Any]:
    return {
        "end": end,
        "title": title,
        "who": form.all(f"who-{end}"),
        "channel": form.all(f"channel-{end}"),
        "wait": form.one(f"wait-{end}"),
        "everyone": form.all(f"everyone-{end}"),
        "is_dropped": _is_left_out(form, end),
    }
