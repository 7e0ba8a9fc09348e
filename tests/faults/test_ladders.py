"""Faults 11, 12 and 14; ``make faults`` prints the same rows."""

from tests.faults import ladders, whole_council
from tests.faults.test_kills import expect


def test_a_channel_that_fails_for_an_hour_delivers_once_and_the_ladder_goes_on() -> None:
    expect(ladders.channels_fail())


def test_every_step_fires_at_its_time_across_restarts_and_a_late_one_is_seen() -> None:
    expect(ladders.nobody_answers())


def test_a_council_that_goes_offline_is_one_alert_and_falls_are_told_at_once() -> None:
    expect(whole_council.whole_council())
