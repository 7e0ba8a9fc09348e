"""Bad input to commands about alerts, people and shifts: refused, with what to do instead."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.exits import Exit
from config.database import connect, migrate
from config.roles import Role
from tests.api.life import A, B
from tests.api.world import account, make_world

RUN = CliRunner()
ALICE, NOBODY = "alice@example.org", "nobody@example.org"
AT = ("--place", A)
KNOWN = "'atlantis', expected one of abercoed, fenbridge"
ROLE = ("--role", "operator")
REASON = ("--reason", "The hub of the street burnt down, homes must be visited.")

LOOP = """
loops = 2
[[rung]]
who = ["role:operator"]
channel = ["email"]
wait_min = 0
[fallback]
who = ["role:supervisor"]
channel = ["email"]
wait_min = 10
"""
OVERLAP = """
[[team]]
key = "day"
name = "Day"
members = ["alice@example.org", "bob@example.org"]
""" + "".join(
    f"""
[[shift]]
team = "day"
days = ["mon"]
from = "08:00"
to = "20:00"
people = ["{who}@example.org"]
"""
    for who in ("alice", "bob")
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the settings of an installation with a care worker and no alert."""
    folder = tmp_path_factory.mktemp("refusals")
    url = f"sqlite:///{folder / 'stillwell.db'}"
    migrate(url)
    account(connect(url), "Alice", (A, Role.CARE_WORKER))
    file = folder / "site.toml"
    file.write_text(f'data = "{folder}"\n', "utf-8")
    return file


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("handover", "show", "--place", "atlantis"), KNOWN),
        (("handover", "begin", *AT, "--by", NOBODY), "give a role by stillwell people give"),
        (("handover", "begin", "--place", "atlantis", "--by", ALICE), "stillwell handover show"),
        (("handover", "begin", *AT, "--by", ALICE), "no alert of fenbridge is left to hand over"),
        (("handover", "accept", "no-such-alert", "--by", ALICE), "stillwell handover show"),
        (("incident", "no-such-alert", "--by", NOBODY), "open one by stillwell account"),
        (("incident", "no-such-alert", "--by", ALICE), "where alice@example.org is supervisor or"),
        (("people", "list", "--place", "atlantis"), KNOWN),
        (("people", "give", NOBODY, *AT, *ROLE), "has no account: invite it"),
        (("people", "take", ALICE, *AT, "--role", "king"), "there is no role 'king', expected one"),
        (("people", "invite", "no-address", "--name", "N", *AT, *ROLE), "name@example.org"),
        (("people", "reset", NOBODY), "has no account: invite it"),
        (("break-glass", "open", NOBODY, *AT, *REASON), "has no account: invite it"),
        (("break-glass", "open", ALICE, "--place", "atlantis", *REASON), KNOWN),
        (("break-glass", "open", ALICE, *AT, "--reason", ""), "reason"),
        (("break-glass", "open", ALICE, *AT, *REASON, "--hours", "9"), "hours is 9, expected 1..4"),
        (("break-glass", "list", "--place", "atlantis"), KNOWN),
        (("break-glass", "end", ALICE, "no-such-access"), "stillwell break-glass list says"),
        (("alert", "list", "--place", "atlantis"), KNOWN),
        (("alert", "resolve", "x", "--by", ALICE, "--outcome", "vanished"), "spoken-to, seen-well"),
        (("alert", "acknowledge", "no-such-alert", "--by", ALICE), "stillwell alert list"),
        (("alert", "attend", "no-such-alert", "--by", NOBODY), "stillwell people give"),
        (("webhook", "set", "https://127.0.0.1/x", *AT, "--by", ALICE), "use a public address"),
        (("webhook", "set", "https://1.1.1.1/x", *AT, "--by", ALICE), "supervisor"),
    ],
)
def test_wrong_words_are_refused_with_a_sentence_of_what_to_do(
    site: Path, words: tuple[str, ...], told: str
) -> None:
    ended = RUN.invoke(app, [*words, "--settings", str(site)])
    assert ended.exit_code == Exit.WRONG_INPUT, ended.output
    assert told in ended.output
    assert "Traceback" not in ended.output


def test_an_alert_is_taken_on_and_resolved_once_and_only_in_ones_own_place(tmp_path: Path) -> None:
    world, file = make_world(tmp_path), tmp_path / "site.toml"
    file.write_text(f'data = "{tmp_path}"\n', "utf-8")

    def run(*words: str) -> tuple[int, str]:
        ended = RUN.invoke(app, [*words, "--settings", str(file)])
        return ended.exit_code, ended.output

    mine, foreign = run("alert", "list", *AT)[1].split()[0], world.alerts_of(B)[0]
    assert mine in world.alerts_of(A)
    code, told = run("alert", "acknowledge", foreign, "--by", ALICE)
    assert (code, "no alert" in told) == (Exit.WRONG_INPUT, True)
    assert run("alert", "acknowledge", mine, "--by", ALICE)[0] == Exit.OK
    code, told = run("alert", "acknowledge", mine, "--by", "bob@example.org")
    assert (code, "by Alice" in told) == (Exit.WRONG_INPUT, True)
    assert run("alert", "attend", mine, "--by", ALICE)[0] == Exit.OK
    code, told = run("alert", "resolve", mine, "--by", ALICE, "--outcome", "other")
    assert (code, "needs a note" in told) == (Exit.WRONG_INPUT, True)
    assert run("alert", "resolve", mine, "--by", ALICE, "--outcome", "seen-well")[0] == Exit.OK
    code, told = run("alert", "attend", mine, "--by", ALICE)
    assert (code, "it is resolved since" in told) == (Exit.WRONG_INPUT, True)
    assert mine not in run("alert", "list", *AT)[1]


def test_a_ladder_without_a_wait_and_a_rota_that_overlaps_are_refused(tmp_path: Path) -> None:
    make_world(tmp_path)
    settings, file = tmp_path / "site.toml", tmp_path / "plan.toml"
    settings.write_text(f'data = "{tmp_path}"\n', "utf-8")
    option = ("--by", "bob@example.org", "--settings", str(settings))
    file.write_text(LOOP, "utf-8")
    ended = RUN.invoke(app, ["ladder", "set", str(file), *AT, "--priority", "P1", *option])
    assert (ended.exit_code, "give one rung a wait_min" in ended.output) == (2, True)
    file.write_text(OVERLAP, "utf-8")
    ended = RUN.invoke(app, ["rota", "set", str(file), *AT, *option])
    assert (ended.exit_code, "both on call for day" in ended.output) == (2, True)
