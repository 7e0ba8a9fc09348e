"""The devices of a home by REST, on pages and by command: listed, replaced, with each refusal."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select, update

from config import audit, credentials, people, registry, tables
from config.homes import HomeState
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.test_gateway_commands import OLGA, refused, run, secret_in
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

HOME, GATEWAY = f"{A}-home-1", f"{A}-gateway-1"
REST = f"/api/v1/homes/{HOME}"
PAGE = f"/homes/{HOME}/devices"
REPLACE = f"/homes/{HOME}/gateways/{GATEWAY}/replace"
TODAY = "2026-03-03"
ANSWERS = {"why": "no longer starts", "overlap": "24"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    account(made.database, "Ivy", (A, Role.INSTALLER))
    return made


def gateways(world: World) -> dict[str, int]:
    with world.database.connect() as connection:
        return dict(registry.load(connection).gateway_number)


def text(answer_text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer_text).split())


def test_a_gateway_is_replaced_by_rest_and_its_secret_is_told_once(world: World) -> None:
    olga = Visit(world.app, "olga")
    number = gateways(world)[GATEWAY]
    answer = olga.send(f"{REST}/gateways/{GATEWAY}/replacement", {"why": "broken"})
    assert answer.status_code == 200, answer.text
    issued = answer.json()
    assert len(bytes.fromhex(issued["secret"])) == 16
    assert issued["topic"] == f"stillwell/v1/{A}/{issued['gateway']}/"
    assert issued["qr"].startswith("<svg")
    both = gateways(world)
    assert both[GATEWAY] == both[issued["gateway"]] == number
    (hub,) = olga.get(f"{REST}/devices").json()["gateways"]
    assert hub["gateway"] == issued["gateway"]
    assert [(o["id"], o["why"], o["ended"]) for o in hub["replaced"]] == [(GATEWAY, "broken", None)]
    ended = olga.send(f"{REST}/gateways/{GATEWAY}/end-overlap", {})
    assert ended.status_code == 204
    assert GATEWAY not in gateways(world)
    assert olga.send(f"{REST}/gateways/{GATEWAY}/end-overlap", {}).status_code == 422


def test_a_bad_wish_is_refused_and_nothing_is_changed(world: World) -> None:
    before, olga = gateways(world), Visit(world.app, "olga")
    wrong: list[dict[str, object]] = [
        {"why": " "},
        {"why": "x", "overlap_h": -1},
        {"why": "x", "overlap_h": 721},
        {"why": "x", "id": f"{A}-gateway-2"},
        {"why": "x", "id": "NOT AN ID"},
        {"why": "x", "more": 1},
        {},
    ]
    for body in wrong:
        answer = olga.send(f"{REST}/gateways/{GATEWAY}/replacement", body)
        assert answer.status_code == 422, (body, answer.text)
    for state in (HomeState.AWAITING_CONSENT, HomeState.ENDED):
        with world.database.begin() as connection:
            h = tables.homes
            connection.execute(update(h).where(h.c.id == HOME).values(state=state.value))
        answer = olga.send(f"{REST}/gateways/{GATEWAY}/replacement", {"why": "broken"})
        assert answer.status_code == 422
        assert "consent" in answer.text or "has ended" in answer.text
    assert gateways(world) == before


def test_a_foreign_gateway_is_absent(world: World) -> None:
    olga = Visit(world.app, "olga")
    for gateway in (f"{A}-gateway-2", f"{B}-gateway-1", "nobody-knows-it"):
        wish = f"{REST}/gateways/{gateway}/replacement"
        assert olga.send(wish, {"why": "broken"}).status_code == 404
        assert olga.send(f"{REST}/gateways/{gateway}/end-overlap", {}).status_code == 404
        assert olga.get(f"/homes/{HOME}/gateways/{gateway}/replace").status_code == 404
        assert olga.post(f"/homes/{HOME}/gateways/{gateway}/replace", ANSWERS).status_code == 404


def test_an_installer_may_on_the_day_of_the_work_only(world: World) -> None:
    ivy, olga = Visit(world.app, "ivy"), Visit(world.app, "olga")
    assert ivy.get(PAGE).status_code == 404
    wish = f"{REST}/gateways/{GATEWAY}/replacement"
    assert ivy.send(wish, {"why": "broken"}).status_code == 404
    assert olga.send(f"{REST}/installations", {"day": TODAY}).status_code == 204
    assert ivy.get(PAGE).status_code == 200
    assert ivy.send(wish, {"why": "broken"}).status_code == 200


def test_the_page_asks_shows_the_answers_and_then_the_password_once(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert f'href="{REPLACE}"' in olga.get(PAGE).text
    assert "How long is the old one still heard?" in olga.get(REPLACE).text
    check = olga.post(REPLACE, ANSWERS)
    assert check.status_code == 200
    assert "Check your answers" in check.text
    assert "no longer starts" in check.text
    assert GATEWAY in gateways(world)
    assert [*gateways(world)].count(GATEWAY) == 1
    again = olga.post(REPLACE, {**ANSWERS, "step": "change"})
    assert 'value="no longer starts"' in again.text
    done = olga.post(REPLACE, {**ANSWERS, "step": "confirm"})
    assert done.status_code == 200
    (secret,) = set(re.findall(r"\b[0-9a-f]{32}\b", text(done.text)))
    (new,) = (
        gateways(world).keys()
        - {GATEWAY}
        - {f"{A}-gateway-{n}" for n in range(2, 99)}
        - {key for key in gateways(world) if key.startswith(B)}
    )
    assert new in done.text
    told = olga.get(PAGE).text
    assert secret not in told
    assert f"It replaced {GATEWAY}" in text(told)
    ended = olga.post(f"/homes/{HOME}/gateways/{GATEWAY}/end-overlap", {})
    assert ended.status_code == 303
    assert "The old one is no longer heard" in olga.get(PAGE).text


def test_a_wrong_answer_is_told_beside_its_question(world: World) -> None:
    olga = Visit(world.app, "olga")
    for answers, said in (
        ({"why": " ", "overlap": "24"}, "Say in a few words why it is replaced"),
        ({"why": "x", "overlap": "7"}, "Select how long the old one is still heard"),
        ({"why": "x" * 201, "overlap": "24"}, "expected 1..200"),
    ):
        answer = olga.post(REPLACE, {**answers, "step": "confirm"})
        assert answer.status_code == 422
        assert said in answer.text
    assert [*gateways(world)].count(GATEWAY) == 1


def test_a_command_replaces_a_gateway_and_ends_the_overlap(world: World) -> None:
    code, told = run(world, "replace", GATEWAY, "--why", "broken", "--overlap-h", "5", *OLGA)
    assert code == 0, told
    assert f"{GATEWAY} is replaced by" in told
    assert len(bytes.fromhex(secret_in(told))) == 16
    new = told.partition("is replaced by ")[2].partition(";")[0]
    assert gateways(world)[new] == gateways(world)[GATEWAY]
    with world.database.connect() as connection:
        (one,) = credentials.history(connection, new)
    assert (one.username, one.issued_by) == (new, "account-olga")
    assert "at least" not in told
    code, ended = run(world, "end-overlap", GATEWAY, *OLGA)
    assert code == 0, ended
    assert f"{new} serves in its place" in ended
    assert GATEWAY not in gateways(world)


def test_what_a_command_cannot_do_is_told_in_a_sentence(world: World) -> None:
    assert "is no box that was replaced" in refused(world, "end-overlap", GATEWAY, *OLGA)
    assert "there is no gateway" in refused(
        world, "replace", "nobody-knows-it", "--why", "broken", *OLGA
    )
    assert "expected 0..720" in refused(
        world, "replace", GATEWAY, "--why", "broken", "--overlap-h", "900", *OLGA
    )
    told = refused(world, "replace", GATEWAY, "--why", "b", "--by", "ivy@example.org")
    assert "ivy" in told
    assert [*gateways(world)].count(GATEWAY) == 1


def test_a_worker_ends_an_overlap_that_is_over(world: World) -> None:
    from config import replacements

    code, told = run(world, "replace", GATEWAY, "--why", "broken", "--overlap-h", "1", *OLGA)
    assert code == 0, told
    later = microseconds(world.resources.wall()) + 400 * 24 * 3_600_000_000
    with world.database.begin() as connection:
        assert replacements.is_due(connection, later)
        assert replacements.close(connection, later) == 1
        assert audit.verify(connection) == []
        named = select(tables.audit.c.actor).where(tables.audit.c.what == "gateway-replaced")
        assert connection.execute(named).scalars().all() == ["account-olga", "system"]
        assert people.names(connection, frozenset({"account-olga"}))
    assert GATEWAY not in gateways(world)
