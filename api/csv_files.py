"""What every command that reads a spreadsheet of a place does first."""

from pathlib import Path

from api import wiring
from config.problems import ConfigProblem
from config.settings import Settings


def read_bytes(file: Path, noun: str) -> bytes:
    """Return what is in a file; ConfigProblem when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ConfigProblem(f"{noun}: {file} cannot be read: {problem.strerror}") from problem


def expect_place(settings: Settings, place: str, noun: str) -> None:
    """Return when there is such a place; ConfigProblem names those that there are."""
    places = wiring.places(settings)
    if place not in places:
        known = ", ".join(places)
        raise ConfigProblem(f"{noun}: there is no place {place!r}, expected one of {known}")
