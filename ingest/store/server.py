"""Writing to a server that speaks line protocol, through influxdb-client, and asking it by HTTP.

Bytes are built by us and written one request at a time (``SYNCHRONOUS``): the client's batching
mode loses what it holds when the process ends, and its ``Point`` is ten times slower.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from ingest.sink import StoreDown

LINES_A_REQUEST: Final = 10_000

_REFUSED: Final = (400, 413, 422)
"""Answers that blame what was sent: sending it again as it is would fail for ever."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how it is signed in to. ``database`` is a bucket on InfluxDB 2."""

    url: str
    database: str
    org: str = ""
    token: str = ""
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The row of one line that the server will never take, and what it said."""

    row: int
    said: str


class Server:
    """One server; any thread may call."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client = InfluxDBClient(
            url=address.url,
            token=address.token,
            org=address.org or "-",
            timeout=int(address.timeout_s * 1000),
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)
        self._http = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(total=address.timeout_s)
        )

    def write(self, lines: Sequence[bytes], precision: str) -> Sequence[Refusal]:
        """Write these lines; return those that the server refuses, the others are stored.

        StoreDown when it did not take them for another reason; they may all be written again.
        """
        refused: list[Refusal] = []
        for start in range(0, len(lines), LINES_A_REQUEST):
            chunk = lines[start : start + LINES_A_REQUEST]
            refused += self._write_some(chunk, start, precision)
        return refused

    def _write_some(self, lines: Sequence[bytes], first: int, precision: str) -> list[Refusal]:
        """Write lines, halving what is refused until each poison line stands alone.

        A server that refuses one point stores the others of the request, or in some cases none
        of them: writing them again is the same either way.
        """
        said = self._try(b"\n".join(lines), precision)
        if not said:
            return []
        if len(lines) == 1:
            return [Refusal(first, said)]
        half = len(lines) // 2
        return [
            *self._write_some(lines[:half], first, precision),
            *self._write_some(lines[half:], first + half, precision),
        ]

    def _try(self, body: bytes, precision: str) -> str:
        try:
            self._write.write(
                self._address.database,
                record=body,
                write_precision=precision,  # type: ignore[arg-type]  # its constants are strings
            )
        except ApiException as problem:
            said = f"{problem.status} {_first_line(problem.body)}"
            if problem.status in _REFUSED:
                return said
            raise StoreDown(f"store: {self._address.url} answers {said}") from problem
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise self._no_answer(problem) from problem
        return ""

    def ask(self, method: str, path: str, **query: str | Sequence[str]) -> bytes:
        """Return the body that the server answers with; StoreDown when that is not a success."""
        url = f"{self._address.url.rstrip('/')}{path}"
        headers = {"Authorization": f"Token {self._address.token}"} if self._address.token else {}
        try:
            answer = self._http.request(
                method, f"{url}?{urlencode(query, doseq=True)}", headers=headers
            )
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise self._no_answer(problem) from problem
        if answer.status >= 300:
            raise StoreDown(
                f"store: {self._address.url} answers {answer.status} {_first_line(answer.data)}"
            )
        return bytes(answer.data)

    def delete(self, start: str, stop: str, predicate: str) -> None:
        """Delete what the predicate picks, by InfluxDB 2's own request."""
        try:
            self._client.delete_api().delete(start, stop, predicate, self._address.database)
        except ApiException as problem:
            raise StoreDown(
                f"store: {self._address.url} answers {problem.status} {_first_line(problem.body)}"
            ) from problem
        except (urllib3.exceptions.HTTPError, OSError) as problem:
            raise self._no_answer(problem) from problem

    def close(self) -> None:
        """Release the connections."""
        self._client.close()  # type: ignore[no-untyped-call]  # it has no types
        self._http.clear()

    def _no_answer(self, problem: Exception) -> StoreDown:
        what = type(problem).__name__
        return StoreDown(f"store: nobody answers on {self._address.url} ({what})")


def _first_line(body: object) -> str:
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    return " ".join(text.split())[:200]
