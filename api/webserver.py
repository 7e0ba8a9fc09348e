"""The web process: builds the application over read-only files and serves it."""

import asyncio
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final, TypeVar

import structlog
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from alerts.ledger import Ledger
from api import stores, wiring
from api.app import create_app
from api.current_roster import CurrentRoster
from api.rehearsing import Rehearsing
from api.resources import Resources
from config import keys, master_key
from config.settings import Settings
from ingest.dead_letters import DeadLetters

REFRESH_S: Final = 1.0
GRACE_S: Final = 5
_log = structlog.get_logger(__name__)

Opened = TypeVar("Opened")


def resources(settings: Settings, shutdown: threading.Event) -> Resources:
    """Return what requests work with; the worker's files are opened once they exist."""
    database = wiring.open_database(settings)
    if master_key.is_open_to_others(settings):
        _log.warning("master_key_open_to_others", path=str(master_key.file_of(settings)))
    where = wiring.files(settings)
    roster = CurrentRoster(database)
    threading.Thread(target=_follow, args=(roster, shutdown), daemon=True, name="roster").start()
    return Resources(
        database=database,
        vault=keys.open_vault(settings, database),
        places=wiring.places(settings),
        store=_once_made(stores.file_of(settings), lambda _: stores.open_to_read(settings)),
        dead_letters=_once_made(where.journal, DeadLetters.open),
        ledger=Ledger(database, is_muted=lambda: settings.outbox.is_muted),
        clock=wiring.web_clock(settings, database),
        table=roster.table,
        checkpoint=where.checkpoint,
        store_kind=settings.store.kind,
        session_hours=settings.web.session_hours,
        is_secure=settings.web.is_secure,
        address=settings.web.address,
        security_contact=settings.web.security_contact,
        support_ends=settings.web.support_ends,
        is_private_webhook_allowed=settings.outbox.allow_private_webhooks,
        log_days=settings.tick_log.keep_days,
        broker=settings.broker,
        rehearse=Rehearsing(settings, shutdown),
        shutdown=shutdown,
    )


class Connection(H11Protocol):
    """One connection; its requests know it as ``request.state.connection``, to abort it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base
        """Take note of what carries it."""
        self.app_state = {**self.app_state, "connection": transport}
        super().connection_made(transport)


def _once_made(path: Path, open_: Callable[[Path], Opened]) -> Callable[[], Opened | None]:
    opened: list[Opened] = []
    turn = threading.Lock()

    def get() -> Opened | None:
        with turn:
            if not opened and path.exists():
                opened.append(open_(path))
            return opened[0] if opened else None

    return get


def _follow(roster: CurrentRoster, shutdown: threading.Event) -> None:
    while not shutdown.wait(REFRESH_S):
        roster.refresh()


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; open streams are ended, so that browsers hold nothing up."""
    shutdown = threading.Event()
    app = create_app(resources(settings, shutdown))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.web.host,
            port=settings.web.port,
            http=Connection,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
            proxy_headers=bool(settings.web.proxy),
            forwarded_allow_ips=settings.web.proxy or None,
        )
    )
    server.handle_exit = partial(_exit, server.handle_exit, shutdown)  # type: ignore[method-assign]  # uvicorn offers no hook
    server.run()


def _exit(
    onward: Callable[[int, FrameType | None], None],
    shutdown: threading.Event,
    number: int,
    frame: FrameType | None,
) -> None:
    shutdown.set()
    onward(signal.Signals(number), frame)
