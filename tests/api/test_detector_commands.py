"""``stillwell detectors``: what it prints, whom it lets switch, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select
from typer.testing import CliRunner, Result

from alerts import calibrations
from alerts import tables as ledger
from alerts.action import Calibrated
from alerts.budget import Calibration
from alerts.detect.parameters import PARAMETERS
from alerts.detect.place_limits import LIMITS
from alerts.modes import DETECTORS, Mode
from alerts.precision import ENOUGH, Said
from alerts.shadow_rows import ShadowState, to_row
from alerts.switches import Switch, history, in_force
from api.cli import app
from api.detectors import DAY_US, shadow_us
from api.exits import Exit
from config import people
from config.database import connect
from config.registry import enrol
from config.roles import Role
from ingest.clock import SystemClock, microseconds
from tests.alerts.shadow_world import finding, say
from tests.make import enrolment

SAM = "sam@council.example"
RUN = CliRunner()


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Return the database of an installation with one place's homes and a supervisor, Sam."""
    file = tmp_path / "site.toml"
    file.write_text(f'data = "{tmp_path / "data"}"\n[mqtt]\nport = 9\n', "utf-8")
    monkeypatch.setenv("STILLWELL_SETTINGS", str(file))
    assert RUN.invoke(app, ["migrate"]).exit_code == 0
    made = connect(f"sqlite:///{tmp_path / 'data' / 'stillwell.db'}")
    now_us = microseconds(SystemClock().now())
    with made.begin() as connection:
        enrol(connection, enrolment(10), now_us=now_us - 14 * DAY_US)
        for name, role in (("sam", Role.SUPERVISOR), ("ann", Role.OPERATOR)):
            account = people.create_account(
                connection,
                email=f"{name}@council.example",
                name=f"{name.capitalize()} Example",
                password="a-quiet-harbour-lamp",
                now_us=0,
            )
            people.grant(connection, account.id, "fenbridge", role)
    return made


def judge(database: Engine, true: int, false: int, unclear: int = 0) -> None:
    words = [Said.TRUE] * true + [Said.FALSE] * false + [Said.UNCLEAR] * unclear
    now_us = microseconds(SystemClock().now())
    with database.begin() as connection:
        for number, said in enumerate(words):
            found = finding(onset_us=now_us - (number + 5) * 3_600_000_000)
            row = to_row(found, ShadowState.OVER)
            connection.execute(insert(ledger.shadow_findings).values(row))
            say(connection, found.id, said)


def set_mode(**options: str) -> Result:
    wish = {"place": "fenbridge", "detector": "inactivity", "mode": "live", "by": SAM}
    wish |= {"evidence": "12 weeks in shadow"} | options
    words = [w for key, value in wish.items() for w in (f"--{key.replace('_', '-')}", value)]
    return RUN.invoke(app, ["detectors", "set", *words])


def flat(text: str) -> str:
    return " ".join(text.split())


def test_what_a_budget_came_to_is_printed_and_a_small_place_is_told(database: Engine) -> None:
    def shown() -> str:
        return flat(RUN.invoke(app, ["detectors", "--place", "fenbridge"]).output)

    assert "Alert budget: 9 per 100 homes a week; no day has been counted yet" in shown()
    found = Calibration(2.1, 9.2, 6.9, 12.3, 4.0, 310, 280, 56, is_at_edge=False)
    few = replace(found, homes=20, needed=300)
    for at_us, one in ((DAY_US, few), (2 * DAY_US, found)):
        with database.begin() as connection:
            is_applied = one is found
            calibrations.write(connection, Calibrated("fenbridge", at_us, 9.0, one, is_applied))
        said = shown()
        if one is few:
            assert "20 homes are too few to keep a budget: about 9.2 alerts" in said
            assert "The budget is not in force: it takes 50 homes" in said
    assert "about 9.2 alerts per 100 homes a week are expected (6.9 to 12.3)" in said
    assert "Silences are told at silence_z 2.10 since" in said


