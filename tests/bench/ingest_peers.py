"""Two readers as most teams would write them, to hold ours against; each a process of its own.

``paho``: a callback a message with ``manual_ack``, the standard json, a row a reading in SQLite,
committed each second or thousand rows, acknowledged after that. ``aiomqtt``: ``async for``, and
influxdb-client's documented way, a ``Point`` a message, written at once. aiomqtt acknowledges on
arrival, so it loses what it had not written yet when it is killed.

    python -m tests.bench.ingest_peers paho PORT FOLDER_OR_URL

It prints READY when it is subscribed, and on SIGTERM how many readings are stored.
"""

import asyncio
import contextlib
import json
import signal
import sqlite3
import sys
import threading
import time
from typing import Final

import aiomqtt
import paho.mqtt.client as paho
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from paho.mqtt.enums import CallbackAPIVersion

TOPIC: Final = "stillwell/v1/#"
ROWS: Final = 1000


class PahoToSqlite:
    """A row a reading; PUBACKs once the rows are committed."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE readings (topic TEXT, sensor TEXT, time INT, value REAL)")
        self._rows: list[tuple[str, str, int, float]] = []
        self._unacknowledged: list[tuple[int, int]] = []
        self._committed_s = time.monotonic()
        self.stored = 0
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, "a-peer", clean_session=False, manual_ack=True
        )
        self.client.max_inflight_messages_set(20_000)
        self.client.on_message = self._on_message
        self.client.on_subscribe = lambda *_: print("READY", flush=True)  # noqa: T201
        self.client.on_connect = lambda client, *_: client.subscribe(TOPIC, 1)

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        for sensor, ms, value in json.loads(message.payload)["r"]:
            self._rows.append((message.topic, sensor, ms, value))
        self._unacknowledged.append((message.mid, message.qos))
        if len(self._rows) >= ROWS or time.monotonic() - self._committed_s > 1:
            self.commit()

    def commit(self) -> None:
        """Commit what waits, then acknowledge it."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO readings VALUES (?, ?, ?, ?)", self._rows)
        self._db.execute("COMMIT")
        self.stored += len(self._rows)
        for mid, qos in self._unacknowledged:
            self.client.ack(mid, qos)
        self._rows, self._unacknowledged, self._committed_s = [], [], time.monotonic()


def run_paho(port: int, path: str) -> int:
    """Read until SIGTERM."""
    peer, stop = PahoToSqlite(path), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    peer.client.connect("127.0.0.1", port)
    peer.client.loop_start()
    stop.wait()
    peer.client.loop_stop()
    return peer.stored


async def run_aiomqtt(port: int, url: str) -> int:
    """Read until SIGTERM."""
    stored = 0
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with InfluxDBClient(url, "a:b", org="-") as influx, contextlib.suppress(asyncio.CancelledError):
        write = influx.write_api(write_options=SYNCHRONOUS)
        async with aiomqtt.Client("127.0.0.1", port, identifier="a-peer") as client:
            await client.subscribe(TOPIC, qos=1)
            print("READY", flush=True)  # noqa: T201
            async for message in client.messages:
                for sensor, ms, value in json.loads(message.payload)["r"]:
                    point = Point("readings")  # type: ignore[no-untyped-call]
                    point.tag("gateway", message.topic.value.split("/")[3])  # type: ignore[no-untyped-call]
                    point.tag("sensor", sensor)  # type: ignore[no-untyped-call]
                    point.field("value", float(value))  # type: ignore[no-untyped-call]
                    point.time(ms, WritePrecision.MS)  # type: ignore[no-untyped-call]
                    write.write(bucket="stillwell", record=point)
                    stored += 1
    return stored


if __name__ == "__main__":
    name, port, where = sys.argv[1:]
    found = (
        run_paho(int(port), where) if name == "paho" else asyncio.run(run_aiomqtt(int(port), where))
    )
    print(json.dumps({"committed": found}))  # noqa: T201  # its answer
