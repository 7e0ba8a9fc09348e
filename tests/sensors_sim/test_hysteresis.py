from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors_sim.hysteresis import reports
from tests.naive import hysteresis

TENTHS = st.integers(-300, 600).map(lambda tenths: Decimal(tenths) / 10)
DEVICES = st.integers(1, 6).flatmap(
    lambda looks: st.lists(st.lists(TENTHS, min_size=looks, max_size=looks), min_size=1, max_size=5)
)


@given(DEVICES, st.integers(1, 60).map(lambda n: Decimal(n) / 10), st.sampled_from(["0", "0.3"]))
def test_a_device_reports_what_a_plain_loop_reports(
    seen: list[list[Decimal]], band: Decimal, share: str
) -> None:
    value = np.array([[float(v) for v in device] for device in seen]).T
    told = reports(value, float(band), float(share))
    expected = [hysteresis.reports(device, band, Decimal(share)) for device in seen]
    assert told.T.tolist() == expected


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        ([20.0, 20.2, 20.3, 20.4, 20.6], [True, False, True, False, True]),
        ([20.0, 20.0, 20.0], [True, False, False]),
        ([20.4, 20.1], [True, True]),
        ([5.0], [True]),
    ],
)
def test_small_changes_add_up_until_they_are_told(seen: list[float], told: list[bool]) -> None:
    assert reports(np.array(seen)[:, None], 0.3)[:, 0].tolist() == told
