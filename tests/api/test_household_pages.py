"""What is known of a home is changed a page at a time, and no change of anybody is lost."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.web.household_steps import FIRST, OF_KEY, STEPS
from config import audit, tables
from config.household_tables import households
from config.vault import Sealed, key_name
from tests.api.life import A
from tests.api.test_households import put, record
from tests.api.visits import Visit
from tests.api.world import World, world_on

HOME = f"{A}-home-1"
PAGES = f"/homes/{HOME}/household"
PERSON = {
    "name": "Mx Teasel Invented", "born-d": "28", "born-m": "2", "born-y": "1941",
    "nhs_number": "999 000 0018", "language": "cy",
}  # fmt: skip
ADDRESS = {"address_1": "1 Nowhere Lane", "town": "Exampleton", "postcode": "zz1 2ab"}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from world_on(request, tmp_path)


@pytest.fixture
def bob(world: World) -> Visit:
    visit = Visit(world.app, "bob")
    assert put(visit, world, record(key_safe="1234")).status_code == 200
    return visit


def seen(visit: Visit, step: str) -> str:
    found = re.search('name="seen" value="([0-9a-f]{16})"', visit.get(f"{PAGES}/{step}").text)
    assert found is not None, step
    return found[1]


def save(visit: Visit, step: str, form: dict[str, str], tag: str | None = None) -> int:
    tag = seen(visit, step) if tag is None else tag
    return visit.post(f"{PAGES}/{step}", {**form, "seen": tag}).status_code


def known(visit: Visit) -> dict[str, Any]:
    answer = visit.get(f"/api/v1/homes/{HOME}/household")
    assert answer.status_code == 200
    return dict(answer.json())


def test_every_part_has_its_page_and_the_home_leads_to_them(bob: Visit) -> None:
    assert f'href="{PAGES}"' in bob.get(f"/homes/{HOME}").text
    overview = bob.get(PAGES).text
    for step in STEPS:
        assert f'href="{PAGES}/{step.key}"' in overview
        assert bob.get(f"{PAGES}/{step.key}").status_code == 200
    assert "1234" not in overview
    assert bob.get(f"{PAGES}/nothing").status_code == 404


def test_care_workers_and_strangers_change_nothing(world: World, bob: Visit) -> None:
    alice, charlie = Visit(world.app, "alice"), Visit(world.app, "charlie")
    assert f'href="{PAGES}"' not in alice.get(f"/homes/{HOME}").text
    for path in (PAGES, f"{PAGES}/person"):
        assert (alice.get(path).status_code, charlie.get(path).status_code) == (403, 404)
    assert alice.post(f"{PAGES}/person", PERSON).status_code == 403
    assert charlie.post(f"{PAGES}/person", PERSON).status_code == 404


def test_each_page_changes_its_own_part_and_leaves_the_rest(world: World, bob: Visit) -> None:
    before = known(bob)
    assert save(bob, "person", PERSON) == 303
    assert save(bob, "address", ADDRESS) == 303
    assert save(bob, "notes", {"notes": "Side door."}) == 303
    after = known(bob)
    (person,) = after["persons"]
    assert (person["name"], person["born"], person["language"]) == (
        "Mx Teasel Invented", "1941-02-28", "cy",
    )  # fmt: skip
    assert (after["notes"], after["has_key_safe"]) == ("Side door.", before["has_key_safe"])
    assert after["address"]["postcode"] == "ZZ1 2AB"
    facts = {"residents": "2", "pets": "yes", "goes_out": "never", "risk_tier": "1"}
    assert save(bob, "facts", facts) == 303
    told = bob.get(f"/api/v1/homes/{HOME}/facts").json()
    assert (told["residents"], told["has_pets"], told["risk_tier"]) == (2, True, 1)
    assert told["sector"] == "ZZ1 2"
    assert save(bob, "label", {"label": "Round 7"}) == 303
    assert "Round 7" in bob.get(f"/homes/{HOME}").text
    with world.database.connect() as connection:
        what = list(connection.execute(select(tables.audit.c.what)).scalars())
        assert audit.verify(connection) == []
    assert what.count("household") == 4
    assert {"facts", "label"} <= set(what)


def test_a_second_person_is_entered_and_taken_out_again(bob: Visit) -> None:
    second = {"name_2": "Mx Sedge Invented", "untraced_2": "new in the country"}
    assert save(bob, "second", second) == 303
    assert len(known(bob)["persons"]) == 2
    empty = {**dict.fromkeys(second, ""), "language_2": "en"}
    assert save(bob, "second", empty) == 303
    assert len(known(bob)["persons"]) == 1


def test_two_officers_do_not_overwrite_each_other(bob: Visit) -> None:
    first, second = seen(bob, "address"), seen(bob, "address")
    notes = seen(bob, "notes")
    assert save(bob, "address", ADDRESS, first) == 303
    other = {**ADDRESS, "address_1": "2 Nowhere Lane"}
    answer = bob.post(f"{PAGES}/address", {**other, "seen": second})
    assert answer.status_code == 412
    assert "Somebody else has changed this" in answer.text
    assert "1 Nowhere Lane" in answer.text.split('id="kept-now"')[1].split("<form")[0]
    assert 'value="2 Nowhere Lane"' in answer.text
    assert known(bob)["address"]["lines"] == ["1 Nowhere Lane"]
    assert save(bob, "notes", {"notes": "Ring."}, notes) == 303, "another part hinders nobody"
    again = re.search('name="seen" value="([0-9a-f]{16})"', answer.text)
    assert again is not None
    assert save(bob, "address", other, again[1]) == 303


@pytest.mark.parametrize(
    ("step", "form", "field"),
    [
        ("person", {**PERSON, "name": ""}, "name"),
        ("person", {**PERSON, "born-y": "2090"}, "born-d"),
        ("address", {**ADDRESS, "postcode": "here"}, "postcode"),
        ("address", {**ADDRESS, "uprn": "1E+9"}, "uprn"),
        ("second", {"name_2": "Mx Sedge Invented"}, "nhs_number_2"),
        ("facts", {"residents": "0", "pets": "no", "goes_out": "never", "risk_tier": "1"},
         "residents"),
        ("facts", {"residents": "1"}, "pets"),
        ("notes", {"notes": "x" * 501}, "notes"),
        ("key-safe", {}, "safe"),
        ("key-safe", {"safe": "new"}, "key_safe"),
        ("key-safe", {"safe": "new", "key_safe": "not a code!"}, "key_safe"),
        ("label", {"label": "The home of Numberedperson1"}, "label"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_saved(
    bob: Visit, step: str, form: dict[str, str], field: str
) -> None:
    before = known(bob)
    answer = bob.post(f"{PAGES}/{step}", {**form, "seen": seen(bob, step)})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert known(bob) == before


def test_a_code_that_was_replaced_or_dropped_is_readable_nowhere(world: World, bob: Visit) -> None:
    r, vault = households.c, world.resources.vault

    def row() -> tuple[str, str]:
        with world.database.connect() as connection:
            found = connection.execute(select(r.id, r.key_safe).where(r.key_safe != "")).one()
        return found.id, found.key_safe

    id_, old = row()
    assert save(bob, "key-safe", {"safe": "new", "key_safe": "9876#"}) == 303
    assert "9876#" in bob.post(f"/homes/{HOME}/key-safe").text
    assert vault.open([Sealed(f"household:{id_}", "key-safe", old)]) == [None]
    _, newer = row()
    assert save(bob, "notes", {"notes": "Ring."}) == 303
    assert vault.open([Sealed(f"household:{id_}", "key-safe", newer)]) == ["9876#"]
    assert save(bob, "key-safe", {"safe": "none"}) == 303
    assert known(bob)["has_key_safe"] is False
    assert known(bob)["notes"] == "Ring."
    assert vault.open([Sealed(f"household:{id_}", "key-safe", newer)]) == [None]
    assert key_name(f"household:{id_}", newer) != f"household:{id_}"


def test_where_nothing_is_entered_person_and_address_come_first(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert f'href="{PAGES}/{FIRST.key}"' in bob.get(PAGES).text
    assert f'href="{PAGES}/person"' not in bob.get(PAGES).text
    assert save(bob, FIRST.key, {**PERSON, **ADDRESS}) == 303
    assert f'href="{PAGES}/person"' in bob.get(PAGES).text
    assert set(OF_KEY) == {FIRST.key, *(step.key for step in STEPS)}
