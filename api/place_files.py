"""Adds, checks and lists place files."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from alerts.alert import Priority
from api import console, roster, wiring
from api.exits import Exit
from config import alert_budgets, audit, ladder_rows, ladders
from config.homes import ID_PATTERN
from config.places import (
    FOLDER,
    Place,
    gss_clashes,
    is_live_for_p1,
    load_place,
    load_places,
    missing_for_p1,
)
from config.problems import ConfigProblem
from config.settings import Settings


def add(file: Path, settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Put a right file into the folder of places; ConfigProblem says what is wrong."""
    place = load_place(file)
    folder = settings.places
    if folder.resolve() == FOLDER.resolve():
        raise ConfigProblem(
            "settings: places is the folder of the invented councils; "
            "name a folder of your own, and keep your place files there"
        )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    if target.exists():
        raise ConfigProblem(f"places: {place.key} is there already ({target}); edit that file")
    known = load_places(folder) if any(folder.glob("*.toml")) else {}
    if clashes := gss_clashes({**known, place.key: place}):
        raise ConfigProblem("\n".join(clashes))
    if place.logo:
        shutil.copyfile(file.with_name(place.logo), folder / place.logo)
    with wiring.open_database(settings).begin() as connection:
        console.note(connection, audit.INSTALLATION, "setting", f"place:{place.key}")
    shutil.copyfile(file, target)
    tell(f"{place.key} added: {place.name}")
    for what in missing_for_p1(place):
        tell(f"  not live for P1: it does not name {what}")
    tell("restart worker and web, so that they know it")


def check(file: Path | None, settings: Settings, *, tell: Callable[[str], None]) -> Exit:
    """Tell of each place whether it is live for P1; NOT_READY when any is not."""
    places = wiring.places(settings) if file is None else {file.stem: load_place(file)}
    for key, place in places.items():
        missing = missing_for_p1(place)
        tell(f"{'live for P1    ' if not missing else 'NOT LIVE for P1'}  {key}: {place.name}")
        for what in missing:
            tell(f"                 its file does not name {what}")
    is_ready = all(map(is_live_for_p1, places.values()))
    return (
        Exit.OK
        if is_ready and (file is not None or _saved(places, settings, tell))
        else (Exit.NOT_READY)
    )


def _saved(places: Mapping[str, Place], settings: Settings, tell: Callable[[str], None]) -> bool:
    """Tell what was saved on pages and holds over the files; return whether it is fit to hold."""
    is_fit = True
    with wiring.open_database(settings).connect() as connection:
        held = alert_budgets.in_force(connection, places)
        for key, place in places.items():
            if held[key].alert_budget != place.alert_budget:
                tell(
                    f"{key}: alert_budget is {held[key].alert_budget:g}, saved on its page; "
                    f"its file says {place.alert_budget:g}"
                )
            for priority in Priority:
                ladder = ladder_rows.find(connection, key, priority.value)
                if ladder is not None and priority.value in place.ladder:
                    tell(f"{key}: the ladder of {priority.value} was saved and holds over its file")
                for _, told in [] if ladder is None else ladders.mistakes(ladder, priority.value):
                    is_fit = False
                    tell(f"{key}: the ladder of {priority.value} that was saved: {told}")
    return is_fit


def list_places(settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Tell one line a place."""
    places = wiring.places(settings)
    with wiring.open_database(settings).connect() as connection:
        homes = roster.count_homes(connection, list(places))
    width = max(len(key) for key in places)
    for key, place in places.items():
        state = "live for P1" if is_live_for_p1(place) else "not live for P1"
        tell(f"{key:{width}}  {homes.get(key, 0):>6} homes  {state:15}  {place.name}")


def known_place(key: str, settings: Settings) -> str:
    """Return the key of a place that has a file; ConfigProblem when there is none."""
    places = wiring.places(settings)
    if ID_PATTERN.fullmatch(key) is None or key not in places:
        raise ConfigProblem(
            f"places: there is no place {key[:40]!r}, expected one of {', '.join(places)}"
        )
    return key
