"""What messages about alerts say at a place, in both languages, with a preview of each."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from alerts.texts import TEST, TEXTS
from api.auth import Needs, Visitor
from api.resources import Resources
from api.web import place_edit
from api.web.alerts import Id
from api.web.language import LANGUAGES, N_, _, _n
from api.web.pages import page
from api.web.phrases import spoken
from api.web.place_edit import EDITORS, Change, Row, Typed
from config import message_texts, sms
from config.message_texts import NEEDED, filled
from config.places import Place

router: Final = APIRouter(include_in_schema=False)
Editor = Annotated[Visitor, Depends(Needs(EDITORS))]
_ABOUT: Final = {"alert": N_("About an alert"), "fault": N_("About a fault of the system")}


@router.get("/places/{place}/texts")
def show_texts(request: Request, visitor: Editor, place: Id) -> Response:
    """Show the texts in force with a preview of each, and the form to change them."""
    of = place_edit.place_of(request, visitor, place)
    resources: Resources = request.app.state.resources
    with resources.database.connect() as connection:
        held = in_force(connection, of.key)
        read = place_edit.newest_id(connection, of.key, message_texts.SUBJECT)
    fields = {**{key: [held[key]] for key in NEEDED}, "read": [str(read)]}
    return _form(request, visitor, of, Typed(fields), {})


@router.post("/places/{place}/texts")
async def change_texts(request: Request, visitor: Editor, place: Id) -> Response:
    """Show what would change, or put it in force; what was typed is kept."""
    form = await place_edit.typed(request)
    return await run_in_threadpool(_change, request, visitor, place, form)


def in_force(connection: Connection, place: str) -> Mapping[str, str]:
    """Return the texts that messages have: those that somebody saved, or Stillwell's own."""
    return message_texts.find(connection, place) or TEXTS


def preview(text: str, before: str = "") -> str:
    """Return the message as it would arrive, and how long it is as a text message."""
    shown = filled(before + text)
    length = sms.length(shown)
    values = {"text": shown, "count": length.count, "most": length.most}
    if length.odd:
        return _(
            "“%(text)s” (%(count)s of %(most)s characters, fewer than 160 because of %(odd)s)",
            odd=" ".join(length.odd),
            **values,
        )
    return _("“%(text)s” (%(count)s of %(most)s characters)", **values)


def _change(request: Request, visitor: Visitor, key: str, form: Typed) -> Response:
    of = place_edit.place_of(request, visitor, key)
    texts = {name: form.one(name) for name in NEEDED}
    wrong = dict(message_texts.mistakes(texts, TEST))
    if wrong or form.then in ("back", "preview"):
        told = {} if form.then == "back" else wrong
        return _form(request, visitor, of, form, {k: _told(k, one) for k, one in told.items()})

    def build(connection: Connection) -> Change:
        held = in_force(connection, of.key)
        rows = [Row(_title(name), [preview(held[name])], [preview(texts[name])]) for name in NEEDED]
        return Change(
            of,
            message_texts.SUBJECT,
            _("Texts of messages"),
            f"/places/{of.key}/texts",
            rows,
            _("They hold for every message from now on; what was sent or waits stays as it is."),
        )

    def save(connection: Connection, why: str, read: int) -> None:
        now_us, account = place_edit.now_us(request), visitor.account.id
        message_texts.save(connection, of.key, texts, account, now_us, why=why, read=read)

    return place_edit.settle(request, visitor, form, build, save)


def _title(key: str) -> str:
    about, _sign, language = key.partition("_")
    return _("%(about)s, %(language)s", about=_(_ABOUT[about]), language=LANGUAGES[language])


def _told(key: str, mistake: str) -> str:
    return _("%(label)s: %(mistake)s", label=_title(key), mistake=spoken(mistake))


def _form(
    request: Request, visitor: Visitor, place: Place, form: Typed, errors: Mapping[str, str]
) -> Response:
    context: dict[str, Any] = {
        "place": place,
        "texts": [_shown(key, form.one(key)) for key in NEEDED],
        "read": form.read,
        "errors": dict(errors),
        "live_url": "",
    }
    return page(request, visitor, "place_texts.html", context, status=422 if errors else 200)


def _shown(key: str, text: str) -> dict[str, Any]:
    language = key[-2:]
    parts = sms.length(filled(TEST[language] + text)).parts
    return {
        "key": key,
        "language": language,
        "title": _title(key),
        "text": text,
        "hint": _("Must have %(names)s.", names=", ".join(f"{{{one}}}" for one in NEEDED[key])),
        "preview": preview(text),
        "test": preview(text, TEST[language]),
        "parts": _n("%(n)s text message", "%(n)s text messages", parts),
    }  # fmt: skip
