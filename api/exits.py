"""Exit codes of the command line, and how a problem is told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from config.problems import ConfigProblem


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILED = 1
    WRONG_INPUT = 2
    NOT_READY = 3
    STOPPED = 130


class CommandFailed(Exception):
    """The work could not be done; the message says why and what to do."""


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn a known problem into readable lines on stderr and its exit code, without a trace."""
    try:
        yield
    except ConfigProblem as problem:
        sys.stderr.write(f"{problem}\n")
        raise SystemExit(Exit.WRONG_INPUT) from None
    except CommandFailed as problem:
        sys.stderr.write(f"{problem}\n")
        raise SystemExit(Exit.FAILED) from None
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        raise SystemExit(Exit.STOPPED) from None
