"""Builders of the values that tests start from; every name is invented."""

from collections.abc import Sequence

from config.homes import Enrolment, Gateway, GoesOut, Home, HomeState, Sensor
from config.kinds import Kind

DEFAULT_KINDS: Sequence[tuple[Kind, str]] = (
    (Kind.MOTION, "hall"),
    (Kind.MOTION, "kitchen"),
    (Kind.CONTACT, "hall"),
    (Kind.TEMPERATURE, "living room"),
    (Kind.SMOKE, "kitchen"),
    (Kind.PENDANT, ""),
)


def home(number: int = 1, *, place: str = "fenbridge", state: HomeState = HomeState.ACTIVE) -> Home:
    return Home(number, f"home-{number:06d}", place, f"Home {number}", state, GoesOut.ALONE)


def enrolment(
    homes: int = 1,
    *,
    place: str = "fenbridge",
    kinds: Sequence[tuple[Kind, str]] = DEFAULT_KINDS,
    first: int = 1,
    state: HomeState = HomeState.ACTIVE,
) -> Enrolment:
    """Return homes with one gateway each; sensor addresses are ``{kind}-{position}``."""
    made = tuple(home(first + i, place=place, state=state) for i in range(homes))
    hubs = tuple(Gateway(h.number, f"gate-{h.number:06d}", place, h.number) for h in made)
    sensors: list[Sensor] = []
    per_home = len(kinds) + 1
    for h in made:
        base = (h.number - 1) * per_home + 1
        sensors.append(
            Sensor(base, f"sens-{base:06d}", h.number, h.number, "status", "", Kind.GATEWAY_STATUS)
        )
        for i, (kind, room) in enumerate(kinds):
            number = base + 1 + i
            address = f"{kind.value}-{i}"
            is_exit = kind is Kind.CONTACT and room == "hall"
            sensors.append(
                Sensor(
                    number,
                    f"sens-{number:06d}",
                    h.number,
                    h.number,
                    "native",
                    address,
                    kind,
                    room,
                    is_exit,
                )
            )
    return Enrolment(made, hubs, tuple(sensors))
