"""Bad input to the commands about people and shifts: refused, with a sentence of what to do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.exits import Exit
from config.database import connect, migrate
from config.roles import Role
from tests.api.life import A
from tests.api.world import account

RUN = CliRunner()
ALICE, NOBODY = "alice@example.org", "nobody@example.org"
AT = ("--place", A)
KNOWN = "'atlantis', expected one of abercoed, fenbridge"
ROLE = ("--role", "operator")
REASON = ("--reason", "The hub of the street burnt down, homes must be visited.")


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
    ],
)
def test_wrong_words_are_refused_with_a_sentence_of_what_to_do(
    site: Path, words: tuple[str, ...], told: str
) -> None:
    ended = RUN.invoke(app, [*words, "--settings", str(site)])
    assert ended.exit_code == Exit.WRONG_INPUT, ended.output
    assert told in ended.output
    assert "Traceback" not in ended.output
