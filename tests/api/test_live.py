import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.types import Message

from alerts import tables
from api import live
from api.errors import Problem
from api.live import QUEUE, REPLAY, STREAMS, Client, EventStream, Feed, events
from config import people, sessions
from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


async def always() -> bool:
    return True


async def never() -> bool:
    return False


def client_of(*places: str, account: str = "alice") -> Client:
    return Client(account, frozenset(places))


def tell(world: World, place: str, count: int = 1) -> int:
    """Write changes of a place; return the id of the last."""
    with world.database.begin() as connection:
        rows = [{"at_us": 0, "place": place, "what": "raise"} for _ in range(count)]
        connection.execute(insert(tables.changes), rows)
    return Feed(world.resources).head()


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Feed]:
    feed = Feed(world.resources)
    task = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        world.resources.shutdown.set()
        await asyncio.wait_for(task, 5)


def id_of(event: str) -> int:
    return int(event.split("\n", maxsplit=1)[0].removeprefix("id: "))


async def each_event(
    feed: Feed, client: Client, last_id: int | None, may_stay: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[str, None]:
    """Yield the stream's events one by one, as a browser takes them apart."""
    async with aclosing(events(feed, client, last_id, may_stay)) as stream:
        async for chunk in stream:
            for event in chunk.split("\n\n")[:-1]:
                yield f"{event}\n\n"


async def next_change(stream: AsyncIterator[str]) -> str:
    async with asyncio.timeout(5):
        async for event in stream:
            if "event: change" in event:
                return event
    raise AssertionError("the stream ended")


async def test_a_change_reaches_those_whose_place_it_is_and_nobody_else(world: World) -> None:
    async with running(world) as feed:
        stream = each_event(feed, client_of(A), None, always)
        assert await anext(stream) == "retry: 2000\n\n"
        waiting = asyncio.create_task(next_change(stream))
        await asyncio.sleep(0.05)
        tell(world, B)
        last = tell(world, A)
        event = await waiting
        assert id_of(event) == last
        told = json.loads(event.split("data: ")[1])
        assert told == {"what": "raise", "place": A, "home": None, "alert": None}
        await stream.aclose()
        assert feed.clients == 0


async def test_a_returning_client_hears_what_it_missed_and_nothing_twice(world: World) -> None:
    last = Feed(world.resources).head()
    newest = tell(world, A, 30)
    tell(world, B, 3)
    async with running(world) as feed:
        stream = each_event(feed, client_of(A), last, always)
        heard = [id_of(await next_change(stream)) for _ in range(30)]
        waiting = asyncio.create_task(next_change(stream))
        await asyncio.sleep(0.05)
        newer = tell(world, A)
        heard.append(id_of(await waiting))
        assert heard == [*range(newest - 29, newest + 1), newer]
        await stream.aclose()


async def test_changes_that_happen_while_a_client_arrives_are_neither_lost_nor_doubled(
    world: World,
) -> None:
    last = Feed(world.resources).head()

    async def write() -> None:
        for _ in range(60):
            await asyncio.to_thread(tell, world, A)

    async with running(world) as feed:
        writing = asyncio.create_task(write())
        streams = []
        for _ in range(6):
            streams.append(each_event(feed, client_of(A), last, always))
            await anext(streams[-1])
            await asyncio.sleep(0.03)
        await writing
        for stream in streams:
            heard = [id_of(await next_change(stream)) for _ in range(60)]
            assert heard == list(range(last + 1, last + 61))
            await stream.aclose()


@pytest.mark.parametrize("last_id", [0, 10**15])
async def test_a_client_that_was_away_too_long_is_told_to_read_anew(
    world: World, last_id: int
) -> None:
    newest = tell(world, A, REPLAY + 1)
    async with running(world) as feed:
        stream = each_event(feed, client_of(A), last_id, always)
        assert await anext(stream)
        assert await anext(stream) == f"id: {newest}\nevent: reset\ndata: 1\n\n"
        await stream.aclose()


async def test_a_client_that_does_not_read_is_dropped_and_harms_nobody(world: World) -> None:
    async with running(world) as feed:
        frozen, awake = client_of(A, account="frozen"), client_of(A)
        stuck = each_event(feed, frozen, None, always)
        stream = each_event(feed, awake, None, always)
        await anext(stuck)
        await anext(stream)
        first = Feed(world.resources).head() + 1
        tell(world, A, QUEUE + 10)
        heard = [id_of(await next_change(stream)) for _ in range(QUEUE + 10)]
        assert heard == list(range(first, first + QUEUE + 10))
        assert frozen.is_dropped
        assert not awake.is_dropped
        left = [event async for event in stuck]
        assert len(left) == QUEUE
        again = each_event(feed, client_of(A, account="frozen"), id_of(left[-1]), always)
        missed = [id_of(await next_change(again)) for _ in range(10)]
        assert missed == heard[-10:]
        await again.aclose()
        await stream.aclose()


async def test_every_stream_ends_with_the_shutdown(world: World) -> None:
    async with running(world) as feed:
        streams = [each_event(feed, client_of(A, account=str(n)), None, always) for n in range(5)]
        for stream in streams:
            await anext(stream)
        waiting = [asyncio.create_task(_drain(stream)) for stream in streams]
        await asyncio.sleep(0.05)
        world.resources.shutdown.set()
        async with asyncio.timeout(2):
            await asyncio.gather(*waiting)


async def _drain(stream: AsyncIterator[str]) -> list[str]:
    return [event async for event in stream]


async def test_heartbeats_keep_a_stream_until_its_session_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEAT_S", 0.05)
    async with running(world) as feed:
        stream = each_event(feed, client_of(A), None, always)
        await anext(stream)
        assert await anext(stream) == "event: beat\ndata: 1\n\n"
        assert await anext(stream) == "event: beat\ndata: 1\n\n"
        await stream.aclose()
        ended = await _drain(each_event(feed, client_of(A), None, never))
        assert ended[-1] == "event: ended\ndata: 1\n\n"


async def test_one_account_may_hold_so_many_streams_and_no_more(world: World) -> None:
    async with running(world) as feed:
        streams = [each_event(feed, client_of(A), None, always) for _ in range(STREAMS)]
        for stream in streams:
            await anext(stream)
        with pytest.raises(Problem, match="close some"):
            await anext(each_event(feed, client_of(A), None, always))
        await anext(each_event(feed, client_of(A, account="bob"), None, always))
        for stream in streams:
            await stream.aclose()


async def test_a_connection_that_takes_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "SEND_S", 0.05)

    async def beats() -> AsyncIterator[str]:
        while True:
            yield "event: beat\ndata: 1\n\n"

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async with asyncio.timeout(2):
        await EventStream(beats()).stream_response(send)


