"""What ``stillwell gateway`` does: credentials and walk tests in somebody's name."""

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import segno
from sqlalchemy import Connection, select

from api import console, devices, installing, roster, stores, wiring
from api.contacts_file import expect_role
from api.enrolment import new_id
from api.installing import INSTALLERS
from config import (
    contacts,
    credentials,
    installations,
    registry,
    replacements,
    tables,
    walk_test_rows,
)
from config.credentials import Issued
from config.homes import Home
from config.people import Account
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock, instant, microseconds

Tell = Callable[[str], None]
_HOUR_US: Final = 3_600_000_000
_g, _h = tables.gateways.c, tables.homes.c


def issue(settings: Settings, gateway: str, by: str, picture: Path | None, *, tell: Tell) -> None:
    """Issue a credential and tell it, this once; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    now_us, wall_us = microseconds(wiring.web_clock(settings, database)()), _wall_us()
    with database.begin() as connection:
        account, home = _asked(connection, settings, gateway, by, now_us)
        if home is None:
            overlap_h = settings.broker.overlap_h
            issued = credentials.issue(connection, gateway, account.id, wall_us, overlap_h)
        else:
            issued = installing.issue(
                connection,
                home,
                gateway,
                account.id,
                now_us=wall_us,
                overlap_h=settings.broker.overlap_h,
            )
        code = _code(settings, issued, picture)
    _tell_issued(settings, issued, code, picture, tell=tell)


def replace(
    settings: Settings,
    gateway: str,
    by: str,
    why: str,
    overlap_h: float | None,
    box: str,
    picture: Path | None,
    *,
    tell: Tell,
) -> None:
    """Let another box serve in a gateway's place and tell its credential, this once."""
    database = wiring.open_database(settings)
    now_us, wall_us = microseconds(wiring.web_clock(settings, database)()), _wall_us()
    hours = settings.broker.overlap_h if overlap_h is None else overlap_h
    with database.begin() as connection:
        account, home = _asked(connection, settings, gateway, by, now_us)
        if home is None:
            issued = replacements.replace_gateway(
                connection, gateway, box or new_id(), account.id, wall_us, overlap_h=hours, why=why
            )
        else:
            issued = devices.replace_gateway(
                connection, home, gateway, account.id, now_us=wall_us, overlap_h=hours, why=why,
                box=box,
            )  # fmt: skip
        code = _code(settings, issued, picture)
    until = f"until {instant(wall_us + int(hours * _HOUR_US))} UTC" if hours else "no longer"
    tell(f"{gateway} is replaced by {issued.gateway}; the old box is heard {until}")
    _tell_issued(settings, issued, code, picture, tell=tell)


def end_overlap(settings: Settings, old: str, by: str, *, tell: Tell) -> None:
    """Hear no more of a box that was replaced; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        serving = replacements.successor(connection, old)
        account, _ = _asked(connection, settings, serving, by, now_us)
        replacements.end_overlap(connection, old, account.id, _wall_us())
    tell(f"{old} is heard no more; {serving} serves in its place")


def _code(settings: Settings, issued: Issued, picture: Path | None) -> segno.QRCode:
    """Return the QR code, written into a private file where one is named."""
    code = segno.make(installing.qr_text(issued, settings.broker.address), error="m")
    if picture is not None:
        _write_private(picture, code.svg_inline(scale=4, border=4))
    return code


def _tell_issued(
    settings: Settings, issued: Issued, code: segno.QRCode, picture: Path | None, *, tell: Tell
) -> None:
    for name, value in installing.lines_of(issued, settings.broker.address):
        tell(f"{name:<8}  {value}")
    tell("the password is not told again")
    if picture is None:
        code.terminal(compact=True)
    else:
        tell(f"{picture}: the same as a QR code")


def issue_all(settings: Settings, place: str, by: str, file: Path, *, tell: Tell) -> None:
    """Issue one for every gateway of a place that has none, into a private CSV."""
    known = wiring.places(settings)
    if place not in known:
        listed = ", ".join(known)
        raise ConfigProblem(f"credential: there is no place {place!r}, expected one of {listed}")
    database = wiring.open_database(settings)
    with database.begin() as connection:
        account = expect_role(connection, by, place, Role.OFFICER)
        issued = credentials.issue_missing(connection, place, account.id, _wall_us())
        if issued:
            _write_private(file, _csv(issued, settings.broker.address))
    where = f": {file}, told this once" if issued else "; all had one"
    tell(f"{len(issued):,} gateways of {place} have a new credential{where}")


def _csv(issued: Sequence[Issued], address: str) -> str:
    text = io.StringIO()
    out = csv.writer(text)
    for number, one in enumerate(issued):
        lines = installing.lines_of(one, address)
        if number == 0:
            out.writerow(["gateway", *(name for name, _ in lines)])
        out.writerow([one.gateway, *(value for _, value in lines)])
    return text.getvalue()


def revoke(
    settings: Settings, gateway: str, by: str, why: str, username: str, *, tell: Tell
) -> None:
    """End a gateway's credentials; ConfigProblem says what is wrong."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, _ = _asked(connection, settings, gateway, by, now_us)
        count = credentials.revoke(
            connection, gateway, account.id, why, _wall_us(), username=username
        )
    ended = "1 credential" if count == 1 else f"{count} credentials"
    tell(f"{gateway}: {ended} ended; `stillwell broker keep` cuts its connection")


