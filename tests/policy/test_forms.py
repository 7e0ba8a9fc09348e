"""Every form of the application, found on its pages, is given what a form should not get.

Whatever is typed, the answer is a page that leads to the field, keeps what was typed and has saved
nothing; or it is taken, and then it is shown as text. A new form is tried by itself once a page of
``tests/e2e/living_site.py`` shows it.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from httpx2 import Response
from starlette.routing import compile_path

from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World
from tests.e2e.living_site import pages_of
from tests.form_world import ENDED, HOME, NEXT, FormWorld, invitation_of, make_form_world
from tests.forms import Form, Sheet
from tests.policy.test_routes import routes

LONG = "x" * 19_000
MARKUP = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
BAD = {
    "empty": "",
    "too long": LONG,
    "wrong": "%%% 99/99/9999 nobody@ \u202e",
    "NUL": "a\x00b",
    "markup": MARKUP,
    "CR LF": "a\r\nSet-Cookie: owned=1\r\n\r\n<p>b",
    "formula": '=HYPERLINK("https://example.org";"click")',
}
"""What no field wants, by its name."""

SECRETS = ("code", "username")
"""Fields that are not filled in again: a code serves once, and a name is the page's own."""

CHECKED = (
    (f"/homes/{NEXT}/end", {"reason": "died", "on-d": "3", "on-m": "3", "on-y": "2026"}),
    (f"/homes/{HOME}/move", {
        "same_place": "yes", "moved_on-d": "3", "moved_on-m": "3", "moved_on-y": "2026",
        "address_1": "8 Newmill Rise", "town": "Exampleton", "postcode": "ZZ9 8AB",
        "why": "a flat without stairs",
    }),
)  # fmt: skip
"""Pages that only answer a form, and what is sent to see them."""

UNTOUCHED = ("audit", "sessions", "failed_sign_ins")
"""Tables in which a refusal may leave a row: who read what, and how often somebody tried."""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> FormWorld:
    return make_form_world(tmp_path_factory.mktemp("forms"))


class Save:
    """Database and keys as they were, to come back to after each form that was taken."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept, self.keys = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
        self._copy(to_kept=True)

    def rows(self) -> dict[str, list[Any]]:
        """Return every row of every table that a refusal must leave alone."""
        with self.world.database.connect() as connection:
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='table'")
            tables = [name for (name,) in names if name not in UNTOUCHED]
            return {
                name: list(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}")))  # noqa: S608  # a table of ours
                for name in tables
            }

    def restore(self) -> None:
        self._copy(to_kept=False)

    def _copy(self, *, to_kept: bool) -> None:
        with closing(self.world.database.raw_connection()) as held:
            live = held.driver_connection
            assert isinstance(live, sqlite3.Connection)
            live.backup(self.kept) if to_kept else self.kept.backup(live)
        # A form may drop a key: without it what was said of somebody does not come back.
        with closing(sqlite3.connect(self.world.folder / "keys.db")) as keys:
            keys.backup(self.keys) if to_kept else self.keys.backup(keys)


def shown(world: World) -> list[tuple[str, str]]:
    """Return the addresses on which forms are looked for, and who looks."""
    pages = dict.fromkeys(pages_of(world).values(), "bob")
    pages |= {f"/alerts/{alert}": "bob" for alert in world.alerts_of(A)}
    pages |= {f"/homes/{NEXT}": "bob", f"/homes/{NEXT}/installation": "bob"}
    pages |= {ENDED: "bob", f"/homes/{NEXT}/devices": "bob", f"/homes/{HOME}/move": "bob"}
    pages |= {"/sign-in": "", "/sign-in/code": "half", invitation_of(world): ""}
    return [*pages.items(), ("/me", "fay"), ("/me", "gwen")]


def patterns(world: World) -> dict[str, re.Pattern[str]]:
    """Return the routes of pages that take a form."""
    return {
        path: compile_path(path)[0]
        for method, path, _ in routes(world.app)
        if method == "POST" and not path.startswith("/api/")
    }


def is_before(address: str, checked: str) -> bool:
    """Return whether this is the page of the home whose form is answered by a page of its own."""
    return checked.rpartition("/")[0] == address


def forms(there: FormWorld) -> Iterator[tuple[str, str, str, Form]]:
    """Yield (route, address of the page, who sees it, form), each kind of form once."""
    known, done = patterns(there.world), set()
    visits: dict[str, Visit] = {}
    for address, who in shown(there.world):
        if who not in visits:
            visits[who] = there.visit(who)
        answers = [visits[who].get(address)]
        answers += [visits[who].post(*one) for one in CHECKED if is_before(address, one[0])]
        assert {one.status_code for one in answers} == {200}, address
        for form in (form for one in answers for form in Sheet(one.text).forms):
            if form.method != "post":
                continue
            route = next(path for path, one in known.items() if one.match(form.action))
            if "{step}" in route:
                route = form.action  # each step has fields of its own
            mark = (route, *sorted(form.fields))
            if mark not in done:
                done.add(mark)
                yield route, address, who, form


def tries(form: Form) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield (what is bad, the field, what is sent) for each field that a person fills in."""
    for one in form.fields.values():
        if not one.is_filled_in:
            continue
        for what, text in BAD.items():
            yield what, one.name, {**form.body(), one.name: text}


