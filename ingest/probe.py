"""Asks a broker at the start what would lose readings in silence."""

import asyncio
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ingest import frames
from ingest.flood import Flood, PublishFailedError
from ingest.link import Link, open_link
from ingest.message import Message
from ingest.packets import GRANT_REFUSED, Connack, Parser, ProtocolError, Suback
from ingest.subscription import ConnectOptions

TREE: Final = "stillwell-probe/v1/"
"""Where only the worker writes and reads."""

QUEUED: Final = 2_500
"""Messages that a broker must keep for a worker that is away; Mosquitto's default is 1,000."""

IN_FLIGHT: Final = 100
"""Messages that it must send before the first is acknowledged; Mosquitto's default is 20."""

_ANSWER_S: Final = 5.0
"""A broker that says nothing for this long has nothing to say, however busy the machine is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a probe found; ``problems`` are reasons not to be ready, ``unknown`` are not."""

    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


async def probe(options: ConnectOptions, config: Path | None = None) -> Found:
    """Return what is wrong with this broker; ``config`` is its configuration where it is local.

    Nothing is raised: what cannot be found out is unknown.
    """
    problems, unknown = list[str](), list[str]()
    try:
        async with asyncio.timeout(60):
            if await _takes_anybody(options):
                problems.append(
                    "The broker lets anybody in without a password: set allow_anonymous false."
                )
            await _queue(options, problems, unknown)
    except (OSError, ProtocolError, PublishFailedError, TimeoutError) as error:
        unknown.append(f"The broker could not be probed: {str(error) or type(error).__name__}.")
    _persistence(config, problems, unknown)
    return Found(tuple(problems), tuple(unknown))


async def _takes_anybody(options: ConnectOptions) -> bool:
    stranger = replace(options, username=None, password=None, client_id=_name())
    link, connack = await _connected(stranger, is_session_clean=True)
    await _leave(link)
    return connack is not None and connack.code == 0


async def _queue(options: ConnectOptions, problems: list[str], unknown: list[str]) -> None:
    """Let a session of ours be away while more is published than a poor broker keeps."""
    away, topic = replace(options, client_id=_name()), TREE + _name()
    if not await _subscribed(away, topic):
        unknown.append(
            "Whether the broker's queue is long enough is unknown: the worker may not use "
            f"{TREE}# there."
        )
        return
    try:
        sender = Flood(
            options.host, options.port, _name(), options.username, options.password, tls=options.tls
        )
        async with sender:
            await sender.publish_all([(topic, b"%d" % n) for n in range(QUEUED)])
        in_flight, kept = await _kept(away)
    finally:
        link, _ = await _connected(away, is_session_clean=True)  # ends the session
        await _leave(link)
    if kept == 0:
        unknown.append(
            "Whether the broker's queue is long enough is unknown: it delivers nothing under "
            f"{TREE}#, which the worker should be allowed."
        )
        return
    if kept < QUEUED:
        problems.append(
            f"The broker kept {kept:,} of {QUEUED:,} messages for a worker that is away and "
            "dropped the others in silence: set max_queued_messages 5000000."
        )
    if in_flight < IN_FLIGHT:
        problems.append(
            f"The broker sends only {in_flight} messages before the first is acknowledged: set "
            "max_inflight_messages 16000."
        )


async def _subscribed(options: ConnectOptions, topic: str) -> bool:
    link, connack = await _connected(options, is_session_clean=False)
    parser = Parser()
    try:
        if connack is None or connack.code:
            return False
        link.write(frames.subscribe(1, [topic]))
        async with asyncio.timeout(_ANSWER_S):
            while data := await link.read():
                for packet in parser.feed(data):
                    if isinstance(packet, Suback):
                        return packet.codes[0] < GRANT_REFUSED
        return False
    finally:
        await _leave(link)


async def _kept(options: ConnectOptions) -> tuple[int, int]:
    """Return how many messages come before an acknowledgement, and how many come in all."""
    link, connack = await _connected(options, is_session_clean=False)
    parser, seen, in_flight = Parser(), set[bytes](), 0
    if connack is None:
        return 0, 0
    link.write(frames.PINGREQ)
    waiting: list[int] = []
    while len(seen) < QUEUED:
        found = await _more(link, parser)
        seen.update(message.payload for message in found)
        waiting += [message.packet_id for message in found]
        if not in_flight and found and len(seen) < IN_FLIGHT:
            continue  # the first acknowledgement waits until enough are in flight
        in_flight = in_flight or len(seen)
        if not waiting:
            break
        link.write(frames.pubacks(waiting))
        waiting = []
    await _leave(link)
    return in_flight, len(seen)


async def _more(link: Link, parser: Parser) -> list[Message]:
    """Return the next messages; none when the broker has sent none for `_ANSWER_S`."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            while data := await link.read():
                found = [packet for packet in parser.feed(data) if isinstance(packet, Message)]
                if found:
                    return found
    except TimeoutError:
        pass
    return []


async def _connected(
    options: ConnectOptions, *, is_session_clean: bool
) -> tuple[Link, Connack | None]:
    """Connect by MQTT 3.1.1; the answer is None when the broker just closes."""
    link = await open_link(options.host, options.port, timeout_s=_ANSWER_S, tls=options.tls)
    link.write(
        frames.connect(
            options.client_id,
            keepalive_s=60,
            username=options.username,
            password=options.password,
            is_session_clean=is_session_clean,
        )
    )
    parser = Parser()
    async with asyncio.timeout(_ANSWER_S):
        while True:
            # No more than the answer: what follows belongs to who reads next.
            data = await link.read(4)
            if not data:
                return link, None
            for packet in parser.feed(data):
                if isinstance(packet, Connack):
                    return link, packet


async def _leave(link: Link) -> None:
    link.write(frames.DISCONNECT)
    await link.close()


def _name() -> str:
    return f"probe-{secrets.token_hex(6)}"


def _persistence(config: Path | None, problems: list[str], unknown: list[str]) -> None:
    """Judge what no packet tells: whether a killed broker comes back with its queue."""
    try:
        text = None if config is None else config.read_text("utf-8")
    except OSError as error:
        unknown.append(f"The broker's configuration cannot be read: {error.strerror}.")
        return
    if text is None:
        unknown.append(
            "Whether the broker keeps its queue when it is killed is unknown: name its "
            "configuration in mqtt.broker_config where it is local."
        )
        return
    if "jetstream" in text:
        return  # files, always
    said = dict(
        line.split(None, 1)
        for line in text.splitlines()
        if len(line.split(None, 1)) == 2 and not line.lstrip().startswith("#")
    )
    if said.get("persistence", "false").strip() != "true":
        problems.append("A killed broker forgets its queue: set persistence true.")
    elif int(said.get("autosave_interval", "1800")) > 60:
        problems.append(
            "A killed broker forgets more than a minute of its queue: set autosave_interval 1."
        )