def show(settings: Settings, gateway: str, *, tell: Tell) -> None:
    """Tell every credential of a gateway, the newest first; never a secret."""
    now_us, database = _wall_us(), wiring.open_database(settings)
    with database.begin() as connection:
        place, _ = _home_of(connection, gateway)
        console.note(connection, place, "read", f"gateway:{gateway}")
        found = credentials.history(connection, gateway)
    for one in found:
        told = f"{one.username}: issued {instant(one.issued_us)} UTC"
        if one.seen_us is not None:
            told += f", first used {instant(one.seen_us)}"
        if one.ended_us is not None:
            told += f", ended {instant(one.ended_us)} ({one.why})"
        elif one.until_us is not None:
            told += (
                f", {'valid until' if one.is_valid(now_us) else 'ended'} {instant(one.until_us)}"
            )
        tell(told)
    if not found:
        tell(f"{gateway} has no credential: the broker refuses it")


def begin_test(settings: Settings, home_id: str, by: str, *, tell: Tell) -> None:
    """Begin a walk test; ConfigProblem says why it cannot be."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, home = asked_of(connection, settings, home_id, by, now_us)
        test = walk_test_rows.begin(connection, home.number, account.id, now_us)
    tell(f"home {home.id}: smoke, falls and calls for help are marked TEST until "
         f"{instant(test.until_us)} UTC, and nobody is sent")  # fmt: skip
    tell("if something real happens in that time, call 999 yourself")


def end_test(settings: Settings, home_id: str, by: str, *, tell: Tell) -> None:
    """End the walk test that is under way; ConfigProblem when none is."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, home = asked_of(connection, settings, home_id, by, now_us)
        told = _heard(connection, settings, home)
        installing.end_test(connection, home, account.id, now_us, told)
    tell(f"home {home.id}: ended, every alarm is real again")
    _tell_heard(told, tell)


def show_test(settings: Settings, home_id: str, *, tell: Tell) -> None:
    """Tell when each sensor of a home last spoke, and whether in the newest walk test."""
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        home = find_home(connection, home_id)
        console.note(connection, home.place, "read", f"home:{home.id}")
        test = walk_test_rows.newest(connection, home.number)
        told = _heard(connection, settings, home)
    if test is None:
        tell(f"home {home.id} was not tested yet")
    else:
        state = "is under way until" if test.covers(now_us) else "ended at"
        tell(f"home {home.id}: the walk test {state} {instant(test.stop_us)} UTC")
    _tell_heard(told, tell)


def book(settings: Settings, home_id: str, day: str, by: str, *, tell: Tell) -> None:
    """Book a day on which installers may see a home; ConfigProblem says what is wrong."""
    from api.web.installing import read_day

    places, database = wiring.places(settings), wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    wanted = read_day(day)
    with database.begin() as connection:
        home = find_home(connection, home_id)
        account = expect_role(connection, by, home.place, Role.OFFICER)
        today = installing.today(places, [home.place], now_us)[home.place]
        installations.book(connection, home.number, wanted, account.id, today=today, now_us=now_us)
    tell(f"home {home.id}: installers of {home.place} see it on {wanted}")


def _tell_heard(told: list[installing.Heard], tell: Tell) -> None:
    for one in told:
        when = "not heard yet" if one.heard_us is None else f"{instant(one.heard_us)} UTC"
        mark = "in the test" if one.is_in_test else ""
        tell(f"  {one.sensor.room or '-':<16} {one.sensor.kind.value:<18} {when}  {mark}".rstrip())


def _heard(connection: Connection, settings: Settings, home: Home) -> list[installing.Heard]:
    sensors = roster.sensors_of(registry.load(connection), home.number)
    test = walk_test_rows.newest(connection, home.number)
    is_there = settings.store.kind != "embedded" or stores.file_of(settings).exists()
    store = stores.open_to_read(settings) if is_there else None
    try:
        return installing.heard(sensors, store, test)
    finally:
        if store is not None:
            store.close()


def _wall_us() -> int:
    """Return the time of the wall: it is what the broker lets in by, in a replay too."""
    return microseconds(SystemClock().now())


def _asked(
    connection: Connection, settings: Settings, gateway: str, by: str, now_us: int
) -> tuple[Account, Home | None]:
    """Return who asks and the gateway's home; an installer may only on the day of the work."""
    place, home_id = _home_of(connection, gateway)
    if home_id is None:
        return expect_role(connection, by, place, Role.OFFICER), None
    return asked_of(connection, settings, home_id, by, now_us)


def asked_of(
    connection: Connection, settings: Settings, home_id: str, by: str, now_us: int
) -> tuple[Account, Home]:
    """Return who asks and the home; ConfigProblem unless they may install there today."""
    home = find_home(connection, home_id)
    account = expect_role(connection, by, home.place, *INSTALLERS)
    days = installing.today(wiring.places(settings), [home.place], now_us)
    worked_in = {one.home for one in installations.on(connection, days)}
    if home.id not in worked_in:
        expect_role(connection, by, home.place, Role.OFFICER)
    return account, home


def find_home(connection: Connection, home_id: str) -> Home:
    """Return the home with this id; ConfigProblem where there is none."""
    place = contacts.place_of(connection, home_id)
    found = None if place is None else roster.find_home(connection, [place], home_id)
    if found is None:
        raise ConfigProblem(f"gateway: there is no home {home_id!r}")
    return found


def _home_of(connection: Connection, gateway: str) -> tuple[str, str | None]:
    query = (
        select(_g.place, _h.id)
        .outerjoin(tables.homes, _h.number == _g.home)
        .where(_g.id == gateway)
    )
    found = connection.execute(query).first()
    if found is None:
        raise ConfigProblem(f"credential: there is no gateway {gateway!r}")
    return found.place, found.id


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; ConfigProblem where one is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise ConfigProblem(
            f"credential: {path} cannot be made ({problem.strerror}): name a file that is not there"
        ) from problem
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
