"""What other settings change: every alert of either side once, with what became of it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alerts.bill import Rates, bill
from alerts.detect.columns import NEVER
from alerts.difference import NEAR_US, Change, compare, is_identical
from alerts.past import Alerts
from tests.alerts.world import HOUR, START

Row = tuple[str, str, str, int]
"""(id, subject, kind, hour raised)."""

ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdefghij"),
        st.sampled_from(["home-000001", "home-000002"]),
        st.sampled_from(["cold-home", "no-sign-of-life"]),
        st.integers(0, 60),
    ),
    max_size=8,
    unique_by=lambda row: row[0],
)
RATES = Rates({"P1": 10, "P2": 6, "P3": 5, "T": 1}, 2.4, 365)


def alerts(rows: list[Row], priority: str = "P2", returns: int = 0) -> Alerts:
    rows = sorted(rows, key=lambda row: (row[3], row[0]))
    raised = np.array([START + row[3] * HOUR for row in rows], np.int64)
    n = len(rows)
    return Alerts(
        np.array([row[0] for row in rows], np.str_),
        np.array([row[1] for row in rows], np.str_),
        np.array([row[2] for row in rows], np.str_),
        np.array([priority] * n, np.str_),
        raised,
        raised,
        np.full(n, returns, np.int64),
        np.array(["."] * n, np.str_),
    )


def test_each_kind_of_change_is_named() -> None:
    home = "home-000001"
    before = alerts(
        [
            ("a", home, "no-sign-of-life", 1),
            ("b", home, "no-sign-of-life", 20),
            ("c", home, "cold-home", 5),
            ("d", home, "not-back", 6),
            ("f", home, "outage", 7),
        ]
    )
    after = alerts(
        [
            ("a", home, "no-sign-of-life", 1),
            ("b", home, "no-sign-of-life", 18),
            ("e", home, "cold-home", 9),
            ("g", "home-000002", "not-back", 6),
            ("h", home, "outage", 30),
        ]
    )
    changes = compare(before, after)
    found = dict(zip(changes.id.tolist(), changes.change.tolist(), strict=True))
    assert found == {
        "a": "same",
        "b": "earlier",
        "e": "later",
        "d": "removed",
        "g": "added",
        "f": "removed",
        "h": "added",
    }


@given(ROWS, ROWS)
def test_every_alert_of_either_side_is_told_once(left: list[Row], right: list[Row]) -> None:
    before, after = alerts(left), alerts(right)
    changes = compare(before, after)
    has_old, has_new = changes.before_us != NEVER, changes.after_us != NEVER
    assert (has_old | has_new).all()
    assert sorted(changes.before_us[has_old]) == sorted(before.raised_us)
    assert sorted(changes.after_us[has_new]) == sorted(after.raised_us)
    assert changes.count(Change.ADDED) == int((~has_old).sum())
    assert changes.count(Change.REMOVED) == int((~has_new).sum())
    moved = changes.after_us[has_old & has_new] - changes.before_us[has_old & has_new]
    assert changes.count(Change.EARLIER) == int((moved < 0).sum())
    shared = {row[0] for row in left} & {row[0] for row in right}
    assert np.isin(sorted(shared), changes.id[has_old & has_new]).all()


@given(ROWS)
def test_the_same_alerts_are_identical_and_nothing_changes(rows: list[Row]) -> None:
    assert is_identical(alerts(rows), alerts(rows))
    assert compare(alerts(rows), alerts(rows)).count(Change.SAME) == len(rows)
    assert not rows or not is_identical(alerts(rows), alerts(rows, returns=1))


def test_alerts_far_apart_are_not_the_same_condition() -> None:
    far = 1 + NEAR_US // HOUR
    before = alerts([("a", "home-000001", "cold-home", 0)])
    after = alerts([("b", "home-000001", "cold-home", far)])
    assert compare(before, after).change.tolist() == ["removed", "added"]


def test_a_bill_shows_its_sums() -> None:
    made = bill(alerts([("a", "home-000001", "cold-home", n) for n in range(40)]), 30, RATES)
    assert made.hours == 4.0
    assert made.messages == 40
    assert made.sms_pounds == 0.24
    assert "P2: 40 x 6 min = 240 min" in made.sums
    assert "staff time: 240 min / 60 = 4.0 h" in made.sums
    assert "SMS: 40 - 30 = 10 x 2.4p = £0.24" in made.sums


def test_an_alert_that_came_back_takes_time_and_a_message_again() -> None:
    once = bill(alerts([("a", "home-000001", "cold-home", 1)]), 1, RATES)
    twice = bill(alerts([("a", "home-000001", "cold-home", 1)], returns=1), 1, RATES)
    assert (once.messages, twice.messages) == (1, 2)
    assert twice.hours == 2 * once.hours
