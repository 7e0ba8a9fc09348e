"""The README of the web names every route, and those who may call it."""

from pathlib import Path
from typing import Final

import pytest
from fastapi import FastAPI

from api.auth import ANY, CARE, COUNTS, HOMES, PEOPLE, WATCHERS
from config.roles import Role
from tests.api.world import make_world
from tests.policy.test_routes import routes

README: Final = Path(__file__).resolve().parents[2] / "api" / "README.md"
WHO: Final = {
    frozenset(ANY): "any role",
    frozenset(HOMES): "care team, officer",
    frozenset((*HOMES, Role.INSTALLER)): "care team, officer, installer",
    frozenset(WATCHERS): "care team, officer, engineer",
    frozenset((*CARE, Role.ENGINEER)): "care team, engineer",
    frozenset((Role.ENGINEER,)): "engineer",
    frozenset(CARE): "care team",
    frozenset(PEOPLE): "supervisor, officer",
    frozenset(COUNTS): "supervisor, officer, commissioner, hub operator",
    frozenset((Role.GOVERNANCE,)): "governance",
    frozenset((Role.HUB_OPERATOR,)): "hub operator",
    frozenset((Role.INSTALLER,)): "installer",
    frozenset((Role.OFFICER, Role.INSTALLER)): "officer, installer",
    frozenset((Role.OFFICER,)): "officer",
    frozenset((Role.SUPERVISOR,)): "supervisor",
    frozenset(): "anybody",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return make_world(tmp_path_factory.mktemp("readme")).app


def rows() -> dict[str, str]:
    """Return who may call, by ``METHOD /path``, as the README's tables have it."""
    found = {}
    for line in README.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3 and " /" in cells[0]:
            found[cells[0].strip("`")] = cells[1]
    return found


def test_every_route_is_in_the_readme_with_those_who_may_call_it(app: FastAPI) -> None:
    told = {
        f"{method} {path}": WHO[frozenset(needs[0].roles) if needs else frozenset()]
        for method, path, needs in routes(app)
        if path != "/static"
    }
    assert rows() == told


def test_every_page_and_every_part_of_rest_is_in_the_readme() -> None:
    text = README.read_text("utf-8")
    for folder in ("rest", "web"):
        for path in (README.parent / folder).glob("[!_]*.py"):
            assert f"`{folder}/{path.name}`" in text, path.name
