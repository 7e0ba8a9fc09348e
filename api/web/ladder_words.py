"""Ladders as people read them: who is told, by what, and how long the next waits."""

from collections.abc import Mapping, Sequence
from typing import Final

from api.web import words
from api.web.language import N_, _
from config.ladders import CHANNELS, Ladder, Rung
from config.roles import Role

CHANNEL: Final[Mapping[str, str]] = dict(
    zip(
        CHANNELS,
        (N_("the page only"), N_("e-mail"), N_("text message"), N_("webhook"), N_("Apprise")),
        strict=True,
    )
)
"""How each channel reads."""

TOLD: Final = (Role.CARE_WORKER, Role.OPERATOR, Role.SUPERVISOR, Role.OFFICER, Role.ENGINEER)
"""Roles that a ladder is offered to tell."""


def who(code: str, teams: Mapping[str, str]) -> str:
    """Return whom this code of a step means; ``teams`` are names by key."""
    word, _sign, name = code.partition(":")
    team = teams.get(name, name)
    if word == "on-call":
        return _("whoever is on call in %(team)s", team=team)
    if word == "second":
        return _("whoever is second on call in %(team)s", team=team)
    if word == "third":
        return _("whoever is third on call in %(team)s", team=team)
    if word == "team":
        return _("everybody in %(team)s", team=team)
    if word == "role":
        return _("everybody who is %(role)s", role=words.label(name).lower())
    return _("the place itself, by its webhook")


def rung(one: Rung, teams: Mapping[str, str]) -> str:
    """Return one step as a sentence without a full stop."""
    values = {
        # Always in one order: a form that was only opened must not look like a change.
        "who": ", ".join(sorted(who(code, teams) for code in one.who)),
        "channels": ", ".join(
            _(CHANNEL[channel]) for channel in CHANNELS if channel in one.channel
        ),
        "minutes": f"{one.wait_min:g}",
    }
    if one.everyone:
        return _(
            "%(who)s; by %(channels)s; then wait %(minutes)s min, until each of them has answered",
            **values,
        )
    return _("%(who)s; by %(channels)s; then wait %(minutes)s min", **values)


def steps(ladder: Ladder | None, teams: Mapping[str, str]) -> list[str]:
    """Return the whole climb, a line a step; none without a ladder."""
    if ladder is None:
        return []
    told = [capital(rung(one, teams)) for one in ladder.rung]
    if ladder.loops > 1 and told:
        told.append(_("These steps %(times)s times in all", times=ladder.loops))
    if ladder.fallback is not None:
        last = rung(ladder.fallback, teams)
        told.append(_("In the end, until somebody answers: %(rung)s", rung=last))
    return told


def limits(ladder: Ladder | None) -> list[str]:
    """Return until when whoever has the alert must say more, where the ladder names it."""
    if ladder is None:
        return []
    told: Sequence[tuple[float | None, str]] = (
        (ladder.acknowledged_min, N_("Whoever took it says that they go within %(minutes)s min")),
        (ladder.attending_min, N_("Whoever goes says how it ended within %(minutes)s min")),
    )
    return [_(text, minutes=f"{value:g}") for value, text in told if value is not None]


def capital(text: str) -> str:
    """Return the text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
