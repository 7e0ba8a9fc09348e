"""What is configured and running for a place, and the lines in which drafts tell it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.detect.parameters import PARAMETERS, values
from alerts.detect.place_limits import LIMITS
from alerts.modes import DETECTORS, Mode
from config.kinds import KINDS, OF_DEVICES, Kind
from config.places import Place
from config.roles import Role

ASK: Final = "**[the council completes this]**"
FEWEST: Final = 5

_SEES: Final[Mapping[Role, str]] = {
    Role.CARE_WORKER: "alerts and homes of their place, whom to call",
    Role.OPERATOR: "the same, at a queue",
    Role.SUPERVISOR: "the same, findings that were not sent, figures",
    Role.OFFICER: "homes and alerts to read, enrolment, who may do what",
    Role.INSTALLER: "homes of today's work, by what installing needs",
    Role.GOVERNANCE: "the audit log, data requests, holds",
    Role.COMMISSIONER: "numbers only, small ones suppressed",
    Role.ENGINEER: "technical alerts and dead letters, by id",
    Role.HUB_OPERATOR: "counts and health of places, no home",
}


@dataclass(frozen=True, slots=True)
class Running:
    """What is configured and running for one place.

    ``kinds`` is how many sensors there are of each kind, ``homes`` how many homes by state,
    ``bases`` how many standing decisions by basis, ``holders`` how many people hold each role.
    ``modes`` are by detector, ``own`` how many homes have a setting of their own, by its name.
    ``channels`` are the ways messages go out, ``stores`` where readings are kept, ``copies_days``
    for how long else, by what it is.
    """

    place: Place
    taken: str
    version: str
    kinds: Mapping[Kind, int]
    homes: Mapping[str, int]
    bases: Mapping[str, int]
    holders: Mapping[Role, int]
    modes: Mapping[str, Mode]
    own: Mapping[str, int]
    channels: Sequence[str]
    stores: Sequence[str]
    database: str
    copies_days: Mapping[str, float]
    has_webhook: bool
    holds: int
    key_place: str


def section(title: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield a section under its heading."""
    yield f"## {title}"
    yield ""
    yield from lines
    yield ""


def few(count: int) -> str:
    """Return a number of homes; one below ``FEWEST`` is not told."""
    return f"{count:,}" if count >= FEWEST or count == 0 else f"fewer than {FEWEST}"


def purposes(place: Place) -> list[str]:
    """Return for what readings are used there."""
    return [f"- {name}: {sentence}" for name, sentence in sorted(place.purposes.items())]


def kinds(running: Running) -> list[str]:
    """Return what is measured, by kind of sensor."""
    used = [row for row in KINDS if running.kinds.get(row.kind)]
    lines = [
        f"| {row.kind.value} | {row.meaning} | {row.unit or '-'} | "
        f"{'the device' if row.kind in OF_DEVICES else 'the home and who is in it'} |"
        for row in used
    ]
    if not lines:
        return ["- No sensor is enrolled yet."]
    return ["| kind of sensor | what it says | unit | about |", "|---|---|---|---|", *lines]


OTHER_DATA: Final = [
    "",
    (
        "- Of a household: names, date of birth, NHS number, address, language, what matters at "
        "the door, a key safe's code; who lives there, pets, going out, risk tier. Sealed, a key a "
        "person."
    ),
    "- Of contacts: name, relation, telephone number. Sealed, a key each.",
    "- Alerts with what was done and said, consents, pauses, booked visits.",
    "- An audit log of who did and saw what, by ids.",
]
SECURITY: Final = [
    "- Argon2id, second factor or the council's own identity provider; roles by place.",
    "- Names and numbers are sealed (AES-256-GCM); a key that is dropped erases from backups too.",
    "- Every reading of a page about a person is in a hash-chained audit log.",
    "- What is promised, and the test of each promise: SECURITY.md of the software.",
]


def roles(running: Running) -> list[str]:
    """Return who sees what, with how many hold the role."""
    return [
        f"- {role.value.replace('-', ' ')} ({running.holders.get(role, 0)}): {sees}"
        for role, sees in _SEES.items()
    ]


def gss_codes(place: Place) -> list[str]:
    """Return the place's codes of the Office for National Statistics, each with its dates."""
    return [
        f"- GSS code: {one.code} from {one.first}" + (f" to {one.last}" if one.last else "")
        for one in place.gss_codes
    ]


