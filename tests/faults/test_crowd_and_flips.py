"""Fault 8 (a full disk), 9 (the nights of the clocks), 13 (a tenth of the gateways) and 17."""

import pytest

from tests.faults import broker_db, changed_clocks, crowd, flips, full_disk
from tests.faults.test_kills import expect

pytestmark = pytest.mark.slow


@pytest.mark.server
def test_a_thousand_gateways_come_back_at_once() -> None:
    expect(crowd.all_at_once(1000))


def test_damaged_journals_are_noticed() -> None:
    expect(flips.damaged_journals(30))


@pytest.mark.server
def test_a_broker_whose_sessions_are_damaged_serves_again() -> None:
    expect(broker_db.cut_sessions(2))


@pytest.mark.server
def test_a_full_disk_loses_nothing() -> None:
    rows = list(full_disk.tmpfs_full())
    if not rows:
        pytest.skip("mounting a tmpfs takes root")
    expect(rows)


def test_the_nights_on_which_clocks_change_cost_no_alert() -> None:
    expect(changed_clocks.changed_clocks())
