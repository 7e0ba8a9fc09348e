"""Fault 5."""

import pytest

from tests.faults import silent
from tests.faults.test_kills import expect


@pytest.mark.server
@pytest.mark.slow
def test_a_broker_that_loses_in_silence_is_named() -> None:
    expect(silent.default_settings())
