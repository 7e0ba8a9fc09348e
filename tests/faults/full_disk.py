"""Fault 8 on a disk that is really full: a small tmpfs, filled up, then with space again."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from api.rows import Row, at_most
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running
from tests.faults import installation as at
from tests.faults import load
from tests.faults.living import HOMES, Readings

SIZE_MIB: Final = 48


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small tmpfs; False where this user may not."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607


def tmpfs_full() -> Iterator[Row]:
    """Fill the worker's disk, publish, free it; nothing where a tmpfs cannot be mounted."""
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder) / "disk") as is_mounted:
        if not is_mounted:
            sys.stderr.write("fault.08.tmpfs: skipped, mounting a tmpfs takes root\n")
            return
        with (
            start_mosquitto(Path(folder) / "mosquitto") as broker,
            running(
                Path(folder) / "disk" / "site",
                load.half_untimed(HOMES),
                with_web=False,
                broker_port=broker.port,
            ) as stack,
        ):
            yield from _filled(stack, Path(folder) / "disk" / "ballast")


def _filled(stack: Stack, ballast: Path) -> Iterator[Row]:
    readings, worker = Readings(stack), at.pid(stack)
    readings.lost(readings.publish(100))
    numbers = _published_while_full(stack, readings, ballast)
    restarts = int(at.pid(stack) != worker)
    ballast.unlink()
    began = time.monotonic()
    missing = readings.lost(numbers)
    resumed_s = time.monotonic() - began
    yield at_most("fault.08.tmpfs.lost", missing, f"of {len(numbers)}", 0)
    yield at_most("fault.08.tmpfs.restarts", restarts, "restarts", 0)
    yield Row("fault.08.tmpfs.resumed_s", round(resumed_s, 1), "s")
    # Had anything been acknowledged that was not committed, this would lose it.
    numbers = _published_while_full(stack, readings, ballast)
    stack.children["worker"].restarts = 0
    at.end(stack, signal.SIGKILL)
    ballast.unlink()
    at.wait_until_connected(stack, 30)
    missing = readings.lost(numbers)
    yield at_most("fault.08.tmpfs.lost_when_killed", missing, f"of {len(numbers)}", 0)


def _published_while_full(stack: Stack, readings: Readings, ballast: Path) -> range:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    numbers = readings.publish(1000)
    time.sleep(4)
    stack.check()
    return numbers
