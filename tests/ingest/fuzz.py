"""Runs atheris on ``fuzzing.one_input``: see there."""

import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Write the seeds with ``--seed``, else fuzz with what ingest imports under observation."""
    if sys.argv[1:2] == ["--seed"]:
        folder = Path(sys.argv[2])
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(import_module("tests.ingest.fuzzing").seeds()):
            (folder / f"seed-{number}").write_bytes(data)
        return
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["ingest"]):
        fuzzing = import_module("tests.ingest.fuzzing")
    atheris.Setup(sys.argv, fuzzing.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
