import pytest
from sqlalchemy import Engine, select

from config import people, sessions, tables
from config.people import Account, AccountRefused
from config.roles import Role
from tests.databases import new_database

pytestmark = pytest.mark.usefixtures("each_database")

HOUR_US = 3_600_000_000
NOW_US = 1_800_000_000_000_000
PASSWORD = "quiet-harbour-lamp"


@pytest.fixture
def engine() -> Engine:
    return new_database()


def make_account(engine: Engine, email: str = "alice@example.org") -> Account:
    with engine.begin() as connection:
        return people.create_account(
            connection, email=email, name="Alice Ash", password=PASSWORD, now_us=NOW_US
        )


def sign_in(engine: Engine, password: str = PASSWORD, email: str = "alice@example.org") -> str:
    token = sessions.sign_in(engine, email, password, now_us=NOW_US, lasts_us=12 * HOUR_US)
    assert token is not None
    return token


def is_signed_in(engine: Engine, token: str, after_us: int = 0) -> bool:
    with engine.connect() as connection:
        session = sessions.find_session(
            connection, token, now_us=NOW_US + after_us, idle_us=2 * HOUR_US
        )
    return session is not None


def test_the_right_password_signs_in_and_the_wrong_one_does_not(engine: Engine) -> None:
    make_account(engine)
    assert is_signed_in(engine, sign_in(engine, email=" Alice@Example.org "))
    for email, password in (
        ("alice@example.org", "quiet-harbour-lamq"),
        ("nobody@example.org", PASSWORD),
        ("alice@example.org", ""),
        ("alice@example.org", PASSWORD + "x" * 300),
    ):
        assert sessions.sign_in(engine, email, password, now_us=NOW_US, lasts_us=HOUR_US) is None


def test_neither_password_nor_token_can_be_read_from_the_database(engine: Engine) -> None:
    make_account(engine)
    token = sign_in(engine)
    with engine.connect() as connection:
        kept = str(
            [
                *connection.execute(select(tables.accounts)).all(),
                *connection.execute(select(tables.sessions)).all(),
            ]
        )
    assert PASSWORD not in kept
    assert token not in kept
    assert "$argon2id$" in kept


def test_a_session_ends_when_idle_when_old_and_when_signed_out(engine: Engine) -> None:
    make_account(engine)
    token = sign_in(engine)
    assert is_signed_in(engine, token, after_us=2 * HOUR_US - 1)
    assert not is_signed_in(engine, token, after_us=2 * HOUR_US)
    with engine.begin() as connection:
        session = sessions.find_session(connection, token, now_us=NOW_US, idle_us=HOUR_US)
        assert session is not None
        assert not sessions.is_touch_due(session, now_us=NOW_US + 1)
        sessions.touch(connection, session, now_us=NOW_US + 11 * HOUR_US)
    assert is_signed_in(engine, token, after_us=11 * HOUR_US)
    assert not is_signed_in(engine, token, after_us=12 * HOUR_US)
    with engine.begin() as connection:
        sessions.sign_out(connection, token)
    assert not is_signed_in(engine, token)


def test_ending_all_sessions_ends_every_device(engine: Engine) -> None:
    account = make_account(engine)
    tokens = [sign_in(engine), sign_in(engine)]
    with engine.begin() as connection:
        people.end_sessions(connection, account.id)
    assert not any(is_signed_in(engine, token) for token in tokens)


def test_several_roles_are_held_by_place_and_read_afresh(engine: Engine) -> None:
    account = make_account(engine)
    with engine.begin() as connection:
        for role in (Role.CARE_WORKER, Role.OPERATOR, Role.OPERATOR):
            people.grant(connection, account.id, "fenbridge", role)
        people.grant(connection, account.id, "northmoor", Role.OFFICER)
        people.revoke(connection, account.id, "fenbridge", Role.OPERATOR)
    token = sign_in(engine)
    with engine.connect() as connection:
        session = sessions.find_session(connection, token, now_us=NOW_US, idle_us=HOUR_US)
    assert session is not None
    assert session.grants == {
        "fenbridge": frozenset({Role.CARE_WORKER}),
        "northmoor": frozenset({Role.OFFICER}),
    }


def test_a_role_given_or_taken_ends_the_sessions_and_what_changes_nothing_does_not(
    engine: Engine,
) -> None:
    account = make_account(engine)
    with engine.begin() as connection:
        people.grant(connection, account.id, "fenbridge", Role.OPERATOR)
    token = sign_in(engine)
    with engine.begin() as connection:
        people.grant(connection, account.id, "fenbridge", Role.OPERATOR)
        people.revoke(connection, account.id, "fenbridge", Role.OFFICER)
    assert is_signed_in(engine, token)
    with engine.begin() as connection:
        people.grant(connection, account.id, "northmoor", Role.OPERATOR)
    assert not is_signed_in(engine, token)
    token = sign_in(engine)
    with engine.begin() as connection:
        people.revoke(connection, account.id, "fenbridge", Role.OPERATOR)
    assert not is_signed_in(engine, token)


def test_a_renewed_session_goes_on_under_another_token_and_no_longer(engine: Engine) -> None:
    make_account(engine)
    old = sign_in(engine)
    later = NOW_US + sessions.RENEW_US + 1
    with engine.begin() as connection:
        found = sessions.find_session(connection, old, now_us=later, idle_us=2 * HOUR_US)
        assert found is not None
        assert sessions.is_renewal_due(found, now_us=later)
        new = sessions.renew(connection, found, now_us=later)
    past = sessions.RENEW_US + 1 + sessions.GRACE_US
    assert is_signed_in(engine, old, after_us=past - 1)
    assert not is_signed_in(engine, old, after_us=past)
    assert is_signed_in(engine, new, after_us=past)
    with engine.begin() as connection:
        found = sessions.find_session(connection, new, now_us=later, idle_us=2 * HOUR_US)
    assert found is not None
    assert not sessions.is_renewal_due(found, now_us=later + 1)
    assert found.expires_us == NOW_US + 12 * HOUR_US


@pytest.mark.parametrize(
    ("email", "name", "password", "says"),
    [
        ("not-an-address", "A", PASSWORD, "email"),
        ("a@b\n.example", "A", PASSWORD, "email"),
        ("a" * 300 + "@example.org", "A", PASSWORD, "email"),
        ("a@example.org", " ", PASSWORD, "name"),
        ("a@example.org", "A\0B", PASSWORD, "name"),
        ("a@example.org", "A", "short", "characters"),
        ("a@example.org", "A", "x" * 257, "characters"),
        ("ALICE@example.org", "A", PASSWORD, "already"),
    ],
)
def test_a_bad_account_is_refused_with_the_reason(
    engine: Engine, email: str, name: str, password: str, says: str
) -> None:
    make_account(engine)
    with engine.begin() as connection, pytest.raises(AccountRefused, match=says):
        people.create_account(connection, email=email, name=name, password=password, now_us=0)


def test_names_are_found_by_account_id(engine: Engine) -> None:
    account = make_account(engine)
    with engine.connect() as connection:
        assert people.names(connection, frozenset({account.id, "system"})) == {
            account.id: "Alice Ash"
        }
        assert people.names(connection, frozenset()) == {}
