"""Faults 4, 6, 8, 9, 10, 19 and 20 on one installation."""

from collections.abc import Callable, Iterator

import pytest

from api.rows import Row
from tests.e2e.stack import Stack
from tests.faults import living, restoring
from tests.faults.test_kills import expect

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with living.installed(tmp_path_factory.mktemp("living")) as installation:
        yield installation


FAULTS = [*living.ALL, restoring.restored_elsewhere]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_loses_nothing(fault: Callable[[Stack], Iterator[Row]], stack: Stack) -> None:
    expect(fault(stack))
