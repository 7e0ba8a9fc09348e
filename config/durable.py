"""Lets what was made, renamed or removed in a folder outlast a power failure."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Write the folder itself to disk: a file that was synced is lost with its name."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
