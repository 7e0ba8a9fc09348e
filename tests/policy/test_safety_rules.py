"""Every safety rule names code and tests that exist (``alerts/README.md``, "Safety rules")."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = tuple("12345678")


def section() -> str:
    text = (ROOT / "alerts" / "README.md").read_text("utf-8")
    return text.split("\n## Safety rules\n", 1)[1].split("\n## ", 1)[0]


def rows() -> list[tuple[str, str, str]]:
    lines = [line for line in section().splitlines() if line.startswith("| ")][1:]
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return [(rule, held, tests) for rule, held, tests in cells]


def spans(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


@pytest.mark.parametrize("named", [name for _, _, tests in rows() for name in spans(tests)])
def test_every_test_that_holds_a_safety_rule_exists(named: str) -> None:
    file, _, name = named.partition("::")
    assert (ROOT / "tests" / file).is_file(), f"no file tests/{file}"
    assert name.startswith("test_")
    assert name in names_in(ROOT / "tests" / file), f"tests/{file} has no {name}"


def test_every_file_that_holds_a_safety_rule_exists() -> None:
    files = [name for _, held, _ in rows() for name in spans(held) if "/" in name]
    assert files
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_every_safety_rule_is_held_by_code_and_a_test() -> None:
    held = {rule[0] for rule, code, tests in rows() if spans(code) and spans(tests)}
    assert set(RULES) <= held
