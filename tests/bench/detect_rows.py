"""The rows of the speed of detection, and of others on the same core in the same run."""

import gc
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from alerts.detect.columns import MINUTE_US
from tests.bench import million
from tests.bench.rows import Row, at_least, at_most

SIZES: Final = (10_000, 100_000, 1_000_000)
TICK_BAR_MS: Final = 50.0
COPY_BAR: Final = 6.0
FOLD_BAR: Final = 20e6
BYTES_BAR: Final = 3_072.0
FLAT_BAR: Final = 1.10


def detect() -> Iterator[Row]:
    """Live ticks and the fold over 10,000, 100,000 and 1,000,000 homes with eight sensors each."""
    costs = []
    for homes in SIZES:
        fleet = million.make_fleet(homes)
        ticks = million.measure_ticks(fleet)
        costs.append(ticks.median_ms(5) * 1e6 / homes)
        yield Row(f"detect.tick_ns_a_home.{homes}", round(costs[-1], 1), "ns")
        if homes < SIZES[-1]:
            del fleet
            gc.collect()
    yield from _of_a_million(fleet, ticks, homes)
    yield at_most("detect.flat_10k_to_1m", max(costs) / min(costs), "x", FLAT_BAR)
    yield Row("detect.flat_100k_to_1m", max(costs[1:]) / min(costs[1:]), "x")


def _of_a_million(fleet: million.Fleet, ticks: million.Ticks, homes: int) -> Iterator[Row]:
    regular_ms = ticks.median_ms(5)
    yield at_most("detect.tick_1m_ms", regular_ms, "ms", TICK_BAR_MS)
    yield Row("detect.tick_1m_median_ms", ticks.median_ms(1), "ms")
    yield Row("detect.tick_1m_quarter_ms", ticks.median_ms(15), "ms")
    yield Row("detect.tick_1m_worst_ms", max(ticks.tick_ms), "ms")
    yield at_least("detect.fold_per_s", ticks.fold_per_s, "readings/s", FOLD_BAR)
    yield Row("detect.reorder_buffer_per_s", million.buffer_per_s(fleet), "readings/s")
    _, copy_ms = million.touched_ms(fleet, fleet.watch.folded_us + 4 * MINUTE_US)
    yield at_most("detect.tick_copy_ratio", regular_ms / copy_ms, "x", COPY_BAR)
    yield at_most("detect.bytes_per_home", million.state_bytes(fleet) / homes, "bytes", BYTES_BAR)
    yield Row("detect.tick_1m_midnight_ms", million.midnight_ms(fleet), "ms")


def peers() -> Iterator[Row]:
    """Readings a second of what others would run for each sensor, one core, values of noise."""
    yield Row("peer.dict_of_objects_per_s", _rate(_objects(), 300_000), "readings/s")
    measures: dict[str, Callable[[], float]] = {
        "river": lambda: _rate(_river(), 5_000),
        "rrcf": lambda: _rate(_rrcf(), 200),
        "pyod": _pyod,
    }
    for name, measure in measures.items():
        try:
            importlib.import_module(name)
        except ImportError:
            sys.stderr.write(f"peer.{name}: skipped, it is not installed (the extra peers)\n")
            continue
        yield Row(f"peer.{name}_per_s", measure(), "readings/s")


class _Average:
    """One sensor's exponentially weighted mean and variance, as an object."""

    __slots__ = ("mean", "variance")

    def __init__(self) -> None:
        self.mean = self.variance = 0.0

    def learn(self, value: float) -> float:
        apart = value - self.mean
        self.mean += 0.01 * apart
        self.variance = 0.99 * (self.variance + 0.01 * apart * apart)
        return apart


def _objects() -> Callable[[int, float], object]:
    known: dict[int, _Average] = {}

    def learn(sensor: int, value: float) -> object:
        average = known.get(sensor)
        if average is None:
            average = known[sensor] = _Average()
        return average.learn(value)

    return learn


def _river() -> Callable[[int, float], object]:
    anomaly: Any = importlib.import_module("river.anomaly")
    trees = anomaly.HalfSpaceTrees(seed=1)

    def learn(_: int, value: float) -> object:
        score = trees.score_one({"x": value})
        trees.learn_one({"x": value})
        return score

    return learn


def _rrcf() -> Callable[[int, float], object]:
    module: Any = importlib.import_module("rrcf")
    forest = [module.RCTree() for _ in range(40)]
    seen = 0

    def learn(_: int, value: float) -> object:
        nonlocal seen
        for tree in forest:
            if len(tree.leaves) >= 256:
                tree.forget_point(seen - 256)
            tree.insert_point([value], index=seen)
            tree.codisp(seen)
        seen += 1
        return seen

    return learn


def _pyod() -> float:
    ecod: Any = importlib.import_module("pyod.models.ecod")
    values = np.random.default_rng(1).normal(size=(200_000, 1))
    began = time.process_time()
    ecod.ECOD().fit(values)
    return len(values) / (time.process_time() - began)


def _rate(learn: Callable[[int, float], object], count: int) -> float:
    rng = np.random.default_rng(1)
    sensors = rng.integers(0, max(count // 10, 1), count).tolist()
    values = rng.random(count).tolist()
    began = time.process_time()
    for sensor, value in zip(sensors, values, strict=True):
        learn(sensor, value)
    return count / (time.process_time() - began)
