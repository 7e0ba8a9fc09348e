"""Faults 3 and 18 with ten kills; ``make faults`` runs them whole."""

import pytest

from api.rows import table
from tests.faults import notifier

pytestmark = pytest.mark.slow
KILLS = 10


def test_killed_senders_lose_no_alert_and_show_none_twice() -> None:
    found = list(notifier.notifier_killed(KILLS))
    print("\n" + table(found))  # noqa: T201  # the figures are wanted
    assert not [row for row in found if row.holds is False]
