"""Places: one small TOML file per council holds all that is local to it."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from config.homes import ID_PATTERN
from config.problems import ConfigProblem, describe

FOLDER: Final = Path(__file__).parent / "places"
"""The place files that ship with Stillwell."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"is {name!r}, expected an IANA time zone such as 'Europe/London'")
    return name


def _colour(value: str) -> str:
    if re.fullmatch(r"#[0-9a-f]{6}", value) is None:
        raise ValueError(f"is {value!r}, expected a colour such as '#1d5b79'")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contacts(_Strict):
    """Who answers for the place."""

    support: str = Field(min_length=3)
    phone: str = Field(min_length=3)


class Limits(_Strict):
    """Local thresholds of the detectors, each with its unit."""

    silence_cap_h: float = Field(default=12.0, ge=4, le=12)
    silence_floor_h: float = Field(default=3.75, ge=1, le=12)
    not_back_h: float = Field(default=12.0, ge=2, le=24)
    cold_review_c: float = Field(default=18.0, ge=10, le=22)
    cold_danger_c: float = Field(default=14.0, ge=5, le=18)
    unwatched_h: dict[str, float] = {"1": 2.0, "2": 4.0, "3": 8.0}
    """Hours until an unwatched home is a P2, by risk tier."""

    gateway_silent_min: float = Field(default=45.0, ge=5, le=24 * 60)
    flood_priority: str = Field(default="P1", pattern="^P[12]$")


class Place(_Strict):
    """A council as Stillwell sees it. ``key`` names it in topics and never changes.

    ``gss_codes`` are attributes with dates, because councils merge and split;
    ``alert_budget`` is the P2 + P3 alerts that its team can answer per 100 homes a week.
    """

    key: str
    name: str = Field(min_length=2, max_length=80)
    name_cy: str = ""
    languages: tuple[Annotated[str, Field(pattern="^(en|cy)$")], ...] = ("en",)
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/London"
    brand_colour: Annotated[str, AfterValidator(_colour)] = "#1d5b79"
    gss_codes: tuple[Annotated[str, Field(pattern="^[EWSN][0-9]{8}$")], ...] = ()
    alert_budget: float = Field(default=9.0, gt=0, le=100)
    retention_days: int = Field(default=400, ge=29, le=3660)
    contacts: Contacts
    limits: Limits = Limits()
    detectors: dict[str, float] = {}
    """Parameters of detectors that differ here; names and ranges: alerts/detect/parameters.py."""

    @property
    def zone(self) -> ZoneInfo:
        """The place's time zone."""
        return ZoneInfo(self.time_zone)


def load_place(path: Path) -> Place:
    """Return the place in this file; ConfigProblem names file, key and what was expected."""
    key = path.stem
    if ID_PATTERN.fullmatch(key) is None:
        raise ConfigProblem(
            f"places: the file name {path.name} gives the key {key!r}, "
            "expected 8 to 40 of a-z, 0-9 and -"
        )
    try:
        text = path.read_bytes().decode("utf-8")
        return Place.model_validate({"key": key, **tomllib.loads(text)})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigProblem(f"places: {path.name}: {problem}") from problem
    except ValidationError as problem:
        raise ConfigProblem(describe("places", Place, problem, lambda _: path.name)) from problem


def load_places(folder: Path = FOLDER) -> dict[str, Place]:
    """Return every place in the folder by key; ConfigProblem when a file is wrong."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ConfigProblem(f"places: no *.toml in {folder}, expected one file per council")
    return {path.stem: load_place(path) for path in paths}
