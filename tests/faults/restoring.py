"""Fault 19: the machine is gone; what was backed up while it ran goes on elsewhere."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import select

from alerts import tables
from api import backup, health, table_copy, wiring
from api.rows import Row, at_least, at_most
from config import audit
from config.database import connect
from config.settings import Settings
from ingest.journal import JournalTail
from tests.e2e.stack import Stack, until
from tests.faults import installation as at
from tests.faults import living, load

READINGS: Final = 2_000
RPO_S: Final = 60.0
RTO_S: Final = 60.0


def restored_elsewhere(stack: Stack) -> Iterator[Row]:
    """19: back up under load, lose the machine, restore into an empty folder, and go on."""
    settings = wiring.read_settings(stack.site.settings)
    with tempfile.TemporaryDirectory() as folder:
        readings, kit = living.Readings(stack), load.native(stack)
        pressed = living.press(stack, 2)
        living.raised_s(stack, pressed)
        before = readings.publish(READINGS)
        readings.lost(before)
        with load.Stream(stack, kit):
            made = backup.back_up(settings, Path(folder, "backup"), tell=_ignore)
            rpo_s = time.time() - made.received_us / 1e6
        at.end(stack, signal.SIGKILL)
        began = time.monotonic()
        restored, file = _elsewhere(stack, Path(folder, "new"))
        backup.restore(Path(folder, "backup"), restored, tell=_ignore)
        restore_s = time.monotonic() - began
        database = connect(restored.database)
        with database.connect() as connection:
            broken = len(audit.verify(connection))
            have = table_copy.counts(connection)
            kept = connection.execute(select(tables.alerts.c.sensor)).scalars().all()
        unequal = sum(have[name] != count for name, count in made.rows.items())
        tail = JournalTail.open(restored.data / "journal.db")
        found = load.in_journal(tail, readings._kit.keys)
        missing = sum(number not in found for number in before)
        tail.close()
        with _worker(file):
            until(lambda: _is_ready(restored), 120, "the restored worker is not ready")
            rto_s = time.monotonic() - began
        database.dispose()
    at.wait_until_connected(stack, 60)
    yield at_most("fault.19.lost", missing, f"of {READINGS}", 0)
    yield at_most("fault.19.tables_unequal", unequal, f"of {len(made.rows)}", 0)
    yield at_most("fault.19.audit_faults", broken, "rows", 0)
    yield at_least("fault.19.alerts_kept", kept.count(pressed), "alert", 1)
    yield at_most("fault.19.rpo_s", round(max(rpo_s, 0), 1), "s", RPO_S)
    yield Row("fault.19.restore_s", round(restore_s, 1), "s")
    yield at_most("fault.19.rto_s", round(rto_s, 1), "s", RTO_S)


def _ignore(line: str) -> None:
    del line


def _elsewhere(stack: Stack, folder: Path) -> tuple[Settings, Path]:
    """Return the settings of a new machine, which reaches the same broker, and their file."""
    folder.mkdir()
    text = stack.site.settings.read_text("utf-8")
    file = folder / "site.toml"
    file.write_text(text.replace(str(stack.site.data), str(folder / "data")), "utf-8")
    return wiring.read_settings(file), file


@contextmanager
def _worker(settings: Path) -> Iterator[None]:
    """Run a worker over these settings."""
    command = [sys.executable, "-m", "api", "worker", "--settings", str(settings)]
    with (
        settings.with_name("worker.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,  # noqa: S603
    ):
        try:
            yield
        except AssertionError as problem:
            said = settings.with_name("worker.log").read_text(errors="replace")[-800:]
            raise AssertionError(f"{problem}: {said}") from problem
        finally:
            process.terminate()


def _is_ready(settings: Settings) -> bool:
    database = connect(settings.database)
    with database.connect() as connection:
        beat = health.beats(connection).get(health.WORKER)
    database.dispose()
    if beat is not None:  # the broker of these tests lets anybody in, and is told for it
        beat = replace(beat, state={**beat.state, "broker_problems": ()})
    return not health.reasons(beat, time.time_ns() // 1000)
