"""What gateways sign in with: 128 bits told once, rotated without a gap, revoked with a reason."""

import base64
import hashlib

import bcrypt
import pytest
from sqlalchemy import Engine, select

from config import audit, credentials, gateway_tables, moves, registry, tables
from config.credential_hashes import hashes_of, new_secret
from config.credentials import MOST, Issued
from config.problems import ConfigProblem
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
ONE, TWO = "gate-000001", "gate-000002"
T0 = 1_800_000_000_000_000
HOUR = 3_600_000_000


@pytest.fixture
def database() -> Engine:
    made = new_database()
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=T0)
    return made


def issue(database: Engine, gateway: str = ONE, at_us: int = T0, overlap_h: float = 1.0) -> Issued:
    with database.begin() as connection:
        return credentials.issue(connection, gateway, "olga", at_us, overlap_h)


def users(database: Engine, at_us: int) -> list[str]:
    with database.connect() as connection:
        return [login.username for login in credentials.logins(connection, at_us)]


def test_a_secret_is_128_bits_and_brokers_keep_hashes_of_it_that_they_know() -> None:
    secret = new_secret()
    assert len(bytes.fromhex(secret)) == 16
    assert len({new_secret() for _ in range(1_000)}) == 1_000
    hashes = hashes_of(secret)
    assert bcrypt.checkpw(secret.encode(), hashes.nats.encode())
    _, kind, rounds, salt, digest = hashes.mosquitto.split("$")
    made = hashlib.pbkdf2_hmac("sha512", secret.encode(), base64.b64decode(salt), int(rounds))
    assert (kind, base64.b64decode(digest)) == ("7", made)
    assert hashes_of(secret) != hashes


def test_it_is_told_once_and_only_its_hashes_are_kept(database: Engine) -> None:
    issued = issue(database)
    assert issued.secret not in repr(issued)
    with database.connect() as connection:
        rows = connection.execute(select(gateway_tables.credentials)).all()
        said = connection.execute(select(tables.audit)).all()
    assert len(rows) == 1
    assert issued.secret not in repr(rows)
    assert issued.secret not in repr(said)


def test_the_old_one_is_valid_until_the_new_one_is_seen(database: Engine) -> None:
    issue(database)
    new = issue(database, at_us=T0 + 1)
    assert users(database, T0 + 2) == [ONE, new.username]
    with database.begin() as connection:
        assert credentials.unseen(connection, T0 + 2) == [new.username]
        assert credentials.see(connection, [new.username], T0 + 3) == 1
        assert credentials.unseen(connection, T0 + 4) == []
    assert users(database, T0 + 4) == [new.username]


def test_the_old_one_ends_by_itself_when_the_new_one_is_never_seen(database: Engine) -> None:
    issue(database)
    new = issue(database, at_us=T0 + 1)
    end_us = T0 + 1 + HOUR
    with database.connect() as connection:
        assert credentials.next_end_us(connection, T0 + 2) == end_us
    assert users(database, end_us - 1) == [ONE, new.username]
    assert users(database, end_us) == [new.username]


def test_to_see_the_old_one_ends_nothing(database: Engine) -> None:
    issue(database)
    new = issue(database, at_us=T0 + 1)
    with database.begin() as connection:
        assert credentials.see(connection, [ONE, "nobody-0001"], T0 + 2) == 0
    assert users(database, T0 + 3) == [ONE, new.username]


def test_a_user_name_is_never_used_again_and_never_another_gateway_s_id(database: Engine) -> None:
    names = [issue(database, at_us=T0).username]
    for turn in range(1, 4):
        with database.begin() as connection:
            credentials.revoke(connection, ONE, "olga", "a test", T0 + turn)
        names.append(issue(database, at_us=T0 + turn).username)
    assert names == [ONE, f"{ONE}_2", f"{ONE}_3", f"{ONE}_4"]


def test_too_many_at_once_are_refused(database: Engine) -> None:
    for turn in range(MOST):
        issue(database, at_us=T0 + turn)
    with pytest.raises(ConfigProblem, match="revoke those that nobody uses first"):
        issue(database, at_us=T0 + MOST)
    assert len(users(database, T0 + MOST)) == MOST


@pytest.mark.parametrize(
    ("gateway", "why", "told"),
    [
        ("gate-999999", "stolen", "there is no gateway 'gate-999999'"),
        (ONE, "  ", "why has 0 characters"),
        (ONE, "a\nb", "without line breaks"),
        (ONE, "x" * 201, "why has 201 characters"),
        (TWO, "stolen", "has none that is valid"),
    ],
)
def test_what_cannot_be_revoked_is_said_and_nothing_changes(
    database: Engine, gateway: str, why: str, told: str
) -> None:
    issue(database)
    with pytest.raises(ConfigProblem, match=told), database.begin() as connection:
        credentials.revoke(connection, gateway, "olga", why, T0 + 1)
    assert users(database, T0 + 2) == [ONE]


def test_what_is_revoked_is_in_the_audit_log_and_changes_the_registry_s_revision(
    database: Engine,
) -> None:
    issue(database)
    with database.begin() as connection:
        before = registry.revision(connection)
        assert credentials.revoke(connection, ONE, "olga", "stolen", T0 + 1) == 1
        assert registry.revision(connection) > before
        (one,) = credentials.history(connection, ONE)
        assert (one.ended_by, one.why, one.is_valid(T0 + 1)) == ("olga", "stolen", False)
        said = select(tables.audit.c.detail).where(tables.audit.c.what == "credential")
        assert len(list(connection.execute(said))) == 2
        assert audit.verify(connection) == []
    assert users(database, T0 + 1) == []


def test_all_that_have_none_are_issued_one(database: Engine) -> None:
    issue(database)
    with database.begin() as connection:
        assert credentials.without(connection, T0 + 1) == 1
        made = credentials.issue_missing(connection, "fenbridge", "olga", T0 + 1)
        assert [one.gateway for one in made] == [TWO]
        assert credentials.issue_missing(connection, "fenbridge", "olga", T0 + 2) == []
        assert credentials.without(connection, T0 + 2) == 0


def test_a_gateway_that_moved_may_speak_under_both_places(database: Engine) -> None:
    issue(database)
    with database.begin() as connection:
        moves.move(connection, [1], "northmoor")
        (login,) = credentials.logins(connection, T0 + 1)
    assert login.places == ("northmoor", "fenbridge")
