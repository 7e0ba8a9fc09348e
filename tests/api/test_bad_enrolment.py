"""What is wrong with an enrolment is told where and why, and nothing of it is saved.

Each mistake is made by every way in which it can be made - pages, REST, a file of one household,
a CSV of many, a file of homes and sensors - on SQLite and on PostgreSQL.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from alerts import tables as ledger
from api import household_files
from api.cli import app as command
from api.web.enrol_steps import KEYS
from config import audit, tables
from config.household_form import COLUMNS
from tests.api.life import A
from tests.api.test_enrolling import ANSWERS, begin
from tests.api.test_households import BOB, enrol, fields
from tests.api.visits import URL, Visit
from tests.api.world import World, engines_closed, world_on
from tests.households import rows

HUGE: Final = 10_000_000
UNTOUCHED: Final = {"audit", "audit_heads", "sessions", "failed_sign_ins", "drafts"}
"""Tables in which a refusal may leave a row: who read what, and what was typed so far."""

DEVICE: Final = "0x00158d0001a2b3c4"
HOMES: Final = """
[[home]]
place = "{place}"
label = "{label}"
gateway = "{gateway}"

[[home.sensor]]
dialect = "zigbee2mqtt"
address = "{address}"
kind = "motion"
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    yield from world_on(request, tmp_path_factory.mktemp("world"))


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(household_files, "today", lambda *_: date(2026, 3, 3))


