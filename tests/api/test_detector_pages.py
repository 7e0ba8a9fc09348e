import re
from pathlib import Path

import pytest

from alerts.modes import DETECTORS, Mode
from alerts.switches import in_force
from config.roles import Role
from tests.alerts.shadow_world import set_all
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

ALOUD = f"Fenbridge City Council: {len(DETECTORS)} detectors in shadow, nothing of theirs is sent"
PAGE = f"/detectors/{A}/inactivity"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def sam(world: World) -> Visit:
    account(world.database, "Sam", (A, Role.SUPERVISOR))
    return Visit(world.app, "sam")


def test_queue_and_system_say_aloud_what_is_not_sent(world: World) -> None:
    alice, bob = Visit(world.app, "alice"), Visit(world.app, "bob")
    for page in (alice.get("/alerts"), alice.get("/alerts?show=ended"), bob.get("/system")):
        assert ALOUD in page.text
        assert "Northmoor" not in page.text
    assert 'href="/detectors"' not in alice.get("/alerts").text
    with world.database.begin() as connection:
        set_all(connection, Mode.LIVE)
    assert "in shadow" not in alice.get("/alerts").text
    with world.database.begin() as connection:
        set_all(connection, Mode.OFF)
    off = f"Fenbridge City Council: {len(DETECTORS)} detectors switched off"
    assert off in alice.get("/alerts").text


def test_the_table_tells_each_detectors_mode_load_and_precision(world: World, sam: Visit) -> None:
    text = sam.get("/detectors").text
    assert text.count("Never switched") == len(DETECTORS)
    assert "1 finding in shadow in 28 days; no rate before a week in shadow" in text
    assert "no precision yet" in text
    assert "Northmoor" not in text


def test_a_finding_is_judged_by_a_button_and_may_be_judged_again(world: World, sam: Visit) -> None:
    page = sam.get("/detectors/findings").text
    assert page.count('value="unclear"') == 2
    assert "Larkspur Court, flat 1" in page
    assert "Still so: that is now" in page
    found = world.findings_of(A)[0]
    path = f"/detectors/findings/{found}/adjudicate"
    answer = sam.post(path, {"said": "true", "note": "On the floor.", "place": A})
    assert answer.headers["location"] == f"/detectors/findings?show=waiting&place={A}"
    assert found not in sam.get("/detectors/findings").text
    judged = sam.get("/detectors/findings?show=judged").text
    assert "True, says Sam Example" in judged
    assert "On the floor." in judged
    sam.post(path, {"said": "unclear", "show": "judged"})
    assert "Unclear, says Sam Example" in sam.get("/detectors/findings?show=judged").text
    assert "0 true, 0 false, 1 unclear" in sam.get(PAGE).text


def test_a_finding_opens_with_the_picture_of_what_decided_it(world: World, sam: Visit) -> None:
    world.write_store()
    found = world.findings_of(A)[0]
    assert f'href="/detectors/findings/{found}"' in sam.get("/detectors/findings").text
    text = sam.get(f"/detectors/findings/{found}").text
    for part in ("<svg", 'id="why-summary"', 'id="why-figures"', "Usual at that time"):
        assert part in text
    assert "Larkspur Court, flat 1" in text
    assert f'action="/detectors/findings/{found}/adjudicate"' in text
    sam.post(f"/detectors/findings/{found}/adjudicate", {"said": "true", "note": "Fell."})
    assert "True, says Sam" in sam.get(f"/detectors/findings/{found}").text
    assert sam.get(f"/detectors/findings/{world.findings_of(B)[0]}").status_code == 404
    assert Visit(world.app, "alice").get(f"/detectors/findings/{found}").status_code == 403


@pytest.mark.parametrize("form", [{}, {"said": "perhaps"}, {"said": "true", "note": "a\0b"}])
def test_a_word_that_is_none_is_refused_and_nothing_is_kept(
    world: World, sam: Visit, form: dict[str, str]
) -> None:
    found = world.findings_of(A)[0]
    assert sam.post(f"/detectors/findings/{found}/adjudicate", form).status_code == 422
    assert found in sam.get("/detectors/findings").text


def test_a_supervisor_switches_and_the_page_names_who_and_why(world: World, sam: Visit) -> None:
    refused = sam.post(PAGE, {"mode": "live", "evidence": "Twelve quiet weeks"})
    assert refused.status_code == 422
    assert "Only 0 findings were judged" in refused.text
    assert "Twelve quiet weeks" in refused.text  # what was typed is kept

    form = {"mode": "live", "evidence": "Twelve quiet weeks", "without_evidence": "Heat wave"}
    assert sam.post(PAGE, form).headers["location"] == PAGE
    text = sam.get(PAGE).text
    assert re.search(r"<strong>Live</strong> by Sam Example", text)
    assert "Without enough evidence, because: Heat wave" in text
    with world.database.connect() as connection:
        (made,) = in_force(connection)
    assert (made.place, made.detector, made.account) == (A, "inactivity", "account-sam")


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Select off, shadow or live"),
        ({"mode": "off"}, "Say on what evidence"),
        ({"mode": "off", "evidence": "x" * 2001}, "Evidence must be 2000 characters or fewer"),
        ({"mode": "off", "evidence": "a\0b"}, "Evidence must not hold control characters"),
    ],
)
def test_a_wrong_form_says_what_is_missing(
    world: World, sam: Visit, form: dict[str, str], says: str
) -> None:
    answer = sam.post(PAGE, form)
    assert answer.status_code == 422
    assert says in answer.text
    with world.database.connect() as connection:
        assert in_force(connection) == []


def test_a_stranger_of_another_place_sees_and_moves_nothing(world: World, sam: Visit) -> None:
    foreign = world.findings_of(B)[0]
    for path in (f"/detectors/{B}/inactivity", f"/detectors?place={B}"):
        assert sam.get(path).status_code == 404
    form = {"mode": "off", "evidence": "x"}
    assert sam.post(f"/detectors/{B}/inactivity", form).status_code == 404
    path = f"/detectors/findings/{foreign}/adjudicate"
    assert sam.post(path, {"said": "true"}).status_code == 404
    with world.database.connect() as connection:
        assert in_force(connection) == []


def test_many_findings_are_paged(world: World, sam: Visit) -> None:
    for number in range(30):
        world.find_in_shadow(world.homes[A][0], f"Number {number}.", ago_min=2000 + number)
    first = sam.get("/detectors/findings").text
    more = re.search(r'href="(/detectors/findings\?show=waiting&amp;after=[^"]+)"', first)
    assert more is not None
    second = sam.get(more.group(1).replace("&amp;", "&")).text
    assert first.count("<li class") + second.count("<li class") >= 32
    assert "Number 29." in second
    assert "Number 29." not in first
