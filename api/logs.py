"""Logging of our processes: one JSON line an event on standard output; ids only, never names."""

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog


class _Lines:
    """Writes a line an event; a log that cannot grow, on a full disk, must end nobody."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def msg(self, line: str) -> None:
        """Write one line, or lose it."""
        with suppress(OSError, ValueError):  # ValueError: somebody closed the file
            self._file.write(line + "\n")
            self._file.flush()

    debug = info = warning = warn = error = critical = exception = fatal = failure = log = msg


def configure() -> None:
    """Send structlog's events, and warnings of libraries, to standard output."""
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: _Lines(sys.stdout),
        cache_logger_on_first_use=True,
    )
