"""What every command takes, and how it tells."""

import sys
from pathlib import Path
from typing import Annotated

import typer

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="TOML file; else STILLWELL_SETTINGS, else the defaults."),
]
PlaceKey = Annotated[str, typer.Option(help="Key of the place.")]


def tell(line: str) -> None:
    """Write a line to standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
