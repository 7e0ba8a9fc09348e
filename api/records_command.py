"""``stillwell records``: drafts of what a council must have on paper, from what runs."""

from pathlib import Path
from typing import Annotated

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell


def records(
    place: PlaceKey,
    folder: Annotated[Path, typer.Argument(help="Folder for the three Markdown files.")],
    settings: SettingsFile = None,
) -> None:
    """Draft the record of processing, the DPIA and the algorithmic transparency record of a place.

    Written from the place file, sensors, detectors' modes and parameters, purposes, retention,
    stores and channels as they are now. What only the council can say is marked. They are drafts.

      stillwell records --place fenbridge drafts/2026-11
    """
    from api import records_running, wiring

    with told_plainly():
        records_running.write(wiring.read_settings(settings), place, folder, tell=tell)
