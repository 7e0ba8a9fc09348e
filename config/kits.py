"""Kits: which sensors a home gets together, and what each is for; those of a place, or ours."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.enrol import SensorPlan
from config.kinds import Kind
from config.problems import ConfigProblem, describe

ANNOUNCED: Final = "announced"
"""Key of the kit of a home whose gateway says which sensors it has."""

FILE: Final = Path(__file__).parent / "kits.toml"
"""The kits that ship with Stillwell."""


class KitSensor(SensorPlan):
    """A sensor of a kit; ``purpose`` is the sentence that a household is told."""

    purpose: str = Field(min_length=1, max_length=200)


class Kit(BaseModel):
    """Sensors that a home gets together; ``name`` is what staff choose it by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=2, max_length=80)
    sensor: tuple[KitSensor, ...] = Field(min_length=1, max_length=60)

    def purposes(self) -> dict[Kind, str]:
        """Return what each kind of its sensors is for."""
        return {one.kind: one.purpose for one in self.sensor}

    def enrolled(self) -> Sequence[KitSensor]:
        """Return the sensors that a home gets with the kit."""
        return self.sensor


class AnnouncedKit(Kit):
    """No sensors yet: the gateway announces them; what each kind is for is known from the kits."""

    def enrolled(self) -> Sequence[KitSensor]:
        """Return none: which there are is said by the gateway, and accepted by a person."""
        return ()


def with_announced(own: Mapping[str, Kit]) -> Mapping[str, Kit]:
    """Return these kits, and that of a gateway which announces its sensors."""
    first: dict[Kind, KitSensor] = {}
    for kit in own.values():
        for one in kit.sensor:
            first.setdefault(one.kind, one)
    name = "None yet: the gateway announces its sensors"
    return {**own, ANNOUNCED: AnnouncedKit(name=name, sensor=tuple(first.values()))}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kit: dict[str, Kit]


@cache
def shipped() -> Mapping[str, Kit]:
    """Return the kits that ship with Stillwell, by key."""
    try:
        return _File.model_validate(tomllib.loads(FILE.read_text("utf-8"))).kit
    except ValidationError as problem:
        raise ConfigProblem(describe("kits", _File, problem, lambda _: FILE.name)) from problem
