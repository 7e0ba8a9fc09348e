"""The store that the settings name, opened to write or to read."""

from collections.abc import Callable, Sequence
from pathlib import Path

from api import wiring
from config.settings import Settings
from ingest.message import Reject
from ingest.sink import Store
from ingest.store.embedded import open_store, open_store_readonly

OnRefused = Callable[[Sequence[Reject]], None]


def file_of(settings: Settings) -> Path:
    """Return the file that is there once the store has been opened to write."""
    where = wiring.files(settings)
    return where.store if settings.store.kind == "embedded" else where.bookmark


def open_to_write(settings: Settings, on_refused: OnRefused) -> Store:
    """Open the store; one process may write. Needs no server to answer."""
    if settings.store.kind == "embedded":
        return open_store(wiring.files(settings).store)
    return _on_server(settings, on_refused, is_writer=True)


def open_to_read(settings: Settings) -> Store:
    """Open the store that another process writes."""
    if settings.store.kind == "embedded":
        return open_store_readonly(wiring.files(settings).store)
    return _on_server(settings, lambda _: None, is_writer=False)


def _on_server(settings: Settings, on_refused: OnRefused, *, is_writer: bool) -> Store:
    # Imported where they are used: influxdb-client takes a third of a second.
    from ingest.store.bookmark import Bookmark
    from ingest.store.influx import InfluxStore, Version
    from ingest.store.server import Address, Server
    from ingest.store.victoria import VictoriaStore

    named = settings.store
    address = Address(named.url, named.database, named.org, settings.store_token(), named.timeout_s)
    bookmark = Bookmark(wiring.files(settings).bookmark, is_writer=is_writer)
    if named.kind == "victoriametrics":
        return VictoriaStore(Server(address), bookmark, named.database, on_refused)
    return InfluxStore(Server(address), bookmark, named.database, Version(named.kind), on_refused)