def kept(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that a refusal must leave as it was."""
    found = {}
    with world.database.connect() as connection:
        for metadata in (tables.metadata, ledger.metadata):
            for table in metadata.sorted_tables:
                if table.name not in UNTOUCHED:
                    query = select(table).order_by(*table.primary_key)
                    found[table.name] = [tuple(row) for row in connection.execute(query)]
        assert audit.verify(connection) == []
    return found


def run(world: World, *words: object) -> tuple[bool, str]:
    """Return (whether it was done, what was told)."""
    file = world.folder / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    file.write_text(f'data = "{world.folder}"\ndatabase_url = "{url}"\n', "utf-8")
    with engines_closed():
        done = CliRunner().invoke(command, [*map(str, words), "--settings", str(file)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code == 0, done.output


def by_page(world: World, changed: dict[str, str]) -> tuple[bool, str]:
    """Answer every page, then try to end it; a day is typed into its three fields."""
    bob = Visit(world.app, "bob")
    draft, told = begin(bob), ""
    said = dict(changed)
    for name in {"born", "decided_on"} & set(said):
        day = date.fromisoformat(said.pop(name))
        said |= {f"{name}-d": str(day.day), f"{name}-m": str(day.month), f"{name}-y": str(day.year)}
    for key in KEYS:
        own = {k: v for k, v in said.items() if k in ANSWERS[key] or k == key_field(key)}
        answer = bob.post(f"/enrol/{draft}/{key}", {**ANSWERS[key], **own})
        told += answer.text if answer.status_code >= 400 else ""
    end = bob.post(f"/enrol/{draft}/check")
    bob.post(f"/enrol/{draft}/drop")
    return end.status_code < 400, told + end.text


def key_field(key: str) -> str:
    return "gateway" if key == "kit" else ""


def by_rest(world: World, changed: dict[str, str]) -> tuple[bool, str]:
    answer = enrol(Visit(world.app, "bob"), {"households": [fields(**changed)]})
    return answer.status_code < 400, answer.text


def by_file(world: World, changed: dict[str, str]) -> tuple[bool, str]:
    """Add one household from a TOML file."""
    file = world.folder / "one.toml"
    text = "\n".join(f"{k} = {json.dumps(v)}" for k, v in fields(**changed).items())
    file.write_text(text, "utf-8")
    return run(world, "household", "add", file, "--place", A, "--by", BOB)


def by_csv(world: World, changed: dict[str, str], **second: str) -> tuple[bool, str]:
    """Import three households of which the second has the mistake."""
    file, lines = world.folder / "many.csv", list(rows(3))
    lines[1] |= changed
    lines[2] |= second
    told = [",".join(COLUMNS), *(",".join(row[c] for c in COLUMNS) for row in lines)]
    file.write_text("\n".join(told), "utf-8")
    return run(world, "household", "import", file, "--place", A, "--by", BOB)


Way = Callable[[World, dict[str, str]], tuple[bool, str]]
WAYS: Final[dict[str, Way]] = {
    "page": by_page, "REST": by_rest, "file": by_file, "CSV": by_csv,
}  # fmt: skip
WHERE: Final = {
    "page": 'href="{link}', "REST": '"where":"households.0","field":"{field}"',
    "file": "one.toml, {field} is", "CSV": "row 3, {field} is",
}  # fmt: skip
LINKS: Final = {"born": "#born-d", "name": "#name"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("gateway", f"{A}-gateway-1", "which is in use already"),
        ("born", "2026-03-04", "nobody is born in the future"),
        ("decided_on", "2026-03-09", "still to come"),
        ("name", "=HYPERLINK(1)", "is a formula in a spreadsheet"),
        ("address_1", "@SUM(1)", "is a formula in a spreadsheet"),
        ("notes", "Zo\ufffd rings", "a letter that got lost"),
        ("name", "x" * 4000, "at most 120 characters, not 4,000"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_saved(
    world: World, way: str, field: str, value: str, why: str
) -> None:
    before = kept(world)
    is_done, told = WAYS[way](world, {field: value})
    assert not is_done
    assert why in told
    wanted = {"field": field, "link": LINKS.get(field, "")}
    assert WHERE[way].format(**wanted) in told.replace('": "', '":"').replace('", "', '","')
    assert kept(world) == before


@pytest.mark.parametrize("way", WAYS)
def test_ten_megabytes_in_a_name_are_refused_and_not_said_again(world: World, way: str) -> None:
    before = kept(world)
    is_done, told = WAYS[way](world, {"name": "x" * HUGE})
    assert not is_done
    assert len(told) < 100_000
    where = {
        "page": "Send at most 64 KiB", "REST": "Send at most 64 KiB",
        "file": "one.toml, name is 'xxx", "CSV": "row 3, name is 'xxx",
    }  # fmt: skip
    assert where[way] in told
    assert kept(world) == before


def test_a_gateway_of_two_rows_is_told_with_both(world: World) -> None:
    before = kept(world)
    is_done, told = by_csv(world, {"gateway": "gate-of-both"}, gateway="gate-of-both")
    assert not is_done
    assert "row 4, gateway is gate-of-both, as in row 3; leave one out" in told
    assert kept(world) == before


def test_letters_of_windows_1252_are_told_with_their_line(world: World) -> None:
    before = kept(world)
    one, many, homes = (world.folder / name for name in ("w.toml", "w.csv", "h.toml"))
    one.write_bytes('name = "Mx Zo\xeb"\n'.encode("cp1252"))
    told = [",".join(COLUMNS), "Round 1,Mx Zo\xeb"]
    many.write_bytes("\n".join(told).encode("cp1252"))
    homes.write_bytes(homes_of(label="Zo\xeb").encode("cp1252"))
    wanted = ("--place", A, "--by", BOB)
    for line, said in (
        (1, run(world, "household", "add", one, *wanted)),
        (2, run(world, "household", "import", many, *wanted)),
        (4, run(world, "enrol", homes)),
    ):
        assert not said[0]
        assert f"line {line}" in said[1]
        assert "Windows-1252" in said[1]
    bob = Visit(world.app, "bob")
    text = json.dumps({"households": [fields(name="Mx Zo\xeb")]}, ensure_ascii=False)
    headers = {
        "Origin": URL,
        "Idempotency-Key": "a-key-of-1252",
        "Content-Type": "application/json",
    }
    answer = bob.client.post(
        f"/api/v1/places/{A}/households", content=text.encode("cp1252"), headers=headers
    )
    assert (answer.status_code, "UTF-8" in answer.text) == (400, True), answer.text
    draft = begin(bob)
    form = {"Origin": URL, "Content-Type": "application/x-www-form-urlencoded"}
    page = bob.client.post(f"/enrol/{draft}/person", content=b"name=Mx+Zo%EB", headers=form)
    assert (page.status_code, "a letter that got lost" in page.text) == (422, True)
    bob.post(f"/enrol/{draft}/drop")
    assert kept(world) == before


def homes_of(*, label: str = "Larch Row 61", gateway: str = "gate-larch-row",
             address: str = "hall/motion") -> str:  # fmt: skip
    return HOMES.format(place=A, label=label, gateway=gateway, address=address)


def by_homes(world: World, *homes: str) -> tuple[bool, str]:
    file = world.folder / "homes.toml"
    file.write_text("".join(homes), "utf-8")
    dry = run(world, "enrol", file, "--dry-run")
    done = run(world, "enrol", file)
    assert not dry[0]  # a dry run tells the same
    return done


@pytest.mark.parametrize(
    ("homes", "told"),
    [
        ([{"gateway": f"{A}-gateway-1"}], "home.0.gateway is 'fenbridge-gateway-1', which is in"),
        ([{}, {"label": "Larch Row 62"}], "home.1.gateway is 'gate-larch-row', as in home.0"),
        (
            [{"address": DEVICE}, {"gateway": "gate-other-one", "address": DEVICE.upper()}],
            f"home.1.sensor.0.address is '{DEVICE.upper()}', as in home.0",
        ),
        ([{"label": "=cmd()"}], "home.0.label is '=cmd()', expected words: what begins with ="),
        ([{"label": "x" * HUGE}], "at most 120 characters, not 10,000,000"),
        ([{"address": "x" * HUGE}], "home.0.sensor.0.address is 'xxx"),
    ],
)
def test_a_file_of_homes_is_told_where_and_nothing_is_saved(
    world: World, homes: list[dict[str, str]], told: str
) -> None:
    before = kept(world)
    is_done, said = by_homes(world, *(homes_of(**one) for one in homes))
    assert not is_done
    assert told in said
    assert len(said) < 10_000
    assert kept(world) == before


def test_a_device_stands_in_one_home_until_that_one_has_ended(world: World) -> None:
    file = world.folder / "first.toml"
    file.write_text(homes_of(gateway="gate-first-one", address=f"{DEVICE}/motion"), "utf-8")
    is_done, said = run(world, "enrol", file)
    assert is_done, said
    home = said.split("  home ")[1].split(":")[0]
    before = kept(world)
    is_done, said = by_homes(world, homes_of(address=DEVICE))
    assert not is_done
    assert f"home.0.sensor.0.address is '{DEVICE}', a device that stands in home {home}" in said
    assert kept(world) == before
    named = homes_of(gateway="gate-other-two", address="hall/motion")  # a name is no device
    file.write_text(named, "utf-8")
    assert run(world, "enrol", file)[0]
    with world.database.begin() as connection:
        ended = tables.homes.update().where(tables.homes.c.id == home)
        connection.execute(ended.values(state="ended"))
    file.write_text(homes_of(gateway="gate-other-three", address=DEVICE), "utf-8")
    assert run(world, "enrol", file)[0]
