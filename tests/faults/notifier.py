"""Faults 3 and 18: kill -9 of what raises and sends, mid-transaction and mid-send, by twos."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from alerts import tables
from api.rows import Row, at_most
from config import audit, ladder_rows, ladders
from config.database import connect, migrate
from tests.alerts.listening import listening
from tests.alerts.world import PLACE

ALERTS_A_KILL: Final = 6
AT_ONCE: Final = 2
SETTLE_S: Final = 120.0
_LADDER: Final = {"fallback": {"who": ["place"], "channel": ["webhook"], "wait_min": 1440}}


def notifier_killed(kills: int) -> Iterator[Row]:
    """Kill two senders on one database that often, and look at what arrived how often."""
    rng, count = random.Random(3), kills * ALERTS_A_KILL  # noqa: S311  # when to kill
    with tempfile.TemporaryDirectory() as folder, listening() as listener:
        listener.delay_s = 0.15  # so that kills meet what is being sent
        url = f"sqlite:///{Path(folder) / 'stillwell.db'}"
        migrate(url)
        database = connect(url)
        with database.begin() as connection:
            plan = ladders.read_plan(_LADDER, "fault")
            ladder_rows.save(connection, PLACE, "P2", plan, "account-fault", 0)
        command = [sys.executable, "-m", "tests.faults.notifier_process"]
        with subprocess.Popen(  # noqa: S603  # our own module
            [*command, url, listener.url, str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as spawner:  # fmt: skip
            try:
                for _ in range(kills):
                    pids = [_start(spawner) for _ in range(AT_ONCE)]
                    time.sleep(rng.uniform(0.05, 0.8))
                    for pid in pids:
                        os.kill(pid, signal.SIGKILL)
                last = _start(spawner)
                _settle(database, count)
                os.kill(last, signal.SIGKILL)
            finally:
                spawner.terminate()
        ids = Counter(headers["webhook-id"] for _, headers, _ in listener.asked)
        yield from _rows(database, count, ids, kills)


def _rows(database: Engine, count: int, ids: Counter[str], kills: int) -> Iterator[Row]:
    a, h, o = tables.alerts.c, tables.history.c, tables.outbox.c
    with database.connect() as connection:
        raised = set(connection.execute(select(a.id)).scalars())
        begun = list(connection.execute(select(h.alert).where(h.event == "raise")).scalars())
        keys = set(connection.execute(select(o.key)).scalars())
        faults = len(audit.verify(connection))
    told = Counter(key.partition(":")[0] for key in ids)
    of = f"of {count}"
    yield at_most("fault.03.lost", count - len(raised), of, 0)
    yield at_most("fault.03.untold", len(raised - set(told)), of, 0)
    yield at_most("fault.03.duplicates_raised", len(begun) - len(set(begun)), of, 0)
    visible = sum(number - 1 for number in told.values())
    yield at_most("fault.03.duplicates_visible", visible, f"in {kills} kills", 0)
    yield at_most("fault.03.strange_keys", len(set(ids) - keys), "sends", 0)
    yield at_most("fault.03.audit_faults", faults, "rows", 0)
    yield Row("fault.03.raw_repeats", sum(ids.values()) - len(ids), f"of {sum(ids.values())}")


def _start(spawner: "subprocess.Popen[str]") -> int:
    if spawner.stdin is None or spawner.stdout is None:
        raise RuntimeError("the spawner has no pipes")
    spawner.stdin.write("start\n")
    spawner.stdin.flush()
    return int(spawner.stdout.readline())


def _settle(database: Engine, count: int) -> None:
    end_s = time.monotonic() + SETTLE_S
    sent = select(func.count()).select_from(tables.outbox).where(tables.outbox.c.state == "sent")
    while time.monotonic() < end_s:
        with database.connect() as connection:
            if connection.execute(sent).scalar_one() >= count:
                return
        time.sleep(0.2)
