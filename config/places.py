"""Places: one small TOML file per council holds all that is local to it."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)

from config import kits
from config.declared_lines import line_of, lines_of
from config.homes import ID_PATTERN
from config.kits import Kit
from config.ladders import Ladder
from config.ladders import check as check_ladder
from config.problems import ConfigProblem, describe, read_text

FOLDER: Final = Path(__file__).parent / "places"
"""The place files that ship with Stillwell."""

MOST_LOGO_BYTES: Final = 64 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads a whole folder each time


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"is {name!r}, expected an IANA time zone such as 'Europe/London'")
    return name


def _colour(value: str) -> str:
    if re.fullmatch(r"#[0-9a-f]{6}", value) is None:
        raise ValueError(f"is {value!r}, expected a colour such as '#1d5b79'")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contacts(_Strict):
    """Who answers for the place: the support contact that its pages show."""

    support: str = Field(min_length=3)
    phone: str = Field(min_length=3)


class Responsible(_Strict):
    """A named person or organisation, and how to reach them."""

    name: str = Field(min_length=2, max_length=120)
    email: str = Field(min_length=3, max_length=254)
    phone: str = Field(default="", max_length=40)


class Fallback(_Strict):
    """Who answers a P1 at any hour when nobody else did: a staffed centre, not an answerphone."""

    name: str = Field(min_length=2, max_length=120)
    phone: str = Field(min_length=3, max_length=40)
    is_staffed_24h: bool


class GssCode(_Strict):
    """A code of the Office for National Statistics that the place has had, from and to a date.

    The last day is included; without one it is still in force.
    """

    code: str = Field(pattern="^[EWSN][0-9]{8}$")
    first: date = Field(alias="from")
    last: date | None = Field(default=None, alias="to")


class IdentityProvider(_Strict):
    """Where the place's staff sign in (OpenID Connect)."""

    issuer: str = Field(pattern="^https?://", max_length=500)
    client_id: str = Field(min_length=1, max_length=200)
    client_secret_file: Path | None = None


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
    name_cy: str = Field(default="", max_length=80)
    languages: tuple[Annotated[str, Field(pattern="^(en|cy)$")], ...] = ("en",)
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/London"
    brand_colour: Annotated[str, AfterValidator(_colour)] = "#1d5b79"
    logo: str = Field(default="", pattern=r"^([a-z0-9-]{1,60}\.png)?$")
    """A PNG beside the place file, at most 64 KiB."""

    gss_codes: tuple[GssCode, ...] = ()
    alert_budget: float = Field(default=9.0, gt=0, le=100)
    retention_days: int = Field(default=400, ge=29, le=3660)
    alert_days: int = Field(default=2922, ge=90, le=7305)
    """Days for which alerts and findings that are over are kept: 8 years, unless a place says."""

    household_days: int = Field(default=365, ge=14, le=7305)
    """Days after the end of an enrolment for which household and contacts are kept."""

    device_days: int = Field(default=400, ge=14, le=7305)
    """... for which its gateways, sensors, credentials, visits, pauses and tests are kept."""

    audit_days: int = Field(default=3653, ge=365, le=18263)
    """Days for which the audit log is to be kept: 10 years; see ``kept_audit_days``."""

    contacts: Contacts
    manufacturer: Responsible | None = None
    """Who is the manufacturer of record of what the place uses."""

    safety_officer: Responsible | None = None
    fallback: Fallback | None = None
    purposes: dict[Annotated[str, Field(pattern="^[a-z-]{2,40}$")], str] = {
        "safety": "To notice when the person may need help."
    }
    """What sensors may be for here, each with the sentence that a household is told."""

    kit: dict[Annotated[str, Field(pattern="^[a-z0-9-]{2,40}$")], Kit] = {}
    """Its kits of sensors; without any those that ship with Stillwell."""

    identity_provider: IdentityProvider | None = None
    ladder: dict[Annotated[str, Field(pattern="^P[123]$")], Ladder] = {}
    """Who is told of an alert where no ladder was saved, by priority."""

    limits: Limits = Limits()
    detectors: dict[str, float] = {}
    """Parameters of detectors that differ here; names and ranges: alerts/detect/parameters.py."""

    _logo_png: bytes = PrivateAttr(default=b"")

    @property
    def logo_png(self) -> bytes:
        """The content of its logo; empty without one."""
        return self._logo_png

    @property
    def kept_audit_days(self) -> int:
        """Days for which its audit log is kept: as long as what it tells of, at least."""
        return max(self.audit_days, self.alert_days, self.household_days)

    @property
    def kits(self) -> Mapping[str, Kit]:
        """The kits of sensors that a home of the place may get, by key."""
        return kits.with_announced(self.kit or kits.shipped())

    @property
    def zone(self) -> ZoneInfo:
        """The place's time zone."""
        return ZoneInfo(self.time_zone)