def test_every_form_stands_on_a_page_that_is_tried(there: FormWorld) -> None:
    found = {route for route, *_ in forms(there)}
    missing = {
        path
        for path, one in patterns(there.world).items()
        if not any(path == route or one.match(route) for route in found)
    }
    assert not missing


def executed(answer: Response) -> list[str]:
    """Return what of the typed text is more than text on this page."""
    sheet = Sheet(answer.text)
    told = [f"a handler {name}" for name in sheet.handlers]
    told += ["a script without a nonce"] if sheet.scripts else []
    told += ["markup as it was typed"] if "<script>document.title" in answer.text else []
    return told + (["a header of its own"] if "owned" in str(answer.headers) else [])


def mistakes(answer: Response, form: Form, body: dict[str, str]) -> list[str]:
    """Return what is wrong with the answer to a form that was filled in badly."""
    if answer.status_code >= 500:
        return [f"answered {answer.status_code}"]
    if answer.status_code < 400:
        return executed(answer)
    sheet = Sheet(answer.text)
    told = executed(answer)
    same = [one for one in sheet.forms if one.action == form.action]
    again = min(same, key=lambda one: len(one.fields.keys() ^ form.fields.keys()), default=None)
    if again is None or not sheet.has_summary:
        return [*told, f"answered {answer.status_code} without the form and an error summary"]
    ids = {id_ for one in again.fields.values() for id_ in one.ids}
    told += [] if sheet.summary else ["the error summary has no link"]
    told += [f"{link} leads to no field" for link in sheet.summary if link[1:] not in ids]
    for one in again.fields.values():
        if one.kind in ("password", "hidden") or not one.is_text or one.name in SECRETS:
            continue
        typed = body.get(one.name, "").replace("\r\n", "\n").strip()
        if "\x00" not in typed and one.value.replace("\r\n", "\n").strip() != typed:
            told.append(f"{one.name} was not kept")
    return told


def test_no_form_takes_what_it_should_not_or_loses_what_was_typed(there: FormWorld) -> None:
    wrong: list[str] = []
    world = there.world
    for route, address, who, form in list(forms(there)):
        visit = there.visit(who)
        save = Save(world)
        before = save.rows()
        for what, name, body in tries(form):
            answer = visit.post(form.action, body)
            if answer.status_code == 429:
                visit = there.visit(who)
                save = Save(world)
                answer = visit.post(form.action, body)
            where = f"{route} {name} {what}"
            wrong += [f"{where}: {said}" for said in mistakes(answer, form, body)]
            if save.rows() == before:
                continue
            if answer.status_code >= 400:
                wrong.append(f"{where}: refused, and something was saved")
            else:
                wrong += [f"{where}: {said}" for said in executed(visit.get(address))]
            save.restore()
    assert not wrong, "\n".join(wrong)
