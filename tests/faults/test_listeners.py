"""Fault 16, small: forty pages, four of them frozen. What a busy machine slows is not judged.

A page that was away for more than a thousand changes is told to read anew, as it should be. How
soon a frozen page is dropped hangs on how much the kernel takes for it: `make faults` judges all.
"""

import pytest

from tests.faults import listeners
from tests.faults.test_kills import expect

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_frozen_pages_are_dropped_and_come_back_without_loss() -> None:
    rows = list(listeners.many_listeners(listeners.SMALL))
    slow = ("_ms", "told_to_read_anew", "frozen_evicted")
    expect(iter(row for row in rows if not row.name.endswith(slow)))
    evicted = next(row for row in rows if row.name == "fault.16.frozen_evicted")
    assert evicted.value >= 1