def missing_for_p1(place: Place) -> list[str]:
    """Return what the file must still name before the place may go live for P1; empty when live."""
    fallback = place.fallback
    wanted = {
        "manufacturer (the manufacturer of record: name, email)": place.manufacturer is not None,
        "safety_officer (name, email)": place.safety_officer is not None,
        "contacts (support contact: support, phone)": bool(place.contacts.support.strip()),
        "fallback (staffed at all hours: name, phone, is_staffed_24h = true)": fallback is not None
        and fallback.is_staffed_24h,
    }
    return [what for what, is_there in wanted.items() if not is_there]


def is_live_for_p1(place: Place) -> bool:
    """Return whether somebody has promised to answer a P1 of this place at any hour."""
    return not missing_for_p1(place)


def not_live_notices(places: Mapping[str, Place], keys: Sequence[str]) -> list[str]:
    """Return a sentence for each of these places that is not live for P1, to be shown aloud."""
    return [
        f"{places[key].name} is not live for P1: its place file does not name "
        f"{' or '.join(_short(what) for what in missing)}. P1 alerts are raised, shown and sent "
        "all the same, but nobody has promised to answer them at all hours."
        for key in keys
        if key in places and (missing := missing_for_p1(places[key]))
    ]


def _short(what: str) -> str:
    words = {"manufacturer": "a manufacturer of record", "safety_officer": "a safety officer"}
    words |= {"contacts": "a support contact", "fallback": "a fallback staffed for 24 hours"}
    return words[what.split(" ", maxsplit=1)[0]]


def load_place(path: Path) -> Place:
    """Return the place in this file; ConfigProblem names file, line, key and what was expected."""
    key = path.stem
    if ID_PATTERN.fullmatch(key) is None:
        raise ConfigProblem(
            f"places: the file name {path.name} gives the key {key!r}, "
            "expected 8 to 40 of a-z, 0-9 and -"
        )
    try:
        text = read_text(path, "places")
        place = Place.model_validate({"key": key, **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as problem:
        raise ConfigProblem(f"places: {path.name}: {problem}") from problem
    except ValidationError as problem:
        raise ConfigProblem(_described(problem, path.name, text)) from problem
    _check(place, path, text)
    return place


def _described(problem: ValidationError, name: str, text: str) -> str:
    lines = lines_of(text)

    def where(key: str) -> str:
        path = [int(word) if word.isdigit() else word for word in key.split(".")]
        line = line_of(lines, path)
        return name if line is None else f"{name}, line {line}"

    return describe("places", Place, problem, where)


def _check(place: Place, path: Path, text: str) -> None:
    lines = lines_of(text)

    def refuse(what: str, *where: str | int) -> None:
        line = line_of(lines, where)
        raise ConfigProblem(
            f"places: {what} ({path.name}{'' if line is None else f', line {line}'})"
        )

    if "audit_days" in place.model_fields_set and place.audit_days < place.kept_audit_days:
        refuse(
            f"audit_days is {place.audit_days}, expected {place.kept_audit_days} at least: who "
            "did what is known as long as alerts and households are kept",
            "audit_days",
        )
    for number, code in enumerate(place.gss_codes):
        if code.last is not None and code.last < code.first:
            refuse(f"gss_codes.{number}.to is before its from", "gss_codes", number)
    if "cy" in place.languages and not place.name_cy:
        refuse("name_cy is missing, and languages has 'cy'", "languages")
    for priority, ladder in place.ladder.items():
        check_ladder(ladder, f"{path.name}, ladder.{priority}", priority)
    if place.logo:
        logo = path.with_name(place.logo)
        if not logo.is_file():
            refuse(f"logo is {place.logo!r}, and no such file lies beside it", "logo")
        content = logo.read_bytes()
        if len(content) > MOST_LOGO_BYTES or not content.startswith(_PNG):
            refuse(f"logo is {place.logo!r}, expected a PNG of at most 64 KiB", "logo")
        place._logo_png = content  # noqa: SLF001  # of the model above, set once


def load_places(folder: Path = FOLDER) -> dict[str, Place]:
    """Return every place in the folder by key; ConfigProblem when a file is wrong.

    All mistakes of all files are told at once.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ConfigProblem(f"places: no *.toml in {folder}, expected one file per council")
    places, problems = {}, []
    for path in paths:
        try:
            places[path.stem] = load_place(path)
        except ConfigProblem as problem:
            problems.append(str(problem))
    problems += gss_clashes(places)
    if problems:
        raise ConfigProblem("\n".join(problems))
    return places


def gss_clashes(places: Mapping[str, Place]) -> list[str]:
    """Return a line for each code that two places have at the same time."""
    held: dict[str, list[tuple[GssCode, str]]] = {}
    found = []
    for key, place in places.items():
        for code in place.gss_codes:
            for other, owner in held.get(code.code, ()):
                if owner != key and _overlap(code, other):
                    found.append(
                        f"places: {key} and {owner} both have {code.code} at the same time; "
                        f"end it with a to date ({key}.toml)"
                    )
            held.setdefault(code.code, []).append((code, key))
    return found


def _overlap(one: GssCode, other: GssCode) -> bool:
    last, other_last = one.last or date.max, other.last or date.max
    return one.first <= other_last and other.first <= last
