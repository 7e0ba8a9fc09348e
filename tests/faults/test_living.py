"""Faults 4, 6, 8, 9, 10 and 20 on one installation."""

from collections.abc import Callable, Iterator

import pytest

from api.rows import Row
from tests.e2e.stack import Stack
from tests.faults import living
from tests.faults.test_kills import expect

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with living.installed(tmp_path_factory.mktemp("living")) as installation:
        yield installation


@pytest.mark.parametrize("fault", living.ALL, ids=lambda fault: fault.__name__)
def test_a_fault_loses_nothing(fault: Callable[[Stack], Iterator[Row]], stack: Stack) -> None:
    expect(fault(stack))
