"""Every payload of the evaluation data goes through decode."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from config.sensor_table import SensorTable
from ingest.decode import Decoded, decode
from ingest.message import Reason
from tests.bench.decode_share import (
    Outcome,
    addresses_of,
    by_pin,
    by_twin,
    decode_share,
    decoded,
    outcomes,
    rows,
)
from tests.ingest.corpus import ALL_KINDS, DIALECT_OF, Payload, read_corpus, table_of
from tests.ingest.pinned_payloads import NOTHING, READINGS, Pin
from tests.shared_data import require_shared_data

PAYLOADS = 838
MAY_BE_QUIET = ("tasmota", "shelly")
"""Hubs that mostly speak of switches, settings and themselves, under topics of their own."""

WITHOUT_READINGS = {"shelly"}
"""None of the five recorded payloads of a Shelly carries a kind of ours."""
NOT_DECODED = {("milesight_lorawan", 8): "NB-IoT, whose values lie in a list named data"}
"""Payloads that carry values and give none: counted as wrong, and known by name."""


@pytest.fixture(scope="module")
def folder() -> Path:
    return require_shared_data()


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Sequence[Payload]:
    return list(read_corpus(folder))


@pytest.fixture(scope="module")
def table(corpus: Sequence[Payload]) -> SensorTable:
    held = [p for p in corpus if p.family in DIALECT_OF]
    known = sorted({(p.dialect, address) for p in held for address in addresses_of(p)})
    return table_of([(dialect, address, ALL_KINDS, "") for dialect, address in known])


@pytest.fixture(scope="module")
def measured(folder: Path) -> Mapping[tuple[str, int], Outcome]:
    return {(o.payload.file, o.payload.line): o for o in outcomes(folder)}


def outcome(payload: Payload, table: SensorTable) -> Decoded:
    return decode([payload.message()], table)


def test_every_payload_gives_readings_or_a_dead_letter_with_a_reason(
    corpus: Sequence[Payload], table: SensorTable
) -> None:
    assert len(corpus) == PAYLOADS
    for payload in corpus:
        made = outcome(payload, table)
        where = f"{payload.file}:{payload.line}"
        if payload.rest.startswith(("bridge/log", "bridge/logging")):
            assert made.quiet == 1, where
        else:
            told = [bool(len(made.batch)), bool(made.rejects), bool(made.quiet)]
            assert told.count(True) == 1, where
            assert not made.quiet or payload.dialect in MAY_BE_QUIET, where
        assert all(reject.detail for reject in made.rejects), where
        if payload.family not in DIALECT_OF:
            assert [r.reason for r in made.rejects] == [Reason.UNKNOWN_DIALECT], where


def test_one_chunk_of_everything_gives_what_the_messages_give_alone(
    corpus: Sequence[Payload], table: SensorTable
) -> None:
    together = decode([payload.message() for payload in corpus], table)
    alone = [outcome(payload, table) for payload in corpus]
    assert len(together.batch) == sum(len(made.batch) for made in alone)
    assert together.rejects == tuple(reject for made in alone for reject in made.rejects)
    assert together.quiet == sum(made.quiet for made in alone)


def test_without_enrolment_only_alarms_come_through(corpus: Sequence[Payload]) -> None:
    made = decode([payload.message() for payload in corpus], table_of([]))
    assert len(made.batch) == 0
    # A water leak and a smart button: the two calls for help in the corpus.
    assert sorted(stray.kind for stray in made.strays) == ["flood", "pendant"]


@pytest.mark.parametrize("pin", READINGS, ids=lambda pin: f"{pin.file}-{pin.line}")
def test_a_pinned_payload_says_what_its_vendor_documents(
    pin: Pin, measured: Mapping[tuple[str, int], Outcome]
) -> None:
    made = measured[pin.file, pin.line]
    assert made.payload.short_hash == pin.short_hash, "the corpus has changed under its pins"
    assert made.expected == by_pin(pin)
    assert made.decoded == ({} if (pin.file, pin.line) in NOT_DECODED else made.expected)


@pytest.mark.parametrize("pin", NOTHING, ids=lambda pin: f"{pin.file}-{pin.line}")
def test_a_pinned_payload_without_a_reading_gives_none(
    pin: Pin, corpus: Sequence[Payload], table: SensorTable
) -> None:
    (payload,) = [p for p in corpus if (p.file, p.line) == (pin.file, pin.line)]
    assert payload.short_hash == pin.short_hash, "the corpus has changed under its pins"
    made = outcome(payload, table)
    assert len(made.batch) == 0
    expected = [] if pin.refused is None else [pin.refused]
    assert [reject.reason for reject in made.rejects] == expected


def test_at_least_sixty_payloads_are_pinned_and_no_name_twice() -> None:
    names = [(pin.file, pin.line) for pin in (*READINGS, *NOTHING)]
    assert len(READINGS) >= 60
    assert len(names) == len(set(names))


def test_the_naive_twin_agrees_with_decode_on_every_payload(
    corpus: Sequence[Payload], table: SensorTable
) -> None:
    for payload in corpus:
        if payload.family in DIALECT_OF:
            where = f"{payload.file}:{payload.line}"
            assert decoded(payload, table) == by_twin(payload), where


def test_at_least_95_percent_of_each_family_are_right(folder: Path) -> None:
    share = decode_share(folder)
    assert set(share) == set(DIALECT_OF.values()) - WITHOUT_READINGS
    for dialect, (right, total) in share.items():
        assert right / total >= 0.95, dialect
    wrong = {(o.payload.file, o.payload.line) for o in outcomes(folder) if not o.is_right}
    assert wrong == set(NOT_DECODED)


def test_the_bench_prints_one_row_for_each_dialect(folder: Path) -> None:
    held = sorted(set(DIALECT_OF.values()) - WITHOUT_READINGS)
    assert [name for name, _, _ in rows(folder)] == [f"decode.share_right.{name}" for name in held]
