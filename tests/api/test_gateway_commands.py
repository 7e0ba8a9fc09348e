"""``stillwell gateway``: credentials, walk tests and days of work, each with its refusals."""

import csv
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from api.cli import app
from config import tables
from config.credentials import MOST
from config.gateway_tables import credentials
from config.roles import Role
from tests.api.life import A, B
from tests.api.world import World, account, make_world

HOME, GATEWAY = f"{A}-home-1", f"{A}-gateway-1"
OLGA, IVY = ("--by", "olga@example.org"), ("--by", "ivy@example.org")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "olga", (A, Role.OFFICER))
    account(made.database, "ivy", (A, Role.INSTALLER))
    return made


def run(world: World, *words: str) -> tuple[int, str]:
    """Return the exit code, and what was said in one line."""
    done = CliRunner().invoke(app, ["gateway", *words], env={"STILLWELL_DATA": str(world.folder)})
    return done.exit_code, " ".join(done.output.split())


def refused(world: World, *words: str) -> str:
    code, told = run(world, *words)
    assert code != 0, told
    assert "Traceback" not in told
    return told


def today() -> str:
    """Return the day that the place has now, by the wall: commands know no other."""
    return datetime.now(ZoneInfo("Europe/London")).date().isoformat()


def count(world: World) -> int:
    with world.database.connect() as connection:
        query = select(func.count()).select_from(credentials)
        return int(connection.execute(query).scalar_one())


def noted(world: World, what: str) -> list[tuple[str, str]]:
    a = tables.audit.c
    with world.database.connect() as connection:
        query = select(a.actor, a.subject).where(a.what == what, a.place == A).order_by(a.seq)
        return [(row.actor, row.subject) for row in connection.execute(query)]


def secret_in(told: str) -> str:
    words = told.split()
    return words[words.index("password") + 1]


def test_a_credential_is_told_once_drawn_or_kept_as_a_picture(world: World) -> None:
    picture = world.folder / "qr.svg"
    code, told = run(world, "credential", "issue", GATEWAY, *OLGA, "--qr", str(picture))
    assert code == 0, told
    assert len(bytes.fromhex(secret_in(told))) == 16
    assert "the password is not told again" in told
    assert picture.read_text("utf-8").startswith("<svg")
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    code, drawn = run(world, "credential", "issue", GATEWAY, *OLGA)
    assert code == 0, drawn
    assert "█" in drawn or "▄" in drawn or "▀" in drawn
    code, shown = run(world, "credential", "show", GATEWAY)
    assert (code, shown.count(": issued ")) == (0, 2)
    assert secret_in(told) not in shown
    assert noted(world, "credential") == [("account-olga", f"gateway:{GATEWAY}")] * 2
    assert ("console", f"gateway:{GATEWAY}") in noted(world, "read")


def test_a_picture_is_not_written_over_and_then_no_credential_is_issued(world: World) -> None:
    picture = world.folder / "qr.svg"
    picture.write_text("mine", "utf-8")
    told = refused(world, "credential", "issue", GATEWAY, *OLGA, "--qr", str(picture))
    assert "name a file that is not there" in told
    assert picture.read_text("utf-8") == "mine"
    assert count(world) == 0


def test_who_may_not_issue_is_told_who_may(world: World) -> None:
    assert "there is no gateway" in refused(world, "credential", "issue", "no-such-gate-1", *OLGA)
    strange = refused(world, "credential", "issue", f"{B}-gateway-1", *OLGA)
    assert "name one who is" in strange
    early = refused(world, "credential", "issue", GATEWAY, *IVY)
    assert "is no officer" in early, "an installer only on a booked day"
    assert run(world, "book", "--home", HOME, "--day", today(), *OLGA)[0] == 0
    assert run(world, "credential", "issue", GATEWAY, *IVY)[0] == 0
    other = refused(world, "credential", "issue", f"{A}-gateway-2", *IVY)
    assert "is no officer" in other, "and only in the home of that day"


def test_a_gateway_has_so_many_credentials_and_no_more(world: World) -> None:
    for _ in range(MOST):
        assert run(world, "credential", "issue", GATEWAY, *OLGA)[0] == 0
    told = refused(world, "credential", "issue", GATEWAY, *OLGA)
    assert "revoke those that nobody uses first" in told
    assert count(world) == MOST


def test_every_gateway_without_one_gets_one_into_a_private_file(world: World) -> None:
    file = world.folder / "credentials.csv"
    code, told = run(world, "credential", "issue-all", "--place", A, *OLGA, "--to", str(file))
    assert code == 0, told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    assert {row["gateway"] for row in rows} >= {GATEWAY}
    assert all(row["gateway"].startswith(A) for row in rows)
    assert len({row["password"] for row in rows}) == len(rows) == count(world)
    again = world.folder / "again.csv"
    code, told = run(world, "credential", "issue-all", "--place", A, *OLGA, "--to", str(again))
    assert (code, "all had one" in told, again.exists()) == (0, True, False)


