"""What decided an alert, in words and as bars, from its own numbers."""

import re
from zoneinfo import ZoneInfo

from alerts.alert import AlertKind
from alerts.explained import RULES
from api.web import explained_texts
from api.web.decided import decided, said

LONDON = ZoneInfo("Europe/London")
HOUR = 3_600_000_000
SILENCE = {
    "rule": "score",
    "expected_missed": 9.04,
    "limit": 8.0,
    "usual_low": 3.0,
    "usual_high": 5.5,
    "silence_us": 5 * HOUR,
    "floor_us": 4 * HOUR,
    "cap_us": 12 * HOUR,
}


def test_each_comparison_is_a_sentence_with_its_limit_and_what_is_usual() -> None:
    rows = decided(AlertKind.NO_SIGN_OF_LIFE, SILENCE, LONDON)
    assert [(row.what, row.text) for row in rows] == [
        (
            "Usual signs that did not come",
            "9.0, raised above 8.0. Usual on eight days of ten: 3.0 to 5.5.",
        ),
        ("Quiet for", "5 hours, raised from 4 hours on."),
    ]
    assert said(AlertKind.NO_SIGN_OF_LIFE, SILENCE) >= {"limit", "usual_low", "floor_us"}
    assert "cap_us" not in said(AlertKind.NO_SIGN_OF_LIFE, SILENCE)


def test_figures_are_told_apart_by_as_many_decimals_as_it_takes() -> None:
    cold = {"rule": "beyond", "warmest_c": 17.98, "limit_c": 18.0, "lasted_us": 1, "dwell_us": 1}
    first = decided(AlertKind.COLD_HOME, cold, LONDON)[0]
    assert first.text == "17.98 °C, raised below 18.00 °C."


def test_times_of_the_day_and_shares_read_as_such() -> None:
    dose = {
        "rule": "usual time", "now_min": 600, "due_min": 575.5, "usual_low_min": 450,
        "usual_high_min": 510, "judged_share": 0.9, "limit": 0.8, "days_learned": 14.0,
        "days_needed": 6.0,
    }  # fmt: skip
    texts = [row.text for row in decided(AlertKind.MISSED_DOSE, dose, LONDON)]
    assert texts == [
        "10:00, raised from 09:35 on. Usual on eight days of ten: 07:30 to 08:30.",
        "90 %, raised from 80 % on.",
        "14, raised from 6 on.",
    ]


def test_the_bar_is_longer_than_the_limit_where_more_was_seen_and_shorter_where_less() -> None:
    over = str(decided(AlertKind.NO_SIGN_OF_LIFE, SILENCE, LONDON)[0].picture)
    hush = {"rule": "hush", "heard": 1, "heard_limit": 2.5, "expected": 10.0, "expected_least": 5.0}
    under = str(decided(AlertKind.OUTAGE, hush, LONDON)[0].picture)
    for drawn, is_over in ((over, True), (under, False)):
        length = re.search(r'why-value" x="0" y="30%" width="([\d.]+)%', drawn)
        limit = re.search(r'why-limit" x1="([\d.]+)%', drawn)
        assert length is not None
        assert limit is not None
        assert (float(length[1]) > float(limit[1])) is is_over
    assert "why-usual" in over
    assert "why-usual" not in under


def test_each_tier_of_homes_that_an_outage_hides_is_told() -> None:
    hidden = {"unseen_h": {"1": 2.5, "2": 4.1}, "limit_h": {"1": 2.0, "2": 4.0}}
    rows = decided(AlertKind.UNWATCHED_HOME, hidden, LONDON)
    assert [row.what for row in rows] == ["Not seen for, risk tier 1", "Not seen for, risk tier 2"]
    assert rows[0].text == "2 hours 30 minutes, raised from 2 hours on."


def test_every_comparison_has_its_name_in_the_catalogue() -> None:
    told = {test.what for of in RULES.values() for rule in of.values() for test in rule}
    assert told == set(explained_texts.TEXTS)
