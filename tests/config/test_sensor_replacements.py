"""Another device takes the place of a sensor: number and history stay, the old one is strange."""

import pytest
from sqlalchemy import Engine, select, update

from config import (
    announcement_rows,
    audit,
    gateway_tables,
    moves,
    registry,
    sensor_replacements,
    tables,
)
from config.announced import AnnouncedDevice, Announcement, Source
from config.homes import HomeState, Sensor
from config.kinds import Kind
from config.problems import ConfigProblem
from config.sensor_replacements import NewDevice
from config.sensor_table import SensorTable
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
T0 = 1_800_000_000_000_000
HOUR = 3_600_000_000
STATUS, MOVES, WARM, SMOKE = (f"sens-{n:06d}" for n in (1, 2, 3, 4))
KINDS = ((Kind.MOTION, "hall"), (Kind.TEMPERATURE, ""), (Kind.SMOKE, "kitchen"))
NEW = "new-thermometer"


@pytest.fixture
def database() -> Engine:
    made = new_database()
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2, kinds=KINDS), now_us=T0)
    return made


def put(
    database: Engine,
    sensor: str = WARM,
    address: str = NEW,
    *,
    at_us: int = T0 + HOUR,
    why: str = "Its battery leaks",
    gateway: str = "",
    dialect: str = "",
    model: str = "",
) -> list[Sensor]:
    new = NewDevice(address, gateway, dialect, model)
    with database.begin() as connection:
        made = sensor_replacements.replace_device(connection, sensor, new, "olga", at_us, why=why)
    return [*made]


def table_of(database: Engine) -> SensorTable:
    with database.connect() as connection:
        return registry.load(connection)


def number_of(table: SensorTable, sensor: str) -> int:
    return next(number for number, one in table.sensors.items() if one.id == sensor)


def measured(
    database: Engine, address: str, gateway: int = 1, dialect: str = "native"
) -> dict[Kind, int]:
    device = table_of(database).device(gateway, dialect, address)
    return {} if device is None else dict(device.sensors)


def set_address(database: Engine, sensor: str, address: str, dialect: str = "native") -> None:
    s = tables.sensors
    with database.begin() as connection:
        changed = update(s).where(s.c.id == sensor).values(address=address, dialect=dialect)
        connection.execute(changed)


def announce(database: Engine, *devices: AnnouncedDevice, gateway: int = 1) -> None:
    said = Announcement(gateway, Source.BRIDGE, T0, devices)
    with database.begin() as connection:
        assert announcement_rows.keep(connection, said)


def refused(database: Engine, *args: str, **values: str) -> str:
    """Return why it is refused; nothing is changed then."""
    before = table_of(database)
    with pytest.raises(ConfigProblem) as caught:
        put(database, *args, **values)  # type: ignore[arg-type]  # of words only
    after = table_of(database)
    assert (after.revision, after.sensors) == (before.revision, before.sensors)
    with database.connect() as connection:
        assert not connection.execute(select(gateway_tables.replaced_sensors)).all()
    return str(caught.value)


def test_the_number_stays_and_only_the_new_address_is_heard(database: Engine) -> None:
    before = table_of(database)
    number = number_of(before, WARM)
    old = before.sensors[number]
    (told,) = put(database, model="NEW-1")
    after = table_of(database)
    assert after.revision > before.revision
    assert after.sensors[number] == told
    assert (told.id, told.kind, told.room, told.home) == (WARM, old.kind, old.room, old.home)
    assert (told.address, told.model, told.replaced_us) == (NEW, "NEW-1", T0 + HOUR)
    assert after.sensor_replaced_us[number] == T0 + HOUR
    assert after.sensor_replaced_us.sum() == T0 + HOUR
    assert measured(database, NEW) == {old.kind: number}
    assert measured(database, old.address) == {}


def test_all_that_a_device_measures_goes_to_the_new_one(database: Engine) -> None:
    address = table_of(database).sensors[number_of(table_of(database), WARM)].address
    set_address(database, MOVES, address)
    assert [one.id for one in put(database)] == [MOVES, WARM]
    assert len(measured(database, NEW)) == 2
    with database.connect() as connection:
        told = sensor_replacements.old_devices(connection, 1)
    assert {(one.sensor, one.address) for one in told} == {(MOVES, address), (WARM, address)}


