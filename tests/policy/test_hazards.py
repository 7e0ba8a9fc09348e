"""Every hazard has scores, an owner, controls and a test that exists (``alerts/HAZARDS.md``)."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SEEDS = {f"H{number}" for number in range(1, 17)} | {f"R{number}" for number in range(1, 9)}


@dataclass(frozen=True, slots=True)
class Hazard:
    id: str
    hazard: str
    initial: str
    residual: str
    owner: str
    ours: str
    handed_over: str
    tests: str


def hazards() -> list[Hazard]:
    text = (ROOT / "alerts" / "HAZARDS.md").read_text("utf-8")
    section = text.split("\n## Hazards\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [Hazard(*row) for row in rows]


@cache
def names_in(file: Path) -> frozenset[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def score(text: str) -> int:
    found = re.fullmatch(r"([1-5])x([1-5])=(\d+)", text)
    assert found, f"{text!r} is no score, expected severity x likelihood such as 4x2=8"
    severity, likelihood, product = map(int, found.groups())
    assert severity * likelihood == product, text
    return product


def test_every_seed_hazard_and_safety_rule_is_in_the_log() -> None:
    ids = [one.id for one in hazards()]
    assert len(ids) == len(set(ids))
    assert set(ids) >= SEEDS


@pytest.mark.parametrize("one", hazards(), ids=lambda one: one.id)
def test_a_hazard_is_scored_owned_controlled_and_held_by_tests_that_exist(one: Hazard) -> None:
    assert score(one.residual) <= score(one.initial)
    assert score(one.residual) < 10, "not acceptable: it needs another control"
    assert one.residual[0] <= one.initial[0]
    for part in (one.hazard, one.owner, one.ours, one.handed_over):
        assert part
    named = re.findall(r"`([^`]+)`", one.tests)
    assert named, f"{one.id} is held by no test"
    for name in named:
        file, _, test = name.partition("::")
        path = ROOT / "tests" / file
        assert path.is_file(), f"{one.id} names tests/{file}, which is gone"
        assert test in names_in(path), f"{one.id} names {name}, which is gone"


def test_we_say_that_stillwell_is_no_emergency_service() -> None:
    """H15: where people first read of it, and where alerts are explained."""
    for file in ("README.md", "alerts/README.md"):
        text = (ROOT / file).read_text("utf-8").lower()
        assert "not an emergency service" in text, file