def test_issuing_for_a_place_is_refused_with_nothing_half_done(world: World) -> None:
    file = world.folder / "there.csv"
    file.write_text("mine", "utf-8")
    words = ("credential", "issue-all", "--place", A)
    assert "name a file that is not there" in refused(world, *words, *OLGA, "--to", str(file))
    assert (file.read_text("utf-8"), count(world)) == ("mine", 0)
    new = str(world.folder / "new.csv")
    assert "is no officer" in refused(world, *words, *IVY, "--to", new)
    nowhere = ("credential", "issue-all", "--place", "nowhere", *OLGA, "--to", new)
    assert "there is no place 'nowhere', expected one of" in refused(world, *nowhere)
    assert count(world) == 0


def test_credentials_are_revoked_one_or_all_with_a_reason(world: World) -> None:
    code, told = run(world, "credential", "issue", GATEWAY, *OLGA)
    assert code == 0
    user = told.split()[told.split().index("user") + 1]
    run(world, "credential", "issue", GATEWAY, *OLGA)
    revoke = ("credential", "revoke", GATEWAY, *OLGA, "--why")
    assert "why has 0 characters, expected 1.." in refused(world, *revoke, "")
    assert "nothing is to be revoked" in refused(world, *revoke, "lost", "--user", "nobody")
    assert "there is no gateway" in refused(
        world, "credential", "revoke", "no-such-gate-1", *OLGA, "--why", "lost"
    )
    assert "is no officer" in refused(world, "credential", "revoke", GATEWAY, *IVY, "--why", "lost")
    code, told = run(world, *revoke, "lost in the post", "--user", user)
    assert (code, "1 credential ended" in told) == (0, True), told
    code, told = run(world, *revoke, "lost in the post")
    assert (code, "1 credential ended" in told) == (0, True), told
    assert "nothing is to be revoked" in refused(world, *revoke, "again")
    assert run(world, "credential", "show", GATEWAY)[1].count("(lost in the post)") == 2


def test_a_gateway_without_a_credential_and_an_unknown_one_say_so(world: World) -> None:
    code, told = run(world, "credential", "show", GATEWAY)
    assert (code, told) == (0, f"{GATEWAY} has no credential: the broker refuses it")
    assert "there is no gateway" in refused(world, "credential", "show", "no-such-gate-1")


def test_a_walk_test_is_begun_shown_and_ended_by_name(world: World) -> None:
    home = ("--home", HOME)
    assert "was not tested yet" in run(world, "walk-test", "show", *home)[1]
    code, told = run(world, "walk-test", "begin", *home, *OLGA)
    assert (code, "marked TEST until" in told, "call 999 yourself" in told) == (0, True, True), told
    code, told = run(world, "walk-test", "show", *home)
    assert (code, "is under way until" in told) == (0, True), told
    assert "end that one first" in refused(world, "walk-test", "begin", *home, *OLGA)
    code, told = run(world, "walk-test", "end", *home, *OLGA)
    assert (code, "every alarm is real again" in told) == (0, True), told
    assert "ended at" in run(world, "walk-test", "show", *home)[1]
    assert "none is under way" in refused(world, "walk-test", "end", *home, *OLGA)
    assert [actor for actor, _ in noted(world, "walk-test")] == ["account-olga"] * 2
    assert noted(world, "read").count(("console", f"home:{HOME}")) == 3


def test_a_walk_test_is_refused_to_who_may_not_and_where_there_is_no_home(world: World) -> None:
    for step in ("begin", "end"):
        assert "is no officer" in refused(world, "walk-test", step, "--home", HOME, *IVY)
        strange = refused(world, "walk-test", step, "--home", f"{B}-home-1", *OLGA)
        assert "name one who is" in strange
        nobody = refused(world, "walk-test", step, "--home", "no-such-home-1", *OLGA)
        assert "there is no home 'no-such-home-1'" in nobody
    assert "there is no home" in refused(world, "walk-test", "show", "--home", "no-such-home-1")
    assert noted(world, "walk-test") == []


def test_a_day_of_work_is_booked_by_an_officer_within_three_months(world: World) -> None:
    home = ("book", "--home", HOME, "--day")
    for _ in range(2):
        code, told = run(world, *home, today(), *OLGA)
        assert (code, f"installers of {A} see it on {today()}" in told) == (0, True), told
    assert noted(world, "installation") == [("account-olga", f"home:{HOME}")], "once for a day"
    past = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    far = (datetime.now(UTC) + timedelta(days=200)).date().isoformat()
    for day in (past, far):
        assert f"day is {day}, expected" in refused(world, *home, day, *OLGA)
    assert "is no day, expected such as" in refused(world, *home, "soon", *OLGA)
    assert "is no officer" in refused(world, *home, today(), *IVY)
    nobody = ("book", "--home", "no-such-home-1", "--day", today(), *OLGA)
    assert "there is no home 'no-such-home-1'" in refused(world, *nobody)
    assert len(noted(world, "installation")) == 1
