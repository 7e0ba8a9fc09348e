"""The real web process over the folder of a world: ``python -m tests.e2e.web_process``."""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.servers import free_port

PATIENCE_S = 90


@contextlib.contextmanager
def serve(folder: Path, port: int = 0) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Yield (address, process) of a web process that answers; it is ended afterwards.

    It listens on ``port``, or on a free one where that is 0.
    """
    port = port or free_port()
    log = folder / "web.log"
    with log.open("wb") as written:
        command = [sys.executable, "-m", "tests.e2e.web_process", str(folder), str(port)]
        process = subprocess.Popen(  # noqa: S603  # our own interpreter
            command, stdout=written, stderr=subprocess.STDOUT
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            yield url, process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the web process ended: {log.read_text('utf-8')[-2000:]}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310  # loopback
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"the web process did not answer in {PATIENCE_S} s")


def main() -> None:
    from api import logs
    from api.webserver import run
    from config.settings import Settings, Web

    logs.configure()
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    run(Settings(data=folder, web=Web(port=port, is_secure=False)))


if __name__ == "__main__":
    main()
