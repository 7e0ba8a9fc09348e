"""Publishes QoS 1 messages as fast as a broker takes them, or at a rate; a process of its own.

Frames are encoded before the clock starts (flat out) or a moment before they are sent (at a
rate), their times advance, and sequences count by gateway, so that nothing is a repeat.

    python -m tests.bench.load '{"port": 1883, "kind": "native", "seconds": 10, "count": 500000}'
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingest import frames

WINDOW: Final = 20_000
PIECE: Final = 200
_ACK_BYTES: Final = 4


@dataclass(frozen=True)
class Load:
    """What to publish: ``rate`` 0 is flat out, ``readings`` are those of one native message."""

    port: int
    kind: str = "native"
    seconds: float = 10.0
    count: int = 500_000
    rate: float = 0.0
    gateways: int = 100
    sensors: int = 10
    readings: int = 1
    user: str | None = None
    password: str | None = None


def payloads(load: Load) -> Iterator[tuple[str, bytes]]:
    """Yield (topic, payload), each gateway and sensor in turn."""
    first_ms, number = time.time_ns() // 1_000_000 - 30_000, 0
    boot = f"{time.time_ns():x}"
    roots = [f"stillwell/v1/fenbridge/gate-{g + 1:06d}" for g in range(load.gateways)]
    while True:
        gateway, turn = number % load.gateways, number // load.gateways
        # At a rate they are measured while they are sent; flat out, a millisecond a round.
        ms = first_ms + (
            int(number / load.rate * 1000)
            if load.rate
            else number // (load.gateways * load.sensors)
        )
        value = 15 + number % 1000 / 100
        if load.kind == "native":
            rows = ",".join(
                f'["temperature-{(turn * load.readings + i) % load.sensors}",{ms + i},{value}]'
                for i in range(load.readings)
            )
            body = f'{{"b":"{boot}","s":{turn + 1},"r":[{rows}]}}'
            yield f"{roots[gateway]}/native/r", body.encode()
        else:
            name = f"temperature-{turn % load.sensors}"
            body = f'{{"temperature":{value},"last_seen":{ms},"linkquality":120}}'
            yield f"{roots[gateway]}/zigbee2mqtt/{name}", body.encode()
        number += 1


def run(load: Load) -> int:
    """Publish; return how many messages the broker has acknowledged."""
    frame_of = enumerate(payloads(load))
    pieces = None if load.rate else [_piece(frame_of) for _ in range(load.count // PIECE)]
    connection = socket.create_connection(("127.0.0.1", load.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(
        frames.connect("a-loader", keepalive_s=0, username=load.user, password=load.password)
    )
    connection.recv(4)
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began, sent, acknowledged, turn = time.monotonic(), 0, 0, 0
    while time.monotonic() - began < load.seconds:
        if load.rate and sent > load.rate * (time.monotonic() - began):
            time.sleep(0.005)
        elif sent - acknowledged < WINDOW:
            if pieces is not None and turn == len(pieces):
                break
            connection.sendall(_piece(frame_of) if pieces is None else pieces[turn])
            turn, sent = turn + 1, sent + PIECE
        acknowledged += _acknowledged(connection, 0.0 if sent - acknowledged < WINDOW else 0.01)
    end = time.monotonic() + 5
    while acknowledged < sent and time.monotonic() < end:
        acknowledged += _acknowledged(connection, 0.1)
    connection.close()
    return acknowledged


def _piece(frame_of: Iterator[tuple[int, tuple[str, bytes]]]) -> bytes:
    made = []
    for _ in range(PIECE):
        number, (topic, payload) = next(frame_of)
        made.append(frames.publish(topic, payload, packet_id=number % frames.MAX_PACKET_ID + 1))
    return b"".join(made)


_rest = b""


def _acknowledged(connection: socket.socket, patience_s: float) -> int:
    global _rest  # noqa: PLW0603  # one connection a process
    if not select.select([connection], [], [], patience_s)[0]:
        return 0
    data = _rest + connection.recv(1 << 16)
    whole = len(data) // _ACK_BYTES
    _rest = data[whole * _ACK_BYTES :]
    return whole


if __name__ == "__main__":
    print(run(Load(**json.loads(sys.argv[1]))))  # noqa: T201  # its answer
