"""Fault 16, small: forty pages, four of them frozen. What a busy machine slows is not judged."""

import pytest

from tests.faults import listeners
from tests.faults.test_kills import expect

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_frozen_pages_are_dropped_and_come_back_without_loss() -> None:
    rows = listeners.many_listeners(listeners.SMALL)
    expect(row for row in rows if not row.name.endswith("_ms"))
