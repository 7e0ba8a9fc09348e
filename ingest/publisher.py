"""Publishing at the pace of a gateway; ``ingest.flood`` is for as fast as it goes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

import aiomqtt

from ingest.flood import Flood, PublishFailedError
from ingest.frames import Will

__all__ = ["Flood", "PublishFailedError", "Publisher", "Will"]


class Publisher:
    """An async context manager that publishes at QoS 1 and returns once the broker has it.

    On entering it says ``birth``; the broker says ``will`` when the connection is lost, but
    not after a regular exit. After a loss the next ``publish`` connects again (and says
    ``birth`` again), once; it does not queue. What arrives under ``listens_to`` is handed to
    ``on_message``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        username: str | None = None,
        password: str | None = None,
        *,
        will: Will | None = None,
        birth: Will | None = None,
        keepalive_s: int = 30,
        timeout_s: float = 10.0,
        listens_to: str | None = None,
        on_message: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._host, self._port, self._client_id = host, port, client_id
        self._username, self._password = username, password
        self._will, self._birth = will, birth
        self._keepalive_s, self._timeout_s = keepalive_s, timeout_s
        self._listens_to, self._on_message = listens_to, on_message
        self._client: aiomqtt.Client | None = None
        self._listening: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._connected()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)
        for listening in self._listening:
            listening.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)

    async def publish(self, topic: str, payload: bytes, *, is_retained: bool = False) -> None:
        """Publish at QoS 1; PublishFailedError when the broker did not acknowledge it."""
        await self._say(await self._connected(), Will(topic, payload, is_retained))

    async def _connected(self) -> aiomqtt.Client:
        async with self._turn:
            if self._client is not None:
                return self._client
            client = self._make()
            try:
                await client.__aenter__()
            except aiomqtt.MqttError as error:
                raise PublishFailedError(
                    f"cannot publish to {self._host}:{self._port}: {error}"
                ) from None
            self._client = client
        if self._listens_to is not None:
            await self._listen(client, self._listens_to)
        if self._birth is not None:
            await self._say(client, self._birth)
        return client

    async def _listen(self, client: aiomqtt.Client, topic: str) -> None:
        try:
            await client.subscribe(topic, 1, timeout=self._timeout_s)
        except aiomqtt.MqttError as error:
            await self._forget(client)
            raise PublishFailedError(f"the broker does not let us read {topic}: {error}") from None
        # It ends by itself with its connection.
        listening = asyncio.create_task(self._hear(client))
        self._listening.add(listening)
        listening.add_done_callback(self._listening.discard)

    async def _hear(self, client: aiomqtt.Client) -> None:
        with suppress(aiomqtt.MqttError):
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    self._on_message(message.payload)

    async def _forget(self, client: aiomqtt.Client) -> None:
        async with self._turn:
            if self._client is client:
                self._client = None
                with suppress(aiomqtt.MqttError):
                    await client.__aexit__(None, None, None)

    async def _say(self, client: aiomqtt.Client, what: Will) -> None:
        try:
            await client.publish(
                what.topic, what.payload, what.qos, what.is_retained, timeout=self._timeout_s
            )
        except aiomqtt.MqttError as error:
            await self._forget(client)
            raise PublishFailedError(f"the broker did not take it: {error}") from None

    def _make(self) -> aiomqtt.Client:
        will: aiomqtt.Will | None = None
        if self._will is not None:
            said = self._will
            will = aiomqtt.Will(said.topic, said.payload, said.qos, said.is_retained)
        return aiomqtt.Client(
            self._host,
            self._port,
            username=self._username,
            password=self._password,
            identifier=self._client_id,
            will=will,
            clean_session=True,
            keepalive=self._keepalive_s,
            timeout=self._timeout_s,
        )
