"""What ``stillwell ladder``, ``rota``, ``recipient`` and ``webhook`` do, in somebody's name."""

from collections.abc import Callable
from pathlib import Path

from alerts.notify.webhook import Unsafe, guard
from api import console, telling, wiring
from api.auth import PEOPLE
from api.contacts_file import expect_role, read_toml
from api.web import words
from config import ladders, people, recipients, rota_gaps, rotas, webhooks
from config.database import hold_writers
from config.ladders import Rung
from config.places import Place
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock, microseconds

Tell = Callable[[str], None]


def show_ladders(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell the ladder of each priority."""
    _place(settings, place)
    with wiring.open_database(settings).connect() as connection:
        found = telling.ladders_of(connection, place)
    for priority, ladder in found.items():
        if ladder is None:
            tell(f"{priority}: no ladder; alerts stand on the page and nobody is told")
            continue
        tell(f"{priority}: {ladder.loops} time(s) through")
        for number, rung in enumerate(ladder.rung, start=1):
            tell(f"  {number}. {_rung(rung)}")
        if ladder.fallback is not None:
            tell(f"  then {_rung(ladder.fallback)}, repeated until somebody answers")


def save_ladder(
    settings: Settings, place: str, priority: str, file: Path, by: str, *, tell: Tell
) -> None:
    """Put the ladder of the file in force; ConfigProblem says what is wrong."""
    _place(settings, place)
    wanted = telling.read_priority(priority)
    plan = ladders.read_plan(read_toml(file, "ladder"), file.name)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, place, Role.SUPERVISOR)
        telling.save_ladder(connection, place, wanted, plan, account.id, now_us)
    tell(f"the ladder of {wanted.value} at {place} is in force")


def show_rota(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell who is on call now and next, and the gaps ahead."""
    served = _place(settings, place)
    database = wiring.open_database(settings)
    console.note_read(database, place, "rota")
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.connect() as connection:
        found = telling.duty(connection, served, now_us)
        ending = rota_gaps.holidays_end(connection, served, now_us)
    if found.rota is None:
        tell(f"{place} has no rota; save one with `stillwell rota set`")
    for team in found.teams:
        now = "nobody" if team.now is None else team.now.person
        until = "" if team.now is None else f" until {words.moment(team.now.end_us, served.zone)}"
        after = "nobody" if team.next is None else team.next.person
        tell(f"{team.team}: {now}{until}, then {after}")
    for key, start_us, end_us in found.gaps:
        begin, end = (words.moment(us, served.zone) for us in (start_us, end_us))
        tell(f"GAP {key}: nobody from {begin} until {end}")
    if ending is not None:
        tell(ending)


def save_rota(
    settings: Settings, place: str, file: Path, by: str, *, is_gap_meant: bool, tell: Tell
) -> None:
    """Put the rota of the file in force; ConfigProblem says where it overlaps or leaves nobody."""
    served = _place(settings, place)
    plan = rotas.read_plan(read_toml(file, "rota"), file.name)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        hold_writers(connection)
        account = expect_role(connection, by, place, *PEOPLE)
        try:
            telling.save_rota(
                connection, served, plan, account.id, now_us, is_gap_meant=is_gap_meant
            )
        except telling.GapOpened as gaps:
            raise ConfigProblem(f"{gaps} (--accept-gaps); nothing was saved") from gaps
    show_rota(settings, place, tell=tell)


def save_recipient(settings: Settings, email: str, file: Path, *, tell: Tell) -> None:
    """Save how an account wants to be told; ConfigProblem says what is wrong."""
    plan = recipients.read_plan(read_toml(file, "recipient"), file.name)
    with wiring.open_database(settings).begin() as connection:
        account = people.find_account(connection, email)
        if account is None:
            raise ConfigProblem(f"recipient: nobody signs in as {email!r}")
        now_us = microseconds(SystemClock().now())
        recipients.save(connection, account.id, plan, now_us=now_us)
    channels = [c for c in ladders.CHANNELS if c != "console" and plan.address(c)]
    tell(f"{email} is told by {', '.join(channels) or 'the page only'}")


def save_webhook(settings: Settings, place: str, url: str, by: str, *, tell: Tell) -> None:
    """Replace a place's webhook; ConfigProblem says what is wrong with its address."""
    _place(settings, place)
    try:
        guard(url, is_private_allowed=settings.outbox.allow_private_webhooks)
    except Unsafe as problem:
        raise ConfigProblem(f"webhook: {problem}") from problem
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, place, Role.SUPERVISOR)
        secret = webhooks.save(connection, place, url, account.id, now_us)
    tell(f"alerts of {place} go to {url}; keep the secret that signs them: {secret}")


def _place(settings: Settings, place: str) -> Place:
    places = wiring.places(settings)
    if place not in places:
        raise ConfigProblem(f"there is no place {place!r}, expected one of {', '.join(places)}")
    return places[place]


def _rung(rung: Rung) -> str:
    every = ", everyone must acknowledge" if rung.everyone else ""
    who, channels = ", ".join(rung.who), ", ".join(rung.channel)
    return f"{who} by {channels}, then wait {rung.wait_min:g} min{every}"