def test_what_spoke_for_it_is_told_the_newest_first(database: Engine) -> None:
    first = table_of(database).sensors[number_of(table_of(database), WARM)]
    put(database, address="second-0001", model="M2")
    put(database, address="third-00001", at_us=T0 + 3 * HOUR, why="It fell down")
    with database.connect() as connection:
        newest, oldest = sensor_replacements.old_devices(connection, 1)
        assert sensor_replacements.old_devices(connection, 2) == []
    assert (newest.address, newest.model, newest.why) == ("second-0001", "M2", "It fell down")
    assert (newest.replaced_us, newest.replaced_by) == (T0 + 3 * HOUR, "olga")
    assert (oldest.address, oldest.gateway) == (first.address, "gate-000001")
    table = table_of(database)
    assert table.sensor_replaced_us[number_of(table, WARM)] == T0 + 3 * HOUR


def test_who_replaced_it_is_in_the_audit_log_without_what_a_hub_calls_it(database: Engine) -> None:
    put(database)
    a = tables.audit.c
    with database.connect() as connection:
        query = select(a.actor, a.subject, a.detail).where(a.what == "sensor-replaced")
        (row,) = connection.execute(query).all()
        assert audit.verify(connection) == []
    assert (row.actor, row.subject) == ("olga", f"sensor:{WARM}")
    assert NEW not in str(row.detail)


def test_a_device_that_was_replaced_can_be_enrolled_again_here_or_elsewhere(
    database: Engine,
) -> None:
    eui = "0x00158d0001a2b3c4"
    set_address(database, WARM, eui, "zigbee2mqtt")
    put(database, address="bathroom-temperature")
    with database.connect() as connection:
        assert ("device", eui[2:]) not in registry.taken(connection)
    other = f"sens-{2 + len(KINDS) + 2:06d}"
    put(database, other, eui, dialect="zigbee2mqtt", at_us=T0 + 2 * HOUR)
    assert measured(database, eui, 2, "zigbee2mqtt") != {}
    assert measured(database, eui, 1, "zigbee2mqtt") == {}
    put(database, MOVES, "native-again", at_us=T0 + 2 * HOUR)
    put(database, MOVES, "motion-0", at_us=T0 + 3 * HOUR)  # it came back from repair
    assert measured(database, "motion-0") == {Kind.MOTION: number_of(table_of(database), MOVES)}


def test_the_new_one_may_speak_through_another_gateway_of_the_home(database: Engine) -> None:
    with database.begin() as connection:
        g = tables.gateways
        connection.execute(update(g).where(g.c.number == 2).values(home=1))
    put(database, gateway="gate-000002", dialect="shelly", address="shellyht-a4cf12f45678")
    assert measured(database, "shellyht-a4cf12f45678", 2, "shelly") != {}
    with database.connect() as connection:
        (one,) = sensor_replacements.old_devices(connection, 1)
    assert (one.gateway, one.dialect) == ("gate-000001", "native")


@pytest.mark.parametrize(
    ("sensor", "values", "said"),
    [
        ("nobody-knows", {}, "there is no sensor"),
        (STATUS, {}, "replace the gateway instead"),
        (WARM, {"address": "motion-0"}, "motion sensor in the hall of this home has that address"),
        (WARM, {"address": "temperature-1"}, "is the address that it has"),
        (WARM, {"address": "a/+/b"}, "without"),
        (WARM, {"address": " "}, "has 0 characters"),
        (WARM, {"address": "x" * 256}, "has 256 characters"),
        (WARM, {"address": "two\nlines"}, "the address has"),
        (WARM, {"why": " "}, "why has 0 characters"),
        (WARM, {"model": "x" * 81}, "the model has 81 characters"),
        (WARM, {"dialect": "morse"}, "expected one of native"),
        (WARM, {"gateway": "gate-000002"}, "is no gateway of this home"),
        (WARM, {"gateway": "gate-999999"}, "is no gateway of this home"),
    ],
)
def test_a_wrong_replacement_is_told_and_nothing_is_changed(
    database: Engine, sensor: str, values: dict[str, str], said: str
) -> None:
    assert said in refused(database, sensor, **values)


@pytest.mark.parametrize("spelling", ["0x00158d0001a2b3c4", "0X00158D0001A2B3C4"])
def test_a_device_of_another_home_is_refused_without_saying_which(
    database: Engine, spelling: str
) -> None:
    other = f"sens-{2 + len(KINDS) + 2:06d}"
    set_address(database, other, spelling, "zigbee2mqtt")
    set_address(database, WARM, "old-name", "zigbee2mqtt")
    said = refused(database, WARM, "0x00158d0001a2b3c4")
    assert "is enrolled in another home" in said
    assert "home-000002" not in said
    with database.begin() as connection:
        registry.set_home_state(connection, ["home-000002"], HomeState.ENDED)
    put(database, WARM, "0x00158d0001a2b3c4")


