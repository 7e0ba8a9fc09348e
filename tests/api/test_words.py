from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from api.cursors import decode_cursor, encode_cursor
from api.errors import Problem
from api.web import words
from api.web.numbers import numbers
from api.web.pages import ink_on
from config.kinds import KINDS, Kind

LONDON = ZoneInfo("Europe/London")
SUMMER_US = 1_782_820_800 * 1_000_000  # 2026-06-30T12:00:00Z
MINUTE_US = 60_000_000


def test_times_are_the_places_own_in_the_gov_uk_style() -> None:
    assert words.moment(SUMMER_US, LONDON) == "30 June 2026, 13:00"
    assert words.moment(SUMMER_US, UTC) == "30 June 2026, 12:00"
    assert words.since(SUMMER_US, SUMMER_US + MINUTE_US, LONDON) == "13:00"
    assert words.since(SUMMER_US, SUMMER_US + 1440 * MINUTE_US, LONDON) == "30 June 2026, 13:00"
    assert words.iso(SUMMER_US) == "2026-06-30T12:00:00Z"


@pytest.mark.parametrize("us", [-1, 0, 2**62, 10**20])
def test_a_clock_that_is_wrong_by_ages_is_shown_and_does_no_harm(us: int) -> None:
    assert words.moment(us, LONDON)
    assert words.ago(us, SUMMER_US)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "just now"),
        (1, "1 minute ago"),
        (59, "59 minutes ago"),
        (60, "1 hour ago"),
        (125, "2 hours 5 minutes ago"),
        (1440, "1 day ago"),
        (1500, "1 day 1 hour ago"),
        (14400, "10 days ago"),
        (-0.5, "just now"),
        (-120, "2 hours ahead of our clock"),
    ],
)
def test_an_age_is_said_in_its_two_largest_units(minutes: float, text: str) -> None:
    assert words.ago(SUMMER_US - int(minutes * MINUTE_US), SUMMER_US) == text


def test_every_kind_has_words_for_its_values() -> None:
    for row in KINDS:
        assert words.kind(row.kind)
        assert words.value(row.kind, 1.0) != words.value(row.kind, 0.0)
    assert words.value(Kind.CONTACT, 1.0) == "open"
    assert words.value(Kind.TEMPERATURE, 18.46) == "18.5 °C"
    assert words.value(Kind.POWER, 2100.0) == "2,100 W"
    assert words.value(Kind.BATTERY, 84.0) == "84%"


def test_the_numbers_behind_an_alert_are_told_with_their_units() -> None:
    told = numbers(
        {
            "last_sign_us": SUMMER_US,
            "silence_us": 125 * MINUTE_US,
            "usual_gap_us": 0,
            "expected_missed": 6.27,
            "rule": "cap",
            "warmest_c": 16.4,
            "is_offline": True,
            "event": "hidden",
            "surprise": {"one": 1, "two": [1, 2]},
            "nothing": None,
        },
        LONDON,
    )
    assert told == [
        ("Last sign", "30 June 2026, 13:00"),
        ("Quiet for", "2 hours 5 minutes"),
        ("Signs usual in that time", "6.3"),
        ("Decided by", "the cap"),
        ("Warmest room", "16.4 °C"),
        ("Offline", "Yes"),
        ("Surprise", "One: 1; Two: 1, 2"),
    ]


def test_a_cursor_comes_back_as_it_went_and_nothing_else_passes() -> None:
    assert decode_cursor(encode_cursor("Tŷ Coch", 7), str, int) == ("Tŷ Coch", 7)
    for foreign in ("", "x", encode_cursor(1, 2), encode_cursor(2**70, "a"), "=" * 9, "W10"):
        with pytest.raises(Problem):
            decode_cursor(foreign, int, str)


@pytest.mark.parametrize(
    ("colour", "ink"), [("#1d5b79", "#ffffff"), ("#ffdd00", "#0b0c0c"), ("#5a3d7a", "#ffffff")]
)
def test_words_on_the_places_colour_can_be_read(colour: str, ink: str) -> None:
    assert ink_on(colour) == ink


@pytest.mark.parametrize(
    ("text", "is_readable"),
    [
        ("At the door\n19\u00a0°C, tŷ bach \U0001f469\u200d\u2695\ufe0f", True),
        ("a\0b", False),
        ("a\x1b[31m", False),
        ("\u202egnp.exe", False),
    ],
)
def test_what_a_phone_types_is_readable_and_controls_are_not(
    text: str, *, is_readable: bool
) -> None:
    assert words.is_readable(text) is is_readable
