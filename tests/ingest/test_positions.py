from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.journal import Journal, JournalTail
from ingest.positions import BOOTS, Positions, Receipt
from ingest.tracks import MOST_RUNS, Sequenced
from tests.ingest.test_journal import batch_of


def say(positions: Positions, *numbers: int, boot: str = "b", oldest: int | None = None) -> None:
    positions.adopt(positions.moved([Sequenced(1, boot, n, oldest) for n in numbers]))


def settled(positions: Positions) -> int:
    due = positions.take_due()
    return due[-1].settled if due else 0


@given(st.permutations(range(1, 30)), st.integers(1, 7), st.sets(st.integers(1, 29)))
def test_a_receipt_never_covers_a_message_that_did_not_come(
    order: Sequence[int], cut: int, missing: set[int]
) -> None:
    positions, came = Positions(), set[int]()
    say(positions, 1)
    say(positions, 1, boot="b")
    came.add(1)
    for start in range(0, len(order), cut):
        numbers = [n for n in order[start : start + cut] if n not in missing]
        say(positions, 1, *numbers)
        came.update(numbers)
        contiguous = next(n for n in range(1, 31) if n not in came) - 1
        assert settled(positions) == contiguous
        assert positions.gaps().get(1, 0) == max(came) - len(came)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.none() | st.integers(1, 60)), min_size=1, max_size=80)
)
def test_what_a_gateway_no_longer_keeps_is_lost_and_holds_nothing_up(
    said: list[tuple[int, int | None]],
) -> None:
    positions, came, floor = Positions(), set[int](), 1
    say(positions, 1, boot="an earlier one")
    positions.take_due()
    for number, oldest in said:
        say(positions, number, oldest=oldest)
        came.add(number)
        if oldest is not None and oldest <= number:
            floor = max(floor, oldest)
        contiguous = floor - 1
        while contiguous + 1 in came:
            contiguous += 1
        assert settled(positions) == contiguous
        floor = max(floor, contiguous + 1)
    assert positions.gaps().get(1, 0) <= 60


def test_a_gateway_that_we_never_heard_may_be_in_the_middle_of_its_count() -> None:
    positions = Positions()
    say(positions, 1000, 1001)
    assert positions.gaps() == {}
    assert settled(positions) == 0, "what came before is not known to be stored"
    say(positions, 1002, oldest=1000)
    assert settled(positions) == 1002


def test_a_known_gateway_that_begins_again_counts_what_its_new_boot_lacks() -> None:
    positions = Positions()
    say(positions, 1)
    say(positions, 4, 5, boot="c")
    assert positions.gaps() == {1: 3}


def test_numbers_that_nobody_counts_to_and_endless_boots_cost_no_memory() -> None:
    positions = Positions()
    say(positions, 0, -1, 1 << 60, boot="odd")
    say(positions, *range(1, 4 * MOST_RUNS, 2))
    assert len(positions._tracks[1, "b"].ahead) == MOST_RUNS
    assert positions.gaps() == {1: 2 * MOST_RUNS - 1}
    for number in range(40):
        say(positions, 1, boot=f"boot-{number}")
    assert len(positions._tracks) == BOOTS
    say(positions, 1, boot="x" * 1000)
    assert len(positions._tracks) == BOOTS


def test_positions_are_committed_with_the_readings(tmp_path: Path) -> None:
    journal, positions = Journal.open(tmp_path / "journal.db"), Positions()
    moved = positions.moved([Sequenced(7, "b", n, None) for n in (1, 2, 5)])
    journal.append(batch_of(3), moved=moved)
    journal.close()
    journal = Journal.open(tmp_path / "journal.db")
    again = Positions(journal.positions())
    assert again.gaps() == {7: 2}
    again.adopt(again.moved([Sequenced(7, "b", 2, None)]))
    assert again.take_due() == [Receipt(7, "b", 2)], "a repeat is answered, that is its question"
    tail = JournalTail.open(tmp_path / "journal.db")
    assert tail.positions() == journal.positions()
    tail.close()
    journal.close()


@pytest.mark.parametrize("boot", ["\ud800", "a\nb", "\x00", "b" * 65])
def test_a_boot_that_cannot_be_kept_has_no_position(boot: str, tmp_path: Path) -> None:
    positions = Positions()
    moved = positions.moved([Sequenced(1, boot, 1, None), Sequenced(2, "good", 1, None)])
    assert list(moved.tracks) == [(2, "good")]
    journal = Journal.open(tmp_path / "journal.db")
    try:
        journal.append(batch_of(1), moved=moved)
    finally:
        journal.close()