def test_every_detector_and_every_parameter_is_printed(database: Engine) -> None:
    shown = RUN.invoke(app, ["detectors", "--place", "fenbridge"])
    assert shown.exit_code == Exit.OK
    text = flat(shown.output)
    assert "fenbridge (Fenbridge City Council), 10 homes watched" in text
    assert text.count("never switched: in shadow, nothing of it is sent") == len(DETECTORS)
    for detector in DETECTORS:
        assert f"{detector.key} shadow {detector.title}" in text
    for parameter in PARAMETERS:
        assert f"{parameter.name}: {parameter.low:g} to {parameter.high:g}" in text
        assert flat(parameter.sentence) in text
        assert f"here: fenbridge {parameter.default:g}" in text
    for limit in LIMITS:
        assert f"{limit.name}: {limit.low:g} to {limit.high:g} {limit.unit}" in text
        assert flat(limit.sentence) in text
    assert "northmoor" not in shown.output
    assert "northmoor (" in RUN.invoke(app, ["detectors"]).output


def test_load_and_precision_are_printed_with_their_interval(database: Engine) -> None:
    judge(database, true=16, false=4, unclear=3)
    text = flat(RUN.invoke(app, ["detectors", "--place", "fenbridge"]).output)
    # 23 findings at 10 homes over the 2 weeks since they were enrolled: 23 / 20 * 100 a week.
    assert "23 findings in shadow in 28 days, 115.0 per 100 homes a week" in text
    assert "over the 2.0 weeks in shadow" in text
    assert (
        "judged: 16 true, 4 false, 3 unclear in 12 weeks; precision 80%, 95 % interval 58% to 92%"
        in text
    )


def test_too_few_judgements_are_called_too_few(database: Engine) -> None:
    judge(database, true=3, false=1)
    text = flat(RUN.invoke(app, ["detectors", "--place", "fenbridge"]).output)
    assert f"precision 75%, 95 % interval 30% to 95%; too few to judge by (4 of {ENOUGH})" in text


def test_a_supervisor_switches_and_is_named_with_the_evidence(database: Engine) -> None:
    judge(database, true=18, false=2)
    done = set_mode()
    assert done.exit_code == Exit.OK, done.output
    assert done.output == "fenbridge: inactivity is live now, by Sam Example\n"
    with database.connect() as connection:
        (made,) = in_force(connection)
        sam = people.find_account(connection, SAM)
    assert sam is not None
    assert (made.mode, made.account, made.judged.true) == (Mode.LIVE, sam.id, 18)
    text = flat(RUN.invoke(app, ["detectors"]).output)
    assert "inactivity live No sign of the person since" in text
    assert "by Sam Example: 12 weeks in shadow" in text


def test_all_are_switched_together_or_none(database: Engine) -> None:
    judge(database, true=20, false=0)
    refused = set_mode(detector="all")
    assert refused.exit_code == Exit.WRONG_INPUT
    with database.connect() as connection:
        assert in_force(connection) == []
    done = set_mode(detector="all", without_evidence="a pilot of ten homes, phoned daily")
    assert done.exit_code == Exit.OK
    with database.connect() as connection:
        assert {s.detector for s in in_force(connection)} == {d.key for d in DETECTORS}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"by": "nobody@council.example"}, "'nobody@council.example' has no account"),
        ({"by": "ann@council.example"}, "ann@council.example is not a supervisor of fenbridge"),
        ({"place": "northmoor"}, "sam@council.example is not a supervisor of northmoor"),
        ({"place": "atlantis"}, "no place 'atlantis', expected one of abercoed, fenbridge"),
        ({"detector": "horoscope"}, "no detector 'horoscope', expected one of inactivity"),
        ({"evidence": " "}, "--evidence: Say on what evidence"),
        ({}, "--without-evidence: Only 0 findings were judged true or false, expected at least 20"),
        ({"mode": "loud"}, "'loud' is not one of"),
    ],
)
def test_a_switch_that_may_not_be_is_refused_and_says_why(
    database: Engine, wrong: dict[str, str], says: str
) -> None:
    refused = set_mode(**wrong)
    assert refused.exit_code == Exit.WRONG_INPUT
    assert says in flat(refused.output), refused.output
    with database.connect() as connection:
        assert history(connection, ["fenbridge", "northmoor"]) == []


