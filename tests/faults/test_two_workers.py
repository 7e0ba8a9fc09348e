"""Fault 18: two workers on one database, of which the first freezes, or is cut off."""

import pytest

from tests.faults import partition, two_workers
from tests.faults.test_kills import expect

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_a_worker_that_was_followed_while_frozen_stops_and_doubles_nothing() -> None:
    expect(two_workers.frozen_and_followed())


def test_a_worker_that_was_followed_while_cut_off_stops_and_doubles_nothing() -> None:
    expect(partition.cut_off_and_followed())
