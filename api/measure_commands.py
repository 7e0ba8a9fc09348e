"""``stillwell measures``."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.exits import told_plainly


def measures(
    place: Annotated[str, typer.Option(help="Key of the place.")],
    start: Annotated[
        str, typer.Option("--from", help="Day, YYYY-MM-DD, from its midnight there.")
    ] = "",
    stop: Annotated[str, typer.Option("--to", help="Day after the last one; today if empty.")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="TOML file; else STILLWELL_SETTINGS, else the defaults."),
    ] = None,
) -> None:
    """Say how soon alerts were acknowledged, how often they were needed, and what went astray.

    From the log alone; every figure says how it came about. Without days it is the last 28. The
    shares within 60 and 180 s stand beside the call-answering standard, and are another thing.

      stillwell measures --place fenbridge --from 2026-11-01 --to 2026-11-29
    """
    from api import exporting, measuring, wiring
    from config import alert_budgets
    from config.problems import ConfigProblem
    from ingest.clock import SystemClock, microseconds

    with told_plainly():
        loaded = wiring.read_settings(settings)
        known = wiring.places(loaded)
        if place not in known:
            raise ConfigProblem(f"measures: no place {place!r}, expected one of {', '.join(known)}")
        zone = known[place].zone
        now_us = microseconds(SystemClock().now())
        try:
            end = (
                datetime.strptime(stop, "%Y-%m-%d").replace(tzinfo=zone)
                if stop
                else datetime.fromtimestamp(now_us / 1e6, zone)
            )
            begin = (
                datetime.strptime(start, "%Y-%m-%d").replace(tzinfo=zone)
                if start
                else end - timedelta(days=28)
            )
        except ValueError as problem:
            raise ConfigProblem(f"measures: {problem}; write days as 2026-11-01") from problem
        if begin >= end:
            raise ConfigProblem("measures: --from must be before --to")
        span = (int(begin.timestamp() * 1e6), int(end.timestamp() * 1e6))
        database = wiring.open_database(loaded)
        if as_csv:
            exporting.note(database, place, "measures", now_us, from_us=span[0], to_us=span[1])
        with database.connect() as connection:
            served = alert_budgets.in_force(connection, {place: known[place]})[place]
            found = measuring.of_place(connection, served, *span, now_us)
        figures = list(measuring.figures(found, measuring.exactly, served.alert_budget))
        if as_csv:
            sys.stdout.write(measuring.to_csv(place, figures))
            return
        for one in figures:
            value = "-" if one.value is None else f"{one.value:g}"
            sys.stdout.write(f"{one.name:<52} {value:>9} {one.unit:<20} {one.arithmetic}\n")
