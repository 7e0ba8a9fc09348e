"""Whatever takes data out, by the web or at the machine itself, leaves a row in the audit log."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from fastapi.routing import iter_route_contexts
from sqlalchemy import select
from typer.testing import CliRunner

from api import console
from api.cli import app
from config import tables
from tests.api.life import A
from tests.api.rehearsed import done
from tests.api.visits import Visit
from tests.api.world import World, make_world
from tests.policy.test_routes import routes

OUT = {
    ("alert", "list"): "export",
    ("contacts", "calls"): "read",
    ("caps",): "read",
    ("detectors",): "read",
    ("audit", "show"): "read",
    ("backup",): "export",
    ("break-glass", "list"): "read",
    ("consent", "due"): "read",
    ("consent", "show"): "read",
    ("contacts", "safeguards"): "read",
    ("contacts", "show"): "export",
    ("contacts", "stale"): "export",
    ("detectors", "findings"): "export",
    ("device", "moves"): "read",
    ("facts", "list"): "export",
    ("gateway", "announced", "list"): "read",
    ("gateway", "credential", "show"): "read",
    ("gateway", "walk-test", "show"): "read",
    ("handover", "show"): "read",
    ("household", "list"): "export",
    ("household", "show"): "export",
    ("incident",): "release",
    ("keys", "copy"): "export",
    ("measures",): "export",
    ("pause",): "read",
    ("people", "list"): "read",
    ("place", "export"): "export",
    ("rehearse",): "export",
    ("rota", "show"): "read",
    ("sensor", "list"): "read",
    ("store", "copy"): "export",
    ("subject", "export"): "export",
    ("subject", "holds"): "read",
    ("visits", "list"): "export",
}
"""Commands that take out or show what is known of homes, people or alerts, and what they note."""

IN = frozenset(
    (*words.split(),)
    for words in (
        "alert acknowledge", "alert attend", "alert resolve", "webhook set",
        "contacts try", "contacts said", "contacts confirm", "contacts safeguard", "contacts lift",
        "broker keep", "broker render", "gateway announced accept", "gateway book",
        "gateway credential issue", "gateway replace", "gateway end-overlap",
        "gateway credential issue-all", "gateway credential revoke",
        "gateway walk-test begin", "gateway walk-test end",
        "account", "audit anchor", "audit verify", "break-glass end",
        "break-glass open", "canary", "caps accept", "caps withdraw", "check",
        "consent record", "consent withdraw", "contacts set",
        "demo", "detectors judge", "detectors override", "detectors set",
        "detectors take-back", "enrol", "evaluate",
        "facts import", "facts template",
        "device move", "device accept", "device refuse", "device withdraw",
        "handover accept", "handover begin", "keys make",
        "household add", "household edit", "household end", "household take-back",
        "household move", "household take-back-move",
        "household import", "keys rotate", "keys show",
        "ladder set", "ladder show",
        "migrate", "pause begin", "pause end", "pause extend", "people give", "people invite",
        "people reset", "people take", "place add", "place check", "place import",
        "place list", "place merge", "place split", "realism", "records",
        "keys sweep", "recipient set", "relearn",
        "replay", "restore", "rota set", "sensor replace", "simulate", "store compact",
        "store erase", "store retention", "subject erase", "subject hold", "subject lift",
        "visits import", "watch", "web", "worker",
    )
)  # fmt: skip
"""Every other command: it runs, changes (and notes the change), or tells of the installation."""

ROUTES = {
    "/api/v1/places/{place}/measures.csv": "export",
    "/api/v1/homes/{home}/subject-export": "export",
    "/data-requests/{home}/export.json": "export",
    "/data-requests/{home}/export.html": "export",
    "/rehearse/{place}/{number}/alerts.csv": "export",
    "/alerts/{alert}/incident": "read",
    "/api/v1/alerts/{alert}/incident": "read",
    "/alerts/{alert}/incident/release": "release",
    "/api/v1/alerts/{alert}/incident/release": "release",
}
"""Addresses that hand out a file or a whole account of somebody, and what they write down."""

_FILES = (".csv", ".json", ".zip", "export", "download", "incident", "release", "parquet")
_OPEN = frozenset({"/api/v1/openapi.json"})


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401  # typer's
    if path and getattr(group, "invoke_without_command", False):
        yield path
    for name, inner in getattr(group, "commands", {"": None}).items():
        if inner is None:
            yield path
        else:
            yield from commands(inner, (*path, name))


def noted(world: World) -> Counter[tuple[str, str, str]]:
    """Return how often (what, actor, subject) is in the audit log."""
    a = tables.audit.c
    with world.database.connect() as connection:
        rows = connection.execute(select(a.what, a.actor, a.subject))
        return Counter((row.what, row.actor, row.subject) for row in rows)


def test_every_command_is_known_to_take_data_out_or_not() -> None:
    found = set(commands(typer.main.get_command(app)))
    assert found == set(OUT) | IN, "say in this file whether it takes data out, and note it if so"


def test_every_address_that_hands_out_a_file_is_known(world: World) -> None:
    paths = {path for _, path, _ in routes(world.app)}
    assert list(iter_route_contexts(world.app.routes))
    assert {p for p in paths if any(one in p for one in _FILES)} - _OPEN == set(ROUTES)


def test_what_the_web_hands_out_is_noted_with_who_took_it(world: World) -> None:
    alert = next(row for row in _alerts(world) if row.home is not None and row.place == A)
    number = done(world, "account-bob")
    for path, what in ROUTES.items():
        visit, before = Visit(world.app, "bob"), noted(world)
        address = path.format(place=A, alert=alert.id, home=alert.home, number=number)
        post = visit.post if path.endswith("release") else visit.get
        assert post(address).status_code == 200, path
        new = noted(world) - before
        assert [n for n in new if n[:2] == (what, "account-bob")], (path, new)


def _alerts(world: World) -> Sequence[Any]:
    from alerts import tables as ledger

    with world.database.connect() as connection:
        return connection.execute(select(ledger.alerts)).all()


def test_what_a_command_takes_out_is_noted(world: World, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    file.write_text(f'data = "{tmp_path}"\ndatabase_url = "{url}"\n', "utf-8")
    other = tmp_path / "other.toml"
    other.write_text(f'data = "{tmp_path / "other"}"\ndatabase_url = "{url}"\n', "utf-8")
    home, alert = world.homes[A][0].id, next(r for r in _alerts(world) if r.home and r.place == A)
    asked = {
        ("alert", "list"): ["--place", A],
        ("contacts", "calls"): [alert.id],
        ("caps",): ["--place", A],
        ("detectors",): ["--place", A],
        ("audit", "show"): ["--place", A],
        ("backup",): [str(tmp_path / "copy")],
        ("break-glass", "list"): ["--place", A],
        ("consent", "due"): ["--place", A],
        ("consent", "show"): ["--home", home],
        ("contacts", "safeguards"): ["--home", home],
        ("contacts", "show"): ["--home", home],
        ("contacts", "stale"): ["--place", A],
        ("detectors", "findings"): ["--place", A],
        ("device", "moves"): ["--place", A],
        ("facts", "list"): ["--place", A],
        ("gateway", "announced", "list"): ["--home", home],
        ("sensor", "list"): ["--home", home],
        ("gateway", "credential", "show"): [f"{A}-gateway-1"],
        ("gateway", "walk-test", "show"): ["--home", home],
        ("handover", "show"): ["--place", A],
        ("keys", "copy"): [str(tmp_path / "keyring.copy")],
        ("pause",): ["--place", A],
        ("people", "list"): ["--place", A],
        ("rota", "show"): ["--place", A],
        ("store", "copy"): [str(file), str(other)],
        ("household", "list"): ["--place", A],
        ("household", "show"): ["--home", home],
        ("incident",): [alert.id, "--by", "bob@example.org"],
        ("measures",): ["--place", A, "--csv"],
        ("place", "export"): [A, str(tmp_path / "out")],
        ("rehearse",): [
            "--place", A, "--from", "2026-03-01", "--to", "2026-03-02", "--site", str(file),
        ],
        ("subject", "holds"): ["--place", A],
        ("subject", "export"): [home, str(tmp_path / "told"), "--by", "bob@example.org"],
        ("visits", "list"): ["--place", A],
    }  # fmt: skip
    assert set(asked) == set(OUT)
    _contact(world, home)
    for command, words in asked.items():
        before = noted(world)
        option = [] if command in _OWN_SETTINGS else ["--settings", str(file)]
        done = CliRunner().invoke(app, [*command, *words, *option])
        new = noted(world) - before
        is_named = command in {("incident",), ("subject", "export")}
        wanted = OUT[command], "account-bob" if is_named else console.ACTOR
        assert [n for n in new if n[:2] == wanted], (command, done.output, new)
        is_of_home = "--home" in words or is_named
        assert home not in str(new) or is_of_home, "nobody is named who was not asked about"


_OWN_SETTINGS = frozenset({("rehearse",), ("store", "copy")})
"""Commands that are given their settings in another way."""


def _contact(world: World, home: str) -> None:
    """Let a contact be there whom nobody confirmed for long."""
    from config import contacts

    plan = contacts.read_plan(
        {"contact": [{"name": "Ida Example", "phone": "01632 960 111", "kind": "contact"}]}, "x"
    )
    with world.database.begin() as connection:
        contacts.save(connection, world.resources.vault, home, plan, "account-bob", 0)
