import pytest

from sensors_sim.scenario import FOLDER, BadScenario, Incident, load, parse

GOOD = (
    'seed = 1\nplaces = ["fenbridge", "northmoor"]\n'
    "homes_per_place = 4\nzigbee_homes_per_place = 1\n"
)
INCIDENT = '[[incident]]\nkind = "collapse"\nplace = "northmoor"\nhome = 2\nbefore_end_h = 5\n'


def test_a_scenario_says_what_it_says() -> None:
    scenario = parse(GOOD + INCIDENT, file="s.toml")
    assert (scenario.days, scenario.homes_per_place, scenario.time_zone) == (28, 4, "Europe/London")
    [mishap] = scenario.incident
    assert (mishap.kind, mishap.before_end_h) == (Incident.COLLAPSE, 5.0)
    assert scenario.home_row(mishap.place, mishap.home) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "speed = 3\n", "speed is not a known key"),
        (GOOD + INCIDENT + "colour = 1\n", "incident.0.colour is not a known key"),
        ("places = []", "missing required field `seed`"),
        ('seed = "x"\nplaces = ["fenbridge"]', "seed: Expected `int`"),
        (GOOD + "days = 0\n", "days: Expected `int` >= 1"),
        (GOOD + 'time_zone = "Europe/Nowhere"\n', "time_zone is 'Europe/Nowhere', expected"),
        ("seed = 1\nplaces = []", "places must name at least one"),
        (
            GOOD.replace("= 1\n", "= 5\n").replace("seed = 5", "seed = 1"),
            "at most homes_per_place 4",
        ),
        (
            GOOD + "chirpstack_homes_per_place = 2\nsenml_homes_per_place = 2\n",
            "senml_homes_per_place is 2, expected together at most homes_per_place 4",
        ),
        (GOOD + "senml_homes_per_place = -1\n", "senml_homes_per_place: Expected `int` >= 0"),
        (GOOD + "clock_offset_s = 90.0\n", "clock_offset_s: Expected `float` <= 60.0"),
        (GOOD + "incident = 3\n", "incident is no list"),
        (
            GOOD + INCIDENT.replace("collapse", "flying"),
            "incident.0.kind: Invalid enum value 'flying'",
        ),
        (
            GOOD + INCIDENT.replace("northmoor", "nowhere"),
            "incident.0.place is 'nowhere', expected",
        ),
        (GOOD + INCIDENT.replace("home = 2", "home = 5"), "incident.0.home is 5, expected 1..4"),
        (GOOD + INCIDENT + "after_live_s = 3\n", "only one of them"),
        (GOOD + INCIDENT + 'device = "pendant"\n', "incident.0.device is 'pendant'"),
        (GOOD + INCIDENT.replace("collapse", "sensor-dead"), "incident.0.device is ''"),
        (
            GOOD + INCIDENT.replace("collapse", "sensor-dead") + 'device = "door"\n',
            "incident.0.device is 'door', expected one of bathroom/flood",
        ),
        (
            GOOD + '[[residents]]\nname = "giant"\nshare = 0.5\n',
            "residents.0.name is 'giant', expected one of after-hospital",
        ),
        (GOOD + '[[residents]]\nname = "dog"\nage = 0.5\n', "residents.0.age is not a known key"),
        (
            GOOD + '[[residents]]\nname = "dog"\nshare = 0.7\n' * 2,
            "residents' shares sum to 1.4, at most 1",
        ),
        (GOOD + "=", "is not TOML"),
    ],
)
def test_a_wrong_scenario_is_refused_with_its_file_and_key(text: str, told: str) -> None:
    with pytest.raises(BadScenario) as caught:
        parse(text, file="s.toml")
    assert told in str(caught.value)
    assert "s.toml" in str(caught.value)


def test_an_unknown_scenario_names_those_there_are() -> None:
    with pytest.raises(BadScenario, match="expected a TOML file or one of: demo"):
        load("nothing")


def test_every_scenario_that_we_ship_can_be_read() -> None:
    for path in FOLDER.glob("*.toml"):
        assert load(path) == load(path.stem)


def test_the_demo_is_what_the_readme_promises() -> None:
    demo = load("demo")
    assert demo.places == ("fenbridge", "northmoor", "abercoed")
    assert (demo.days, demo.homes_per_place) == (28, 20)
    kinds = {mishap.kind: mishap for mishap in demo.incident}
    assert kinds.keys() == {
        Incident.COLLAPSE,
        Incident.COLD_HOME,
        Incident.GATEWAY_OFFLINE,
        Incident.SENSOR_DEAD,
        Incident.FALL,
        Incident.PENDANT,
        Incident.SMOKE,
    }
    soon_s = [kinds[kind].after_live_s for kind in (Incident.PENDANT, Incident.SMOKE)]
    assert soon_s == [45.0, 120.0]
