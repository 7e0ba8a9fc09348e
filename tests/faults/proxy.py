"""A TCP proxy between a process and a server that can be cut: what is sent then waits, unanswered.

That is a partition: no connection is refused or ended, and nothing says that something is wrong.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Forwards bytes on ``port`` of this machine to what ``connect`` opens."""

    def __init__(self, server: socket.socket, connect: Callable[[], socket.socket]) -> None:
        self._server, self._connect = server, connect
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._held: list[socket.socket] = []
        self.port: int = server.getsockname()[1]

    def cut(self) -> None:
        """Let nothing through from now on."""
        self._is_whole.clear()

    def mend(self) -> None:
        """Let through what has waited, and what comes."""
        self._is_whole.set()

    def serve(self) -> None:
        """Accept until the server is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                self._held.append(near)
                threading.Thread(target=self._open, args=(near,), daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        self.mend()
        self._server.close()
        for one in self._held:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _open(self, near: socket.socket) -> None:
        self._is_whole.wait()
        try:
            far = self._connect()
        except OSError:
            near.close()
            return
        self._held.append(far)
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65_536):
                self._is_whole.wait()
                target.sendall(said)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(connect: Callable[[], socket.socket]) -> Iterator[Proxy]:
    """Yield a running proxy."""
    proxy = Proxy(socket.create_server(("127.0.0.1", 0)), connect)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()


def to_port(port: int) -> Callable[[], socket.socket]:
    """Return what connects to a port of this machine."""
    return lambda: socket.create_connection(("127.0.0.1", port), 10)


def to_path(path: str) -> Callable[[], socket.socket]:
    """Return what connects to a socket in the file system."""

    def connect() -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.connect(path)
        return made

    return connect
