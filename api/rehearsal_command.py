"""``stillwell rehearse``: reads the options, shows progress, prints and writes what came of it."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from api.delivery import Delivery
from api.exits import CommandFailed, told_plainly
from config.problems import ConfigProblem

if TYPE_CHECKING:
    from api.rehearsal import Request
    from config.settings import Settings

_DAY: Final = "2026-11-22"


def rehearse(
    place: Annotated[str, typer.Option(help="Key of the place whose past it is.")],
    start: Annotated[
        str, typer.Option("--from", help="A day (local midnight) or a moment: 2026-11-01T07:30Z.")
    ],
    stop: Annotated[str, typer.Option("--to", help="The same; it is not included itself.")],
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="TOML with the [limits] and [detectors] to try, as a place file has them; "
            "without it the settings of the time are rehearsed.",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Such a file to hold them against; else the settings of the time."),
    ] = None,
    as_: Annotated[
        Delivery,
        typer.Option(
            "--as", help="As received, or as ordered: what perfect delivery would have given."
        ),
    ] = Delivery.RECEIVED,
    warm_up: Annotated[
        float | None,
        typer.Option(min=0, help="Days to learn from before --from; else all that is kept."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Everything as JSON; the report lies beside it as .html.")
    ] = Path("rehearsal.json"),
    site: Annotated[
        Path | None,
        typer.Option(help="TOML file of the installation; else STILLWELL_SETTINGS, else defaults."),
    ] = None,
) -> None:
    """Run the live code over a place's own past with other settings; nothing is sent.

    Prints which alerts would be added, removed, earlier or later, by kind and home, and what
    they cost in staff time and SMS. Writes FILE.json and a report FILE.html. With neither
    --settings nor --against it shows that the past gives exactly the alerts that happened.

      stillwell rehearse --place fenbridge --from 2026-11-01 --to 2026-11-22 --settings try.toml
    """
    from api import wiring
    from api.rehearsal import Request

    with told_plainly():
        loaded = wiring.read_settings(site)
        places = wiring.places(loaded)
        zone = places[place].zone if place in places else ZoneInfo("UTC")
        span = (_moment(start, "--from", zone), _moment(stop, "--to", zone))
        request = Request(place, *span, settings, against, as_, warm_up)
        _run(loaded, request, out, tell=_tell)


def _run(
    settings: "Settings", request: "Request", out: Path, *, tell: Callable[[str], None]
) -> None:
    from api import rehearsal, rehearsal_report
    from api.progress import Progress

    with Progress(f"rehearsing {request.place}", tell) as progress:
        result = rehearsal.rehearse_place(settings, request, on_progress=progress.show)
    for line in rehearsal_report.told(result):
        tell(line)
    page = out.with_suffix(".html")
    try:
        out.write_text(json.dumps(rehearsal_report.as_json(result), indent=2) + "\n", "utf-8")
        page.write_text(rehearsal_report.as_html(result), "utf-8")
    except OSError as problem:
        raise CommandFailed(f"rehearse: {out} cannot be written: {problem.strerror}") from problem
    tell(f"everything is in {out}, the report in {page}")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _moment(said: str, option: str, zone: ZoneInfo) -> int:
    """Return microseconds since 1970 UTC; a day begins at midnight of the place."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone) if len(said) == len(_DAY) else None
    if moment is None:
        raise ConfigProblem(
            f"rehearse: {option} is {said!r}, expected a day ({_DAY}) or a moment with its offset "
            f"({_DAY}T07:30:00Z)"
        )
    return int(moment.timestamp()) * 1_000_000
