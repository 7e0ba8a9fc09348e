"""What the fuzzer starts from, each input also with bytes changed; and what it found."""

import random
import tracemalloc

from tests.ingest.fuzzing import NAMES, one_input, seeds

FINDS: list[bytes] = [
    # A boot with zero bytes at its end was taken for the one without.
    b"\x02\x00"
    + b"\n".join(
        [
            b'{"b":"x","s":1,"r":[["warm",1780000000000,19.25]]}',
            b'{"b":"x\x00\x00","s":2,"r":[["warm",1780000000000,19.25]]}',
            b'{"b":"x","s":3,"r":[["warm\x00",1780000000000,19.25]]}',
        ]
    ),
    # Two halves of a payload that are none by themselves were read as one document.
    b"\x02\x00"
    + b"\n".join(
        [
            b'{"b":"x","s":1,"r":[["warm",1780000000000,19.25]]}{',
            b'"x":"x","s":1,"r":[["warm",1780000000000,19.25]]}',
            b'{"b":"x","s":2,"r":[["warm",1780000000000,19.25]]}',
        ]
    ),
]
"""Inputs that broke something, by coverage; the dialects' 3.6 million tries gave none."""


def test_seeds_and_their_neighbours_break_nothing() -> None:
    rng = random.Random(5)  # noqa: S311  # which bytes
    every = list(seeds())
    assert {data[0] for data in every} == set(range(len(NAMES) + 3))
    for data in every:
        one_input(data)
        changed = bytearray(data)
        for _ in range(3):
            changed[rng.randrange(2, len(data))] = rng.choice(b'{}[]",:0e-\xff\n')
            one_input(bytes(changed))


def test_what_was_found_breaks_nothing_any_more() -> None:
    for data in FINDS:
        one_input(data)


def test_memory_stays_where_it_is() -> None:
    every = list(seeds())[:200]
    for data in every:
        one_input(data)
    tracemalloc.start()
    try:
        for data in every:
            one_input(data)
        before, _ = tracemalloc.get_traced_memory()
        for data in every * 3:
            one_input(data)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 1 << 20
