"""Where the real homes and payloads are, when this machine has them."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


def shared_data() -> Path | None:
    """Return the folder of evaluation data, or None where it is absent."""
    folder = Path(os.environ.get("STILLWELL_SHARED_DATA", _ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


def require_shared_data() -> Path:
    """Return the folder of evaluation data; skip the calling test where it is absent."""
    folder = shared_data()
    if folder is None:
        pytest.skip("no evaluation data: set STILLWELL_SHARED_DATA to the folder that holds it")
    return folder
