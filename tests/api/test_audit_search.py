"""The audit log is searched by who, what, about what and when; a wrong word is told."""

from pathlib import Path
from urllib.parse import urlencode

import pytest

from config import audit
from config.audit import Entry
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import DAY_US, A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world
from tests.forms import Sheet

LONG = "x" * 3000


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a place in whose log two people and the system did things on three days."""
    world = make_world(tmp_path)
    account(world.database, "Gil", (A, Role.GOVERNANCE))
    now_us = microseconds(world.now)  # 3 March 2026, 14:10
    told: list[tuple[int, str, str, str, dict[str, object]]] = [
        (2, "account-alice", "read", f"home:{A}-home-1", {}),
        (1, "account-bob", "export", f"home:{A}-home-2", {"as": "csv"}),
        (1, "system", "retention", "place", {"homes": [f"{A}-home-1"]}),
        (0, "account-alice", "read", "alert:100%_sure", {}),
    ]
    with world.database.begin() as connection:
        audit.append_all(
            connection,
            A,
            [
                Entry(A, now_us - days * DAY_US, actor, what, subject, detail)
                for days, actor, what, subject, detail in told
            ],
        )
        audit.append_all(connection, B, [Entry(B, now_us, "account-alice", "read", "home:x", {})])
    return world


def found(world: World, **wanted: str) -> list[str]:
    """Return what each row that is found is about, the newest first, but for who signed in."""
    query = urlencode({name.replace("__", "-"): value for name, value in wanted.items()})
    page = Visit(world.app, "gil").get(f"/audit?{query}")
    assert page.status_code == 200
    parts = page.text.split('data-label="About"><code>')[1:]
    rows = [part.partition("</code>")[0].partition(" ")[0] for part in parts]
    return [row for row in rows if not row.startswith("account:")]


def test_the_log_is_searched_by_who_what_about_what_and_when(world: World) -> None:
    home = f"home:{A}-home-1"
    assert found(world, who="Alice@example.org", what="read") == ["alert:100%_sure", home]
    assert found(world, who="system", what="retention") == ["place"]
    assert found(world, what="export") == [f"home:{A}-home-2"]
    assert found(world, about=f"{A}-home-1") == ["place", home], "details are searched too"
    assert found(world, about="100%_") == ["alert:100%_sure"]
    assert found(world, about="1__%") == []
    days = {"to__d": "1", "to__m": "3", "to__y": "2026", "what": "read"}
    assert found(world, **days) == [home]
    since = {"from__d": "2", "from__m": "3", "from__y": "2026", "who": "alice@example.org"}
    assert found(world, **since) == ["alert:100%_sure"]


def test_nothing_is_told_of_other_places_or_of_who_has_an_account_there(world: World) -> None:
    assert found(world, who="charlie@example.org") == []
    assert found(world, who="nobody@example.org") == []
    assert found(world, about="home:x") == []
    gil = Visit(world.app, "gil")
    none = "No row of the log fits."
    assert none in gil.get("/audit?who=charlie%40example.org").text
    assert none in gil.get("/audit?who=nobody%40example.org").text


def test_older_rows_are_of_the_same_search(world: World) -> None:
    now_us = microseconds(world.now)
    entries = [Entry(A, now_us, "account-bob", "read", f"home:h-{n}", {}) for n in range(150)]
    with world.database.begin() as connection:
        audit.append_all(connection, A, entries)
    page = Sheet(Visit(world.app, "gil").get("/audit?who=bob%40example.org&what=read").text)
    assert page.forms
    text = Visit(world.app, "gil").get("/audit?who=bob%40example.org&what=read").text
    link = text.partition('href="/audit?place=')[2]
    older = next(
        part.partition('"')[0] for part in text.split('href="') if "before=" in part[:200]
    ).replace("&amp;", "&")
    assert link
    assert "what=read" in older
    rest = Visit(world.app, "gil").get(older).text
    assert "home:h-49 " in rest
    assert "home:h-50 " not in rest


@pytest.mark.parametrize(
    ("field", "text"),
    [("who", LONG), ("about", LONG), ("what", LONG), ("about", "a\x00b"), ("who", "a\u202eb"),
     ("from-d", "first"), ("to-y", "%%%"), ("from-m", LONG), ("to-d", "<script>")],
)  # fmt: skip
def test_what_is_typed_wrong_is_told_beside_its_field_and_kept(
    world: World, field: str, text: str
) -> None:
    answer = Visit(world.app, "gil").get(f"/audit?{urlencode({field: text})}")
    assert answer.status_code == 422
    sheet = Sheet(answer.text)
    form = next(one for one in sheet.forms if "about" in one.fields)
    ids = {id_ for one in form.fields.values() for id_ in one.ids}
    assert sheet.summary
    assert {link.removeprefix("#") for link in sheet.summary} <= ids
    assert "<script>" not in answer.text.partition("<main")[2]
    if "\x00" not in text and form.fields[field].is_text:
        assert form.fields[field].value.strip() == text


def test_a_last_day_before_the_first_is_told(world: World) -> None:
    days = {
        "from-d": "3",
        "from-m": "3",
        "from-y": "2026",
        "to-d": "2",
        "to-m": "3",
        "to-y": "2026",
    }
    answer = Visit(world.app, "gil").get(f"/audit?{urlencode(days)}")
    assert answer.status_code == 422
    assert "The last day must be the first day or after it" in answer.text
