"""Nobody acknowledges: who is told, when, and what ends it."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from alerts import tables
from alerts.alert import AlertKind, Outcome
from alerts.escalate import climb, hurry
from alerts.ledger import Ledger
from alerts.texts import LANGUAGES, text
from config import ladder_rows, ladders, people, recipients, rotas
from config import tables as registry
from config.problems import ConfigProblem
from config.recipients import Recipient
from config.roles import Role
from tests.alerts.test_ledger import at, finding
from tests.alerts.world import DAY, HOUR, MINUTE, PLACE, START, place
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

PLACES = {PLACE: place()}
ROTA = {
    "team": [{"key": "day", "name": "Day", "members": ["ann@x.org", "bea@x.org"]}],
    "shift": [
        {"team": "day", "days": list(rotas.DAYS), "from": "08:00", "to": "20:00",
         "people": ["ann@x.org"]},
        {"team": "day", "days": list(rotas.DAYS), "from": "20:00", "to": "08:00",
         "people": ["bea@x.org"]},
    ],
}  # fmt: skip
LADDER = {
    "loops": 2,
    "rung": [
        {"who": ["on-call:day"], "channel": ["sms"], "wait_min": 5},
        {"who": ["team:day"], "channel": ["sms", "email"], "wait_min": 10},
    ],
    "fallback": {"who": ["role:supervisor"], "channel": ["email"], "wait_min": 30},
}


def world(ladder: dict[str, Any] = LADDER, **languages: str) -> tuple[Engine, Ledger]:
    database = new_database()
    with database.begin() as connection:
        for name in ("ann", "bea", "sue"):
            row = {"id": f"account-{name}", "email": f"{name}@x.org", "name": name}
            connection.execute(
                insert(registry.accounts).values(**row, password_hash="", created_us=0)
            )
            told = Recipient(
                email=f"{name}@x.org", phone="07700900001", language=languages.get(name, "en")
            )
            recipients.save(connection, f"account-{name}", told)
        people.grant(connection, "account-sue", PLACE, Role.SUPERVISOR)
        rotas.save(connection, PLACE, rotas.read_plan(ROTA, "test"), "account-sue", 0)
        plan = ladders.read_plan(ladder, "test")
        for priority in ("P1", "P2", "P3"):
            ladder_rows.save(connection, PLACE, priority, plan, "account-sue", 0)
    return database, Ledger(database, channels=())


def told(database: Engine) -> list[tuple[str, str, int]]:
    """Return (recipient, channel, minutes after the first) in order."""
    o = tables.outbox.c
    with database.connect() as connection:
        rows = connection.execute(select(o.recipient, o.channel, o.created_us).order_by(o.id)).all()
    return [(r.recipient[8:], r.channel, (r.created_us - START) // MINUTE) for r in rows]


def test_nobody_answers_and_every_step_fires_at_its_minute_even_across_restarts() -> None:
    database, ledger = world()
    ledger.raise_findings([finding()], at(0))
    for minute in range(125):
        climb(database, PLACES, at(minute * MINUTE))  # nothing is kept but the database
    night, team = (
        ("bea", "sms"),
        [("ann", "sms"), ("bea", "sms"), ("ann", "email"), ("bea", "email")],
    )
    expected = [
        (*night, 0),
        *((*one, 5) for one in team),
        (*night, 15),
        *((*one, 20) for one in team),
    ]
    expected += [("sue", "email", minute) for minute in (30, 60, 90, 120)]
    assert told(database) == expected


def test_the_ladder_of_the_place_file_holds_where_none_was_saved() -> None:
    plan = ladders.read_plan({"fallback": LADDER["fallback"]}, "test")
    places = {PLACE: PLACES[PLACE].model_copy(update={"ladder": {"P2": plan}})}
    database, ledger = world()
    with database.begin() as connection:
        connection.execute(delete(registry.declarations))
    ledger.raise_findings([finding()], at(0))
    assert climb(database, places, at(0)) == 1
    assert told(database) == [("sue", "email", 0)]


def test_two_processes_take_a_step_once() -> None:
    database, ledger = world()
    ledger.raise_findings([finding()], at(0))
    assert [climb(database, PLACES, at(0)), climb(database, PLACES, at(0))] == [1, 0]
    assert len(told(database)) == 1


def test_who_takes_it_on_ends_the_climb_and_forgetting_it_goes_on_where_it_was() -> None:
    database, ledger = world()
    (id_,) = ledger.raise_findings([finding()], at(0))
    climb(database, PLACES, at(0))
    ledger.acknowledge(id_, "account-bea", at(MINUTE))
    assert climb(database, PLACES, at(29 * MINUTE)) == 0
    assert ledger.time_out(at(31 * MINUTE)) == 1
    assert climb(database, PLACES, at(31 * MINUTE)) == 1
    assert {minute for _, _, minute in told(database)} == {0, 31}
    ledger.resolve(id_, "account-bea", Outcome.SEEN_WELL, "", at(32 * MINUTE))
    assert climb(database, PLACES, at(DAY)) == 0


def test_where_nobody_is_on_call_the_next_step_is_taken_at_once() -> None:
    database, ledger = world()
    with database.begin() as connection:
        gap = {**ROTA, "shift": ROTA["shift"][:1]}
        rotas.save(connection, PLACE, rotas.read_plan(gap, "test"), "account-sue", 1)
    ledger.raise_findings([finding()], at(0))
    while climb(database, PLACES, at(0)):
        continue
    assert {who for who, _, minute in told(database) if minute == 0} == {"ann", "bea"}


def test_the_second_on_call_is_told_by_a_step_of_their_own_and_where_nobody_is_first() -> None:
    both = [
        {"who": [who], "channel": ["sms"], "wait_min": 5} for who in ("on-call:day", "second:day")
    ]
    database, ledger = world({**LADDER, "rung": both, "loops": 1})
    second = {**ROTA["shift"][0], "line": "second", "to": "08:00", "people": ["ann@x.org"]}
    with database.begin() as connection:
        plan = rotas.read_plan({**ROTA, "shift": [*ROTA["shift"], second]}, "test")
        rotas.save(connection, PLACE, plan, "account-sue", 1)
    ledger.raise_findings([finding()], at(0))
    climb(database, PLACES, at(0))
    climb(database, PLACES, at(5 * MINUTE))
    assert told(database) == [("bea", "sms", 0), ("ann", "sms", 5)]
    with database.begin() as connection:
        plan = rotas.read_plan({**ROTA, "shift": [second]}, "test")
        rotas.save(connection, PLACE, plan, "account-sue", 2)
    ledger.raise_findings([finding(AlertKind.SLEEP_SHIFT)], at(6 * MINUTE))
    climb(database, PLACES, at(6 * MINUTE))
    assert told(database)[2:] == [("ann", "sms", 6)]


def test_a_change_of_the_rota_is_in_the_audit_log_before_and_after_without_an_address() -> None:
    database, _ = world()
    with database.begin() as connection:
        after = {**ROTA, "shift": [ROTA["shift"][0], {**ROTA["shift"][1], "people": ["ann@x.org"]}]}
        rotas.save(connection, PLACE, rotas.read_plan(after, "test"), "account-sue", 1)
        rows = connection.execute(
            select(registry.audit.c.detail).where(registry.audit.c.subject == "rota")
        )
        last = [json.loads(detail) for (detail,) in rows][-1]
    shown = {"days": list(rotas.DAYS), "from": "20:00", "kind": "shift", "line": "first"}
    assert last["before"] == [{**shown, "team": "day", "to": "08:00", "people": ["account-bea"]}]
    assert last["after"] == [{**shown, "team": "day", "to": "08:00", "people": ["account-ann"]}]
    assert last["version"] > last["version_before"] > 0
    assert "@" not in json.dumps(last)


def test_everyone_must_acknowledge_where_a_step_says_so() -> None:
    everyone = {**LADDER, "rung": [{**LADDER["rung"][1], "everyone": True}]}  # type: ignore[index]
    database, ledger = world(everyone)
    (id_,) = ledger.raise_findings([finding()], at(0))
    climb(database, PLACES, at(0))
    ledger.acknowledge(id_, "account-ann", at(MINUTE))
    with database.connect() as connection:
        state = select(tables.alerts.c.state)
        assert connection.execute(state).scalar_one() == "open"
    ledger.acknowledge(id_, "account-bea", at(2 * MINUTE))
    with database.connect() as connection:
        assert connection.execute(state).scalar_one() == "acknowledged"


def test_messages_that_reach_nobody_hurry_the_next_step() -> None:
    database, ledger = world()
    (id_,) = ledger.raise_findings([finding()], at(0))
    climb(database, PLACES, at(0))
    with database.begin() as connection:
        assert not hurry(connection, id_, 0, START + MINUTE)
        connection.execute(update(tables.outbox).values(state="bounced"))
        assert hurry(connection, id_, 0, START + MINUTE)
    assert climb(database, PLACES, at(MINUTE)) == 1


def test_a_recipient_is_told_in_their_language_and_at_night_only_of_what_is_urgent() -> None:
    database, ledger = world(bea="cy")
    with database.begin() as connection:
        quiet = Recipient(phone="07700900001", quiet_from="22:00", quiet_to="07:00", language="cy")
        recipients.save(connection, "account-bea", quiet)
    kinds = (AlertKind.NO_SIGN_OF_LIFE, AlertKind.SLEEP_SHIFT)
    ledger.raise_findings([finding(kind) for kind in kinds], at(0))
    climb(database, PLACES, at(0))
    o = tables.outbox.c
    with database.connect() as connection:
        rows = connection.execute(select(o.text, o.next_us).order_by(o.next_us)).all()
    assert [(row.next_us - START) // HOUR for row in rows] == [0, 7]
    assert all("Rhybudd" in row.text for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_says_who_where_or_whether_and_each_is_one_sms(language: str) -> None:
    from alerts.alert import Priority

    gsm = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
              "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")  # fmt: skip
    for priority in Priority:
        said = text(priority, "a" * 32, language)
        assert len(said) <= 160
        assert set(said) <= gsm
        assert "AAAA" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fallback": None}, "has no fallback; add [fallback]"),
        ({"fallback": {**LADDER["fallback"], "who": ["on-call:day"]}}, "only who is on call"),  # type: ignore[dict-item]
        ({"fallback": {**LADDER["fallback"], "wait_min": 0}}, "expected 5 or more"),  # type: ignore[dict-item]
        ({"rung": [{**LADDER["rung"][0], "wait_min": 0}]}, "loops without any wait"),  # type: ignore[index]
        ({"rung": [{**LADDER["rung"][0], "who": ["everybody"]}]}, "who"),  # type: ignore[index]
    ],
)
def test_a_ladder_that_could_leave_an_alert_alone_is_refused(
    change: dict[str, Any], says: str
) -> None:
    with pytest.raises(ConfigProblem, match="ladder") as refused:
        ladders.read_plan({**LADDER, **change}, "test")
    assert says in str(refused.value)


def test_a_ladder_that_names_an_unknown_team_is_refused() -> None:
    database, _ = world()
    plan = ladders.read_plan(
        {**LADDER, "rung": [{"who": ["team:night"], "channel": ["sms"], "wait_min": 1}]}, "test"
    )
    with database.begin() as connection, pytest.raises(ConfigProblem, match="no team 'night'"):
        ladder_rows.save(connection, PLACE, "P1", plan, "account-sue", 0)