def outside(running: Running) -> list[str]:
    """Return who else is told, and of what."""
    told = [
        (
            f"- Messages to staff go out by {', '.join(running.channels) or 'no channel'}; they "
            "say neither who nor where."
        )
    ]
    if running.has_webhook:
        told.append(f"- A webhook of the place gets events, by ids. Whose system that is: {ASK}")
    if fallback := running.place.fallback:
        told.append(f"- {fallback.name} answers urgent alerts when nobody else did.")
    return told


def retention(running: Running) -> list[str]:
    """Return for how long each kind of data is kept."""
    place = running.place
    lines = [
        f"- Readings: {running.place.retention_days} days, ended daily.",
        *(f"- {what}: {days:g} days." for what, days in running.copies_days.items()),
        (
            "- Alerts that are over, with their history, messages and calls, and shadow findings: "
            f"{running.place.alert_days} days after they ended, ended daily."
        ),
        (
            f"- Household and contacts: {place.household_days} days after the enrolment ended; "
            "their keys are dropped then, so that no backup can be read."
        ),
        (
            "- Gateways, sensors, what they signed in with, pauses, visits, limits and tests: "
            f"{place.device_days} days after it ended, and as long as readings are kept."
        ),
        "- The home's registration, consents and why it ended: until the last of these has gone.",
        (
            "- What a home or a device was, and settings of the engine: as long as the engine's "
            "log names them."
        ),
        "- All of it while the home is enrolled, unless the home is erased by name before.",
        (
            f"- Audit log: {place.kept_audit_days} days, by ids; it names nobody once the rest is "
            "erased."
        ),
        (
            "- Exports and incident files are handed over and not kept by Stillwell; that they "
            f"were is in the audit log. For how long whoever has them keeps them: {ASK}"
        ),
    ]
    if running.holds:
        lines.append(f"- {few(running.holds)} homes are under a legal hold and keep everything.")
    return lines


def detectors(running: Running) -> list[str]:
    """Return what is looked for, and whether it is sent."""
    lines = ["", "| detector | looks for | at this place |", "|---|---|---|"]
    for one in DETECTORS:
        mode = running.modes.get(one.key, Mode.SHADOW)
        lines.append(f"| {one.title} | {one.looks_for} | {_MODES[mode]} |")
    lines.append("| Smoke, gas, flood, pendant, fall | what the sensor itself says | always on |")
    return lines


_MODES: Final = {
    Mode.OFF: "off",
    Mode.SHADOW: "in shadow: found, sent to nobody",
    Mode.LIVE: "live",
}


def parameters(running: Running) -> list[str]:
    """Return each number of the detectors as it is here, and how many homes have their own."""
    chosen = values(running.place)
    lines = [
        "| parameter | unit | default | here | homes of their own | meaning |",
        "|---|---|---|---|---|---|",
    ]
    chosen |= {one.name: float(getattr(running.place.limits, one.name)) for one in LIMITS}
    for one in (*LIMITS, *PARAMETERS):
        here = chosen[one.name]
        mark = f"**{here:g}**" if here != one.default else f"{here:g}"
        own = few(running.own[one.name]) if one.name in running.own else "none"
        cells = (f"`{one.name}`", one.unit, f"{one.default:g}", mark, own, one.sentence)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def risks(running: Running) -> list[str]:
    """Return what may go wrong, and what is done about it."""
    shadow = sorted(
        one.title for one in DETECTORS if running.modes.get(one.key, Mode.SHADOW) is not Mode.LIVE
    )
    lines = [
        "| risk | what is done about it | left |",
        "|---|---|---|",
        f"| Readings tell when nobody is at home | ids only outside, roles, audit log | {ASK} |",
        f"| An alert is missed | silences have a cap; outages are told | {ASK} |",
        f"| False alerts teach a team to look away | an alert budget, evidence first | {ASK} |",
        f"| Somebody is watched who did not agree | a decision on record, review dates | {ASK} |",
        f"| Visitors and others in the home are seen too | no identity is read | {ASK} |",
        f"| Two people or a pet hide a silence | the page says what cannot be told | {ASK} |",
        f"| It works less well for some ways of living | judged by home | {ASK} |",
    ]
    if shadow:
        lines += ["", f"Not sent here, so nobody may rely on it: {', '.join(shadow)}."]
    return lines
