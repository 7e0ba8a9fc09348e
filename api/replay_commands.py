"""``stillwell simulate`` and ``stillwell replay``."""

import asyncio
import math
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell
from api.stored_order import Order

Credentials = Annotated[
    Path | None,
    typer.Option(help="JSON file of broker passwords by user name (the demo writes one)."),
]


def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario's name (demo) or a TOML file.")],
    credentials: Credentials = None,
    settings: SettingsFile = None,
    live: Annotated[bool, typer.Option(help="Go on live after the past is sent.")] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write to this .csv or .parquet (readings) or .jsonl (messages) instead."
        ),
    ] = None,
) -> None:
    """Publish simulated homes through MQTT: the scenario's days, then live until Ctrl-C.

    With --out no broker is needed: the days go into a file, the same bytes every time, and
    what really happened into FILE.truth.csv beside it. Otherwise the homes must be enrolled,
    as the demo does; the past is sent on a virtual clock, so the worker's settings must say
    clock = "virtual".
    """
    from api import simulation, wiring

    with told_plainly():
        if out is not None:
            simulation.write(scenario, out, tell=tell)
            return
        loaded = wiring.read_settings(settings)
        asyncio.run(simulation.run(scenario, loaded, credentials, goes_live=live, tell=tell))


def replay(
    source: Annotated[
        str,
        typer.Argument(
            help="A scenario (its name or TOML file); CSV or Parquet (time,sensor,value); JSONL of "
            "MQTT messages; a TIHM, Kasteren or Ordonez file."
        ),
    ] = "",
    place: Annotated[str, typer.Option(help="Key of the place that a file is replayed into.")] = "",
    store: Annotated[
        Path | None,
        typer.Option(help="Instead: data folder or settings file of another installation."),
    ] = None,
    start: Annotated[
        str, typer.Option("--from", help="With --store: first day (UTC) or moment.")
    ] = "",
    end: Annotated[
        str, typer.Option("--to", help="With --store: day or moment before which to end.")
    ] = "",
    order: Annotated[
        Order, typer.Option(help="With --store: as received, or in order of event time.")
    ] = Order.RECEIVED,
    home: Annotated[str, typer.Option(help="Only this home of a file or store.")] = "",
    credentials: Credentials = None,
    settings: SettingsFile = None,
    gateway: Annotated[
        str, typer.Option(help="Gateway id to publish as; replayed-gateway for readings.")
    ] = "",
    speed: Annotated[float, typer.Option(min=0, help="Times real time; 0 is flat out.")] = 0,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Without a broker or worker: same code, faster.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where this replay was stopped.")
    ] = False,
) -> None:
    """Replay simulated, recorded or stored homes through the real pipeline, on a virtual clock.

    Homes are enrolled first, unless they are. Through the broker a worker must run on the same
    settings; with --in-process pipeline, store and engine run here, and the alerts are the
    same. Both want clock = "virtual" and a data folder that has not seen later days. Ctrl-C
    stops after the slice in hand, says where, and exits with 130; --resume goes on.

      stillwell replay rough-month --in-process

      stillwell replay tihm_activity.csv.gz --place fenbridge --home ID --in-process

      stillwell replay --store ../live/data --from 2026-11-01 --to 2026-11-08 --speed 3600
    """
    from api import replay_sources, replaying, wiring
    from api.stored_past import Stretch

    with told_plainly():
        loaded = wiring.read_settings(settings)
        replaying.require_virtual(loaded)
        wish = replaying.Wish(
            speed or math.inf, in_process, resume, f"stillwell {_words_to_resume()}"
        )
        reel = replay_sources.open_reel(
            source,
            place=place,
            gateway=gateway,
            home=home,
            places=tuple(wiring.places(loaded)),
            stretch=Stretch(store, start, end, order, loaded.data),
        )
        asyncio.run(replaying.run(reel, loaded, credentials, wish, tell=tell))


def _words_to_resume() -> str:
    words = [word for word in sys.argv[1:] if word != "--resume"]
    return shlex.join([*words, "--resume"])
