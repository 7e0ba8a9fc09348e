"""The alert budget of a place, beside what is expected of it; changed, checked and saved."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from alerts import calibrations
from api.auth import Needs, Visitor
from api.detector_report import budget_text
from api.resources import Resources
from api.web import place_edit
from api.web.alerts import Id
from api.web.language import _
from api.web.pages import page
from api.web.phrases import spoken
from api.web.place_edit import EDITORS, Change, Row, Typed
from config import alert_budgets
from config.places import Place
from config.problems import ConfigProblem

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]


@router.get("/places/{place}/budget")
def show_budget(request: Request, visitor: Editor, place: Id) -> Response:
    """Show the budget in force with the rate that is expected, and the form to change it."""
    of = place_edit.place_of(request, visitor, place)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = alert_budgets.in_force(connection, {of.key: of})[of.key]
        read = place_edit.newest_id(connection, of.key, alert_budgets.SUBJECT)
    fields = {"budget": [f"{held.alert_budget:g}"], "read": [str(read)]}
    return _form(request, visitor, of, Typed(fields), {})


@router.post("/places/{place}/budget")
async def change_budget(request: Request, visitor: Editor, place: Id) -> Response:
    """Show what would change, or put it in force; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_change, request, visitor, place, form)


def expected(connection: Connection, place: Place) -> list[str]:
    """Return what the budget in force comes to, in whole sentences in the page's language."""
    held = alert_budgets.in_force(connection, {place.key: place})[place.key]
    last = calibrations.newest(connection, [place.key]).get(place.key)
    return [spoken(one) for one in budget_text(last, held)]


def rate(budget: float) -> str:
    """Return a budget with its unit."""
    return _("%(budget)s alerts of P2 and P3 per 100 homes a week", budget=f"{budget:g}")


def _change(request: Request, visitor: Visitor, key: str, form: Typed) -> Response:
    of = place_edit.place_of(request, visitor, key)
    if form.then == "back":
        return _form(request, visitor, of, form, {})
    try:
        budget = alert_budgets.read(form.one("budget"))
    except ConfigProblem:
        told = _("Enter a number from 0.1 to %(most)s, such as 9", most=f"{alert_budgets.MOST:g}")
        return _form(request, visitor, of, form, {"budget": told})

    def build(connection: Connection) -> Change:
        held = alert_budgets.in_force(connection, {of.key: of})[of.key]
        rows = [Row(_("Alert budget"), [rate(held.alert_budget)], [rate(budget)])]
        holds = _(
            "The worker takes it up within about a minute. The threshold for silences follows at "
            "the next midnight of the place, when the day is counted; P1 alerts have no budget."
        )
        action = f"/places/{of.key}/budget"
        return Change(of, alert_budgets.SUBJECT, _("Alert budget"), action, rows, holds)

    def save(connection: Connection, why: str, read: int) -> None:
        now_us = place_edit.now_us(request)
        account = visitor.account.id
        alert_budgets.save(connection, of.key, budget, account, now_us, why=why, read=read)

    return place_edit.settle(request, visitor, form, build, save)


def _form(
    request: Request, visitor: Visitor, place: Place, form: Typed, errors: Mapping[str, str]
) -> Response:
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        told = expected(connection, place)
        held = alert_budgets.in_force(connection, {place.key: place})[place.key]
    context = {
        "place": place,
        "budget": form.one("budget"),
        "in_force": rate(held.alert_budget),
        "of_file": rate(place.alert_budget) if held.alert_budget != place.alert_budget else "",
        "expected": told,
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_budget.html", context, status=422 if errors else 200)
