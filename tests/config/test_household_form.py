"""A whole enrolment as one row of text: every mistake beside its column."""

from datetime import date

import pytest

from config.household_form import Known, read_csv, read_rows
from config.kits import ANNOUNCED, shipped
from config.places import load_places
from tests.households import csv_of, rows

TODAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kit": "gold"}, "kit"),
        ({"kit": ""}, "kit"),
        ({"decided_on": "2026-04-01"}, "decided_on"),
        ({"review_on": "2028-04-01"}, "review_on"),
        ({"basis": "best-interests"}, "decided_by"),
        ({"reference": "Mrs Example"}, "reference"),
        ({"contact_1_phone": "ring twice"}, "contact_1_phone"),
        ({"contact_2_phone": "01632 960 003"}, "contact_2_name"),
        ({"contact_1_key": "perhaps"}, "contact_1_key"),
        ({"phone": "=1+1"}, "phone"),
        ({"residents": "0"}, "residents"),
        ({"risk_tier": "9"}, "risk_tier"),
        ({"gateway": "Gate"}, "gateway"),
        ({"gateway": "gate-000001"}, "gateway"),
        ({"label": "Numberedperson1's flat"}, "label"),
        ({"contact_1_name": "@SUM(1)"}, "contact_1_name"),
    ],
)
def test_each_mistake_is_told_beside_its_field(changed: dict[str, str], field: str) -> None:
    row = {**next(rows(1)), **changed}
    _, wrong = read_rows([("row 2", row)], TODAY, shipped(), Known({}, frozenset({"gate-000001"})))
    assert [(where, column) for where, column, _ in wrong] == [("row 2", field)], wrong


def test_rows_are_judged_by_themselves_and_against_each_other() -> None:
    found = read_csv(csv_of(3), "three.csv")
    doubled = [*found, ("row 9", found[0][1])]
    wishes, wrong = read_rows(doubled, TODAY, shipped(), Known(gateways=frozenset()))
    assert len(wishes) == 4
    assert [(where, column) for where, column, _ in wrong] == [("row 9", "nhs_number")]


def test_a_place_may_name_its_own_kits() -> None:
    place = next(iter(load_places().values()))
    own = shipped()["lean"].model_copy(update={"name": "Ours"})
    assert {key: kit for key, kit in place.kits.items() if key != ANNOUNCED} == shipped()
    kits = place.model_copy(update={"kit": {"ours": own}}).kits
    assert kits.keys() == {"ours", ANNOUNCED}
    assert kits["ours"] == own


def test_a_home_whose_gateway_announces_gets_no_sensors_but_the_purposes_of_its_places_kits() -> (
    None
):
    place = next(iter(load_places().values()))
    own = shipped()["lean"].model_copy(update={"name": "Ours"})
    kit = place.model_copy(update={"kit": {"ours": own}}).kits[ANNOUNCED]
    assert kit.enrolled() == ()
    assert kit.purposes() == own.purposes()
