"""Faults 13, with a tenth of the gateways, and 17."""

import pytest

from tests.faults import crowd, flips
from tests.faults.test_kills import expect

pytestmark = pytest.mark.slow


@pytest.mark.server
def test_a_thousand_gateways_come_back_at_once() -> None:
    expect(crowd.all_at_once(1000))


def test_damaged_journals_are_noticed() -> None:
    expect(flips.damaged_journals(30))
