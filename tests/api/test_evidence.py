"""The picture of why: what was, over what is usual, held against a plain loop."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from alerts.alert import AlertKind
from api.web import evidence, evidence_svg, why
from api.web.evidence import Measure
from ingest.batch import Batch, build, ordered
from ingest.clock import Instant, microseconds
from tests.api.life import DAY_US, HOUR_US, MINUTE_US, A, four_weeks, sensors_of

NOW = np.datetime64("2026-03-03T14:10:00", "us")
LONDON = ZoneInfo("Europe/London")
SENSORS = sensors_of(A, 1, 1)


def shown(measure: Measure, batch: Batch, onset: Instant, decided: Instant) -> evidence.Evidence:
    ends = (microseconds(onset), microseconds(decided), microseconds(decided))
    window = evidence.window(*ends, LONDON)
    return evidence.build(batch, SENSORS, measure, window, LONDON)


def moved(hours: list[float], days: int) -> Batch:
    """Return movement in the hall at these hours of each of so many days until NOW."""
    midnight = microseconds(NOW) - microseconds(NOW) % DAY_US
    at = [midnight - day * DAY_US + int(h * HOUR_US) for day in range(days) for h in hours]
    beats = [midnight - days * DAY_US + n * 15 * MINUTE_US for n in range(days * 96 + 56)]
    time = at + beats
    sensor = [1] * len(at) + [7] * len(beats)
    batch = ordered(build(sensor, time, [1.0] * len(at) + [19.5] * len(beats), time))
    return batch.take(batch.time <= NOW)


def test_the_usual_of_each_half_hour_is_that_of_a_plain_loop() -> None:
    batch = four_weeks(SENSORS, NOW, seed=3)
    found = shown(Measure.HEARD, batch, NOW - np.timedelta64(2, "h"), NOW)
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * found.window.start)
    for i in range(found.window.now - found.window.start - 1):
        counts = []
        for day in range(1, evidence.DAYS + 1):
            first = np.datetime64(
                (start + timedelta(minutes=30 * i, days=-day)).replace(tzinfo=None)
            )
            last = first + np.timedelta64(30, "m")
            counts.append(int(((batch.time >= first) & (batch.time < last)).sum()))
        low, high = np.percentile(counts, (10, 90))
        assert found.low[i] == pytest.approx(low)
        assert found.high[i] == pytest.approx(high)


def test_a_silence_shows_no_sign_over_a_usual_that_has_some() -> None:
    batch = moved([8.2, 9.1, 11.7, 12.2, 13.4], 15)
    quiet = batch.take((batch.time < NOW - np.timedelta64(3, "h")) | (batch.sensor == 7))
    found = shown(Measure.SIGNS, quiet, NOW - np.timedelta64(150, "m"), NOW)
    assert found.total == 0
    assert found.usual == (3.0, 3.0, 3.0)
    assert "no signs. Usual at that time: 3" in why.summary(found)
    drawn = evidence_svg.draw(found)
    assert drawn.count('class="why-edge"') == 2
    assert "<text" not in drawn


def test_what_nobody_could_see_is_unknown_never_nought() -> None:
    batch = moved([8.2, 9.1, 12.2, 13.4], 15)
    lost = batch.take(batch.time < NOW - np.timedelta64(5, "h"))
    found = shown(Measure.SIGNS, lost, NOW - np.timedelta64(2, "h"), NOW)
    assert np.isnan(found.total)
    assert "nothing is known" in why.summary(found)
    assert 'class="why-unknown"' in evidence_svg.draw(found)


def test_what_lies_ahead_is_neither_value_nor_row() -> None:
    found = shown(Measure.SIGNS, moved([8.2], 15), NOW - np.timedelta64(2, "h"), NOW)
    ahead = found.value[found.window.now - found.window.start :]
    assert np.isnan(ahead).all()


def test_an_empty_past_says_that_nothing_is_usual_yet() -> None:
    found = shown(Measure.SIGNS, moved([8.2], 1), NOW - np.timedelta64(2, "h"), NOW)
    assert found.days < 3
    assert np.isnan(found.usual).all()
    assert "not known yet" in why.summary(found)
    assert 'class="why-usual"' not in evidence_svg.draw(found)


def test_the_window_is_whole_quarters_of_a_day_and_at_most_two_days() -> None:
    end = microseconds(NOW)
    for hours in (0, 1, 7, 30, 47, 400):
        window = evidence.window(end - hours * HOUR_US, end, end, LONDON)
        assert window.start % 12 == 0
        assert window.stop % 12 == 0
        assert 12 <= window.stop - window.start <= 96
        assert window.start < window.decided <= window.stop


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_band_stands_at_the_same_hour_on_both_clock_change_days(day: str) -> None:
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=LONDON)
    at = [int((noon - timedelta(days=d)).timestamp()) * 1_000_000 for d in range(15)]
    batch = ordered(build([1] * 15, at, [1.0] * 15, at))
    end = np.datetime64(at[0] + HOUR_US, "us")
    found = shown(Measure.HEARD, batch, end - np.timedelta64(2, "h"), end)
    index = next(i for i in range(len(found.low)) if found.low[i] > 0)
    assert (found.window.start + index) % 48 == 24, "noon on the wall clock of the place"


def test_degrees_are_those_of_the_warmest_room() -> None:
    found = shown(Measure.WARMEST, moved([8.2], 15), NOW - np.timedelta64(2, "h"), NOW)
    assert found.total == pytest.approx(19.5)
    assert "the warmest room was at 19.5 °C" in why.summary(found)
    assert evidence.measure_of(AlertKind.COLD_HOME) is Measure.WARMEST
