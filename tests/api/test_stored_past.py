import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from api.replay_sources import open_reel
from api.site import Site, create
from api.stored_order import Order
from api.stored_past import Stretch
from config.homes import Enrolment, Sensor
from config.kinds import Kind
from config.problems import ConfigProblem
from config.sensor_table import build_sensor_table
from ingest.batch import build
from ingest.decode import decode
from ingest.message import Message
from ingest.sink import Entry
from ingest.store.embedded import open_store
from sensors_sim.replay import Reel
from tests.make import enrolment
from tests.servers import free_port

PLACES = ("abercoed", "fenbridge")
DAY_US = 86_400_000_000
NOON_US = 1_795_348_800_000_000  # 2026-11-22 12:00 UTC
HOUR_US = 3_600_000_000
CLIMATE = ((Kind.TEMPERATURE, 20.5), (Kind.HUMIDITY, 50.0))


def _homes() -> Enrolment:
    """Return two homes; the first has a Zigbee device that measures two things."""
    made = enrolment(2, kinds=((Kind.MOTION, "hall"),))
    first = max(sensor.number for sensor in made.sensors) + 1
    device = [
        Sensor(first + i, f"climate-{i:04d}", 1, 1, "zigbee2mqtt", "living/climate", kind)
        for i, (kind, _) in enumerate(CLIMATE)
    ]
    return Enrolment(made.homes, made.gateways, (*made.sensors, *device))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return an installation whose store holds five readings, one of them late."""
    made, enrolled = create(
        tmp_path / "live", _homes(), broker_port=free_port(), web_port=free_port()
    )
    number = {sensor.id: sensor.number for sensor in enrolled.sensors}
    table = build_sensor_table(enrolled.homes, enrolled.gateways, enrolled.sensors)
    motion = [s.number for s in enrolled.sensors if s.kind is Kind.MOTION]
    sensor = [motion[0], number["climate-0000"], number["climate-0001"], motion[1], motion[1]]
    time = [NOON_US + i * HOUR_US for i in (0, 1, 1, 2, 30)]
    received = [NOON_US + 5 * HOUR_US, *time[1:]]
    batch = build(sensor, time, [1.0, 20.5, 50.0, 1.0, 0.0], received)
    store = open_store(made.data / "store.db")
    store.append([Entry(1, batch, ())], table.sensor_home)
    store.fold()
    store.close()
    return made


def _reel(
    site: Site, start: str = "2026-11-22", end: str = "2026-11-23", *, home: str = "", **more: str
) -> Reel:
    order = Order(more.get("order", "received"))
    stretch = Stretch(Path(more.get("store", site.data)), start, end, order, site.folder / "new")
    place, gateway = more.get("place", ""), more.get("gateway", "")
    places = tuple(more.get("places", " ".join(PLACES)).split())
    return open_reel("", place=place, gateway=gateway, home=home, places=places, stretch=stretch)


def _told(reel: Reel) -> list[tuple[str, int, float]]:
    """Return (sensor id, hours after noon, value) of what the reel's messages say, in order."""
    assert reel.enrolment is not None
    homes, gateways, sensors = (
        reel.enrolment.homes,
        reel.enrolment.gateways,
        reel.enrolment.sensors,
    )
    table = build_sensor_table(homes, gateways, sensors)
    sent = [message for part in reel.slices() for message in part.messages]
    back = decode([Message(m.topic.encode(), m.payload, m.time_us) for m in sent], table)
    assert not back.rejects
    time_us = back.batch.time.astype(np.int64).tolist()
    rows = zip(back.batch.sensor.tolist(), time_us, back.batch.value.tolist(), strict=True)
    return [(table.sensors[i].id, (t - NOON_US) // HOUR_US, v) for i, t, v in rows]


def test_a_stretch_is_told_with_the_ids_it_has_and_without_labels(site: Site) -> None:
    reel = _reel(site)
    assert reel.enrolment is not None
    assert [home.id for home in reel.enrolment.homes] == ["home-000001", "home-000002"]
    assert {home.label for home in reel.enrolment.homes} == {"Replayed home 1", "Replayed home 2"}
    assert reel.gateways == ["gate-000001", "gate-000002"]
    assert sorted(_told(reel)) == [
        ("climate-0000", 1, 20.5),
        ("climate-0001", 1, 50.0),
        ("sens-000002", 0, 1.0),
        ("sens-000004", 2, 1.0),
    ]


def test_readings_come_as_received_or_in_order_of_time(site: Site) -> None:
    received, by_time = _reel(site), _reel(site, order="time")
    assert _told(received)[-1][0] == "sens-000002"
    assert received.end_us == NOON_US + 5 * HOUR_US
    assert _told(by_time)[0][0] == "sens-000002"
    assert by_time.end_us == NOON_US + 2 * HOUR_US
    assert received.digest != by_time.digest


def test_moments_and_one_home_may_be_picked(site: Site) -> None:
    assert [row[0] for row in _told(_reel(site, home="home-000002"))] == ["sens-000004"]
    short = _reel(site, "2026-11-22T13:30:00+01:00", "2026-11-22T13:30:00Z")
    assert [row[0] for row in _told(short)] == ["climate-0000", "climate-0001"]
    moved = _reel(site, place="abercoed", places="abercoed")
    assert moved.enrolment is not None
    assert {home.place for home in moved.enrolment.homes} == {"abercoed"}


def test_a_settings_file_names_its_data_folder(site: Site) -> None:
    assert _told(_reel(site, store=str(site.settings))) == _told(_reel(site))


def test_the_store_is_left_as_it_was(site: Site) -> None:
    before = {path.name: path.read_bytes() for path in site.data.iterdir()}
    for path in site.data.iterdir():
        path.chmod(0o400)
    list(_reel(site).slices())
    assert {name: (site.data / name).read_bytes() for name in before} == before


def test_a_reading_whose_sensor_is_gone_is_counted(site: Site) -> None:
    connection = sqlite3.connect(site.data / "stillwell.db")
    with connection:
        connection.execute("DELETE FROM sensors WHERE id = 'climate-0001'")
    connection.close()
    assert list(_reel(site).notes) == [
        "1 readings of sensors that are not enrolled any more: left out"
    ]


def _newer(site: Site) -> None:
    connection = sqlite3.connect(site.data / "stillwell.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def _damaged(site: Site) -> None:
    connection = sqlite3.connect(site.data / "store.db")
    with connection:
        connection.execute("UPDATE pieces SET checksum = checksum + 1")
    connection.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"start": "2026-11-23", "end": "2026-11-22"}, "--from 2026-11-23 is not before --to"),
        ({"start": "2026-11-22", "end": "2026-11-22"}, "is not before --to 2026-11-22"),
        ({"start": "", "end": "2026-11-22"}, "--from is not given, expected a day (2026-11-22"),
        ({"end": "tomorrow"}, "--to is tomorrow, expected a day"),
        ({"start": "2026-11-22T07:30:00"}, "--from is 2026-11-22T07:30:00, expected a day"),
        ({"start": "2020-01-01", "end": "2020-02-01"}, "holds no reading from 2020-01-01 to"),
        ({"home": "home-000009"}, "has no home 'home-000009', expected one of home-000001"),
        ({"places": "northmoor"}, "no place 'fenbridge' here; say where its homes go with --place"),
        ({"place": "atlantis-1"}, "there is no place 'atlantis-1', expected one of abercoed"),
        ({"gateway": "gateway-1"}, "--gateway is not for a store"),
        ({"store": "/nowhere-at-all"}, "/nowhere-at-all has no store.db, expected the data folder"),
    ],
)
def test_a_wrong_range_is_told_with_what_was_expected(
    site: Site, words: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigProblem) as caught:
        _reel(site, **words)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_newer, r"stillwell.db is of revision 9999, this version reads .*: use the version that"),
        (_damaged, r"store.db: store: a piece of home 1, day 2026-11-22, is damaged"),
        (lambda site: (site.data / "stillwell.db").write_bytes(b"?" * 999), "cannot be read"),
        (lambda site: (site.data / "store.db").write_bytes(b"?" * 999), "store.db"),
    ],
)
def test_a_store_that_cannot_be_used_is_told(
    site: Site, spoil: Callable[[Site], object], told: str
) -> None:
    spoil(site)
    with pytest.raises(ConfigProblem, match=told):
        _reel(site)


def test_an_installation_is_not_replayed_into_itself(site: Site) -> None:
    stretch = Stretch(site.data, "2026-11-22", "2026-11-23", Order.RECEIVED, site.data)
    with pytest.raises(ConfigProblem, match="is the data folder that is replayed into"):
        open_reel("", place="", gateway="", home="", places=PLACES, stretch=stretch)