def test_a_double_press_replaces_it_once(database: Engine) -> None:
    put(database)
    with pytest.raises(ConfigProblem, match="is the address that it has"):
        put(database, at_us=T0 + HOUR + 1)
    with database.connect() as connection:
        assert len(sensor_replacements.old_devices(connection, 1)) == 1


class TestOfAnAnnouncedDevice:
    """Of what its hub announces it is known what it tells, and under which name."""

    IEEE = "0x00158d00000000a1"

    @pytest.fixture(autouse=True)
    def _speaks_zigbee(self, database: Engine) -> None:
        set_address(database, WARM, "bath-sensor", "zigbee2mqtt")
        set_address(database, MOVES, "bath-sensor", "zigbee2mqtt")

    def device(self, name: str = "hall-motion", *kinds: Kind) -> AnnouncedDevice:
        return AnnouncedDevice(self.IEEE, name, "M-9", "Invented", kinds)

    def test_it_is_named_by_its_zigbee_address_and_heard_under_its_name(
        self, database: Engine
    ) -> None:
        announce(database, self.device("hall-motion", Kind.MOTION, Kind.TEMPERATURE))
        made = put(database, address=self.IEEE.upper().replace("0X", "0x"))
        assert {(one.address, one.model) for one in made} == {("hall-motion", "M-9")}

    def test_one_that_tells_less_is_refused_with_what_to_do(self, database: Engine) -> None:
        announce(database, self.device("hall-motion", Kind.MOTION, Kind.HUMIDITY))
        said = refused(database, WARM, "hall-motion")
        assert "does not tell temperature" in said
        assert "choose one that does, or add this one as a further sensor" in said

    def test_a_battery_less_may_be_told(self, database: Engine) -> None:
        s = tables.sensors
        with database.begin() as connection:
            changed = update(s).where(s.c.id == SMOKE)
            connection.execute(
                changed.values(
                    address="bath-sensor", dialect="zigbee2mqtt", kind=Kind.BATTERY.value
                )
            )
        announce(database, self.device("hall-motion", Kind.MOTION, Kind.TEMPERATURE))
        assert len(put(database, address="hall-motion")) == 3

    def test_one_without_a_name_that_may_be_kept_is_refused(self, database: Engine) -> None:
        announce(database, self.device("", Kind.MOTION, Kind.TEMPERATURE))
        assert "rename it" in refused(database, WARM, self.IEEE)

    def test_one_that_is_announced_no_more_is_refused(self, database: Engine) -> None:
        announce(database, self.device("hall-motion", Kind.MOTION, Kind.TEMPERATURE))
        announce(database)
        assert "is announced no more" in refused(database, WARM, "hall-motion")

    def test_one_that_is_enrolled_in_another_home_is_refused(self, database: Engine) -> None:
        other = f"sens-{2 + len(KINDS) + 2:06d}"
        set_address(database, other, self.IEEE, "zigbee2mqtt")
        announce(database, self.device("hall-motion", Kind.MOTION, Kind.TEMPERATURE))
        assert "is enrolled in another home" in refused(database, WARM, "hall-motion")

    def test_a_movement_sensor_serves_as_a_pad(self) -> None:
        pad = Sensor(1, "sens-000001", 1, 1, "zigbee2mqtt", "bed-strap", Kind.BED)
        assert sensor_replacements.missing([pad], [Kind.MOTION]) == []
        assert sensor_replacements.missing([pad], [Kind.TEMPERATURE]) == [Kind.BED]


def test_a_home_that_moves_to_another_place_takes_its_replacements_along(database: Engine) -> None:
    put(database)
    with database.begin() as connection:
        moves.move(connection, [1], "northdale")
    with database.connect() as connection:
        (one,) = sensor_replacements.old_devices(connection, 1)
    assert one.sensor == WARM
    assert measured(database, NEW) != {}


def test_what_an_old_address_was_is_known_for_a_call_for_help(database: Engine) -> None:
    before = table_of(database)
    address = before.sensors[number_of(before, WARM)].address
    assert before.former == {}
    put(database)
    table = table_of(database)
    assert table.device(1, "native", address) is None
    known = table.known_device(1, "native", address)
    assert known is not None
    assert known.sensors[before.sensors[number_of(before, WARM)].kind] == number_of(table, WARM)
