"""What the Things Stack, Shelly, Tasmota and Theengs say is heard exactly as it was meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.homes import Enrolment, Gateway, Sensor
from config.kinds import KINDS, Kind, Shape
from sensors_sim.dialects.others import THEENGS, WRITERS
from sensors_sim.encode import Encoder
from tests.make import home
from tests.sensors_sim.hearing import NOW_US, deliveries, heard, rows, rows_heard

ADDRESS = {"tts": "milesight-01", "shelly": "shellyht-0a1b2c", "tasmota": "hall/lamp"}


def enrolled(dialect: str) -> Enrolment:
    """Return a home with a device of every kind that the dialect carries, each of its own."""
    kinds = sorted(WRITERS[dialect], key=lambda kind: kind.code)
    address = ADDRESS.get(dialect, "A4C138")
    sensors = tuple(
        Sensor(i + 1, f"sens-{i + 1:06d}", 1, 1, dialect, f"{address}{i}", kind)
        for i, kind in enumerate(kinds)
    )
    return Enrolment((home(),), (Gateway(1, "gate-000001", "fenbridge", 1),), sensors)


def value(kind: Kind, dialect: str) -> st.SearchStrategy[float]:
    row = KINDS[kind.code]
    if row.shape is Shape.EVENT:
        return st.sampled_from([0.0, 1.0])
    if kind is Kind.SIGNAL and dialect != "tasmota":
        return st.integers(0, 50).map(lambda steps: 2.0 * steps)
    return st.integers(int(row.low * 10), int(row.high * 10)).map(lambda tenths: tenths / 10)


@pytest.mark.parametrize("dialect", WRITERS)
@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_readings_come_back_from_decode(dialect: str, data: st.DataObject) -> None:
    homes = enrolled(dialect)
    # Theengs has no time: what it says is of the moment of receipt.
    moments = st.just(0) if dialect == THEENGS else st.integers(0, 86_400_000)
    one = st.integers(0, len(homes.sensors) - 1).flatmap(
        lambda sensor: st.tuples(
            st.just(sensor),
            moments.map(lambda ms: NOW_US - ms * 1000),
            value(homes.sensors[sensor].kind, dialect),
            st.just(NOW_US),
        )
    )
    sent = deliveries(*data.draw(st.lists(one, min_size=1, max_size=20)))
    assert rows_heard(heard(Encoder(homes, "1").encode(sent), homes)) == rows(sent)