def test_evidence_must_be_given(database: Engine) -> None:
    words = ["--place", "fenbridge", "--detector", "cold", "--mode", "off", "--by", SAM]
    refused = RUN.invoke(app, ["detectors", "set", *words])
    assert refused.exit_code == Exit.WRONG_INPUT
    assert "--evidence" in refused.output


def test_check_says_aloud_what_is_not_sent(database: Engine) -> None:
    told = RUN.invoke(app, ["check"]).output
    number = len(DETECTORS)
    assert f"detectors: Fenbridge City Council: {number} detectors in shadow, nothing of" in told
    assert f"detectors: Northmoor District Council: {number} detectors in shadow" in told
    set_mode(detector="all", without_evidence="a test")
    told = RUN.invoke(app, ["check"]).output
    assert "Fenbridge City Council:" not in told
    assert "Northmoor District Council:" in told


def test_time_in_shadow_is_counted_from_the_switches_of_the_period() -> None:
    def at(day: int, mode: Mode) -> Switch:
        return Switch("fenbridge", "cold", mode, day * DAY_US, "sam", "a test")

    past = [at(40, Mode.SHADOW), at(10, Mode.LIVE), at(33, Mode.OFF)]
    assert shadow_us([], 30 * DAY_US, 58 * DAY_US) == 28 * DAY_US
    assert shadow_us(past, 30 * DAY_US, 58 * DAY_US) == 18 * DAY_US
    assert shadow_us(past, 0, 58 * DAY_US) == 28 * DAY_US
    assert shadow_us(past[1:], 30 * DAY_US, 58 * DAY_US) == 0
    assert shadow_us([at(70, Mode.LIVE)], 30 * DAY_US, 58 * DAY_US) == 28 * DAY_US


def judged(*words: str) -> Result:
    return RUN.invoke(app, ["detectors", "judge", *words])


def test_findings_are_listed_and_judged_from_the_command_line(database: Engine) -> None:
    judge(database, true=1, false=0)
    found = finding(onset_us=microseconds(SystemClock().now()) - 40 * 3_600_000_000)
    with database.begin() as connection:
        row = to_row(found, ShadowState.STANDING)
        connection.execute(insert(ledger.shadow_findings).values(row))
    waiting = RUN.invoke(app, ["detectors", "findings", "--place", "fenbridge"])
    assert waiting.exit_code == Exit.OK
    assert [line.split()[0] for line in waiting.output.splitlines()] == [found.id]
    said = judged(found.id, "false", "--by", SAM, "--note", "a visitor sat there")
    assert flat(said.output) == f"{found.id} is false, says Sam Example"
    assert judged(found.id, "true", "--by", SAM).exit_code == Exit.OK
    waiting = RUN.invoke(app, ["detectors", "findings", "--place", "fenbridge"])
    assert flat(waiting.output) == "nothing waits to be judged"
    past = RUN.invoke(app, ["detectors", "findings", "--place", "fenbridge", "--judged"]).output
    assert len(past.splitlines()) == 2
    assert f"{found.id} " in past
    assert past.count("[true]") == 2, "the last word counts"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["no-such-finding", "true", "--by", SAM], "stillwell detectors findings --place lists"),
        (["{id}", "true", "--by", "ann@council.example"], "is not a supervisor of fenbridge"),
        (["{id}", "true", "--by", "nobody@council.example"], "has no account"),
        (["{id}", "true", "--by", SAM, "--note", "x" * 2001], "expected 2000 readable ones"),
        (["{id}", "true", "--by", SAM, "--note", "a\x07b"], "expected 2000 readable ones"),
        (["{id}", "perhaps", "--by", SAM], "perhaps"),
    ],
)
def test_what_nobody_may_say_is_refused_and_kept_nowhere(
    database: Engine, words: list[str], told: str
) -> None:
    found = finding(onset_us=microseconds(SystemClock().now()) - 40 * 3_600_000_000)
    with database.begin() as connection:
        row = to_row(found, ShadowState.STANDING)
        connection.execute(insert(ledger.shadow_findings).values(row))
    refused = judged(*(word.replace("{id}", found.id) for word in words))
    assert refused.exit_code != Exit.OK
    assert told in flat(refused.output)
    with database.connect() as connection:
        assert connection.execute(select(ledger.adjudications)).all() == []
