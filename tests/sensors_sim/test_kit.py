import re

from config.homes import ID_PATTERN, GoesOut
from config.kinds import Kind
from config.sensor_table import build_sensor_table
from sensors_sim.dialects.dialect import CHIRPSTACK, NATIVE, SENML, ZIGBEE
from sensors_sim.kit import DEVICES, SLOT_KIND, SLOTS, roster, slot
from sensors_sim.scenario import Scenario

SCENARIO = Scenario(
    seed=1, places=("fenbridge", "northmoor"), homes_per_place=20, zigbee_homes_per_place=6
)


def test_a_kit_measures_every_kind_that_a_home_can() -> None:
    assert {kind.code for kind in Kind if kind is not Kind.AVAILABILITY} == set(SLOT_KIND.tolist())


def test_a_roster_has_one_gateway_a_home_and_the_kit_in_its_order() -> None:
    made = roster(SCENARIO)
    assert len(made.homes) == len(made.gateways) == 40
    assert [s.number for s in made.sensors] == list(range(1, 40 * SLOTS + 1))
    assert [s.kind.code for s in made.sensors[SLOTS : 2 * SLOTS]] == SLOT_KIND.tolist()
    door = made.sensors[3 * SLOTS + slot("hall/front-door", Kind.CONTACT)]
    assert (door.home, door.is_exit, door.room) == (4, True, "hall")
    table = build_sensor_table(made.homes, made.gateways, made.sensors)
    assert len(table.devices) == len({(s.gateway, s.dialect, s.address) for s in made.sensors})


def test_ids_look_random_fit_the_pattern_and_hang_on_the_seed() -> None:
    made, other = roster(SCENARIO), roster(Scenario(seed=2, places=SCENARIO.places))
    ids = [h.id for h in made.homes] + [g.id for g in made.gateways] + [s.id for s in made.sensors]
    assert len(set(ids)) == len(ids)
    assert all(ID_PATTERN.fullmatch(each) for each in ids)
    assert made == roster(SCENARIO)
    assert not {home.id for home in made.homes} & {home.id for home in other.homes}


def test_the_last_homes_of_a_place_have_a_zigbee_hub() -> None:
    made = roster(SCENARIO)
    zigbee = {s.home for s in made.sensors if s.dialect == ZIGBEE}
    assert zigbee == {*range(15, 21), *range(35, 41)}
    own = {s.kind for s in made.sensors if s.home == 20 and s.dialect == NATIVE}
    assert own == {Kind.MEDICATION, Kind.BATTERY, Kind.SIGNAL}


def test_names_survive_a_broker_that_refuses_spaces_and_labels_name_nobody() -> None:
    assert all(re.fullmatch(r"[a-z/-]+", device.name) for device in DEVICES)
    made = roster(SCENARIO)
    assert re.fullmatch(r"Home 07, [A-Z][a-z]+( [A-Z][a-z]+)+", made.homes[6].label)
    assert len({home.goes_out for home in made.homes} & {GoesOut.ALONE, GoesOut.NEVER}) == 2
    assert {home.risk_tier for home in made.homes} == {1, 2, 3}


def test_homes_with_other_hubs_come_last_and_keep_their_numbers() -> None:
    made = roster(
        Scenario(
            seed=1,
            places=("fenbridge", "northmoor"),
            homes_per_place=6,
            zigbee_homes_per_place=2,
            chirpstack_homes_per_place=1,
            senml_homes_per_place=2,
        )
    )
    doors = [s for s in made.sensors if s.kind is Kind.CONTACT and s.is_exit and s.room == "hall"]
    one_place = [NATIVE, SENML, SENML, CHIRPSTACK, ZIGBEE, ZIGBEE]
    assert [door.dialect for door in doors] == one_place * 2
    euis = {s.address[-16:] for s in made.sensors if s.dialect in (CHIRPSTACK, SENML)}
    devices = {(s.home, s.address) for s in made.sensors if s.dialect in (CHIRPSTACK, SENML)}
    assert len(euis) == len(devices)
    assert all(re.fullmatch(r"02[0-9a-f]{14}", eui) for eui in euis)
