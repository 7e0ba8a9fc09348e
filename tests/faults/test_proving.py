"""Fault 7 with a hasty watch; ``make faults`` freezes and kills every process as shipped."""

from collections.abc import Iterator

import pytest

from tests.faults import proving
from tests.faults.proving import Proving
from tests.faults.test_kills import expect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proving]:
    folder = tmp_path_factory.mktemp("proving")
    with proving.proving(folder, proof_s=5, late_s=30, every_s=1, ping_s=2) as installation:
        yield installation


def test_a_frozen_worker_is_told_outside_and_by_mail(world: Proving) -> None:
    expect(proving.frozen(world, "worker"))


def test_a_killed_worker_that_nobody_starts_again_is_told_outside_and_by_mail(
    world: Proving,
) -> None:
    expect(proving.killed(world, "worker"))


def test_a_killed_web_process_is_told_outside_and_by_mail(world: Proving) -> None:
    expect(proving.killed(world, "web"))


def test_a_frozen_watch_calls_nobody(world: Proving) -> None:
    expect(proving.watch_frozen(world, 5))
