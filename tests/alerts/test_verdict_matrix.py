"""The verdict on simulated homes: a part of the matrix that ``make bench`` judges whole."""

from alerts.alert import Verdict
from sensors_sim.faults import FaultKind
from tests.bench.outage_5000 import measure
from tests.bench.verdicts import BLIP, BOOKED, INCIDENTS, STREET, matrix


def test_the_cause_is_named_whatever_failed_and_whatever_happened() -> None:
    faults = (None, FaultKind.GATEWAY_OUTAGE, FaultKind.REORDERED, BLIP)
    cells = matrix(("usual",), faults, ())
    wrong = [cell for cell in cells if not cell.is_right]
    assert len(wrong) <= 1, wrong
    lost = [cell for cell in cells if cell.fault == FaultKind.GATEWAY_OUTAGE]
    assert all(cell.expected == Verdict.GATEWAY and cell.is_right for cell in lost)


def test_a_street_without_power_is_told_as_one_and_hides_nobody() -> None:
    cells = matrix(("usual", "early-riser"), (STREET,), ())
    assert len(cells) == 2 * len(INCIDENTS)
    wrong = [cell for cell in cells if not cell.is_right]
    assert len(wrong) <= 1, wrong
    assert all(Verdict.OUTAGE in cell.said for cell in cells)


def test_what_is_told_while_a_booked_visitor_is_there_says_so_and_nothing_else_does() -> None:
    cells = matrix((), (None,), BOOKED)
    assert len(cells) == len(BOOKED) * (len(INCIDENTS) + 2)
    wrong = [cell for cell in cells if not cell.is_right]
    assert len(wrong) <= 1, wrong
    assert Verdict.VISITOR in {cell.expected for cell in cells}


def test_an_outage_makes_nobody_quiet_and_hides_nobody() -> None:
    told = measure(homes=150, fallen=5)
    assert told.new == 0
    assert told.outages == 1
    assert told.fallen_found == 5
    assert told.calls_found == 10
