"""``stillwell relearn``: what is usual in each home, learned again from the store."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.exits import told_plainly


def relearn(
    days: Annotated[int, typer.Option(min=1, max=365, help="Days to learn from.")] = 28,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="TOML file; else STILLWELL_SETTINGS, else the defaults."),
    ] = None,
) -> None:
    """Learn again from the stored readings what is usual in each home; nothing is raised.

    A worker that starts without its memory (the log says checkpoint_refused, or the file was lost)
    does this by itself; by hand it learns from more or fewer days. The worker may run meanwhile:
    alarms go on being read. It takes up what was learned of every home of which it knows less with
    its next checkpoint, or when it starts.

      stillwell relearn --settings site.toml
    """
    from api import relearning, wiring
    from api.progress import Progress

    with told_plainly():
        loaded = wiring.read_settings(settings)
        with Progress(f"learning from the last {days} days", _tell) as progress:
            homes = relearning.relearn_all(loaded, days, on_progress=progress.show)
    _tell(f"homes learned: {homes:,}; a running worker takes it up within minutes")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