async def test_a_client_that_left_before_its_stream_began_is_no_failure() -> None:
    """A network that comes and goes opens streams and drops them at once."""
    here, there = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=here)
    transport.abort()
    there.close()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="Bad file descriptor"):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    live.bound(transport)
    live.cut(transport)


def test_a_bad_last_event_id_is_told(world: World) -> None:
    visit = Visit(world.app, "alice")
    answer = visit.client.get("/live", headers={"Last-Event-ID": "yesterday"})
    assert answer.status_code == 422
    assert Visit(world.app).get("/live").status_code == 401


async def test_a_changed_role_ends_an_open_stream_long_before_the_next_beat(world: World) -> None:
    token = Visit(world.app, "alice").client.cookies["stillwell"]
    client = Client("account-alice", frozenset({A}), sessions.digest(token))
    async with running(world) as feed:
        stream = each_event(feed, client, None, always)
        assert await anext(stream) == "retry: 2000\n\n"
        waiting = asyncio.create_task(anext(stream))
        await asyncio.sleep(live.CHECK_S * 1.5)
        assert not waiting.done()
        with world.database.begin() as connection:
            people.grant(connection, "account-alice", B, Role.OPERATOR)
        async with asyncio.timeout(10):
            assert await waiting == "event: ended\ndata: 1\n\n"
        assert feed.clients == 0
