"""H8: a restart with many open alerts; ``make faults`` does it with ten thousand."""

import pytest

from tests.faults import restarts
from tests.faults.test_kills import expect

pytestmark = [pytest.mark.server, pytest.mark.slow]


def test_restarted_processes_repeat_nothing_of_what_is_open() -> None:
    expect(restarts.many_open(500))
