"""Real InfluxDB and VictoriaMetrics on free loopback ports; each ends with its process."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from tests.servers import free_port, require_program

HOST = "127.0.0.1"
READY_S = 30.0


@dataclass
class StoreServer:
    """A server that a test may freeze, kill and start again; ``url`` is what the store is told."""

    url: str
    command: Sequence[str]
    folder: Path
    ready_url: str
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.running.append(
                subprocess.Popen(list(self.command), stdout=log, stderr=log, cwd=self.folder)  # noqa: S603
            )
        wait_for(self.ready_url, self.running[-1], self.folder / "server.log")

    def kill(self) -> None:
        """Kill it as kill -9 does."""
        self.running[-1].kill()
        self.running[-1].wait()

    def freeze(self) -> None:
        """Stop it where it is, every thread: it accepts connections, and answers nothing."""
        pid = self.running[-1].pid
        os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + READY_S
        while not _is_stopped(pid) and time.monotonic() < end:
            time.sleep(0.01)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.running[-1].pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        process = self.running[-1]
        if process.poll() is None:
            self.thaw()
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def _is_stopped(pid: int) -> bool:
    """Tell whether no thread of it runs: the signal is delivered to one after the other."""
    stats = [path.read_text("ascii") for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(") ")[2].startswith("T") for stat in stats)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the address answers; an error with the end of its log when it does not."""
    end = time.monotonic() + READY_S
    with urllib3.PoolManager(retries=False, timeout=1.0) as pool:
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
                if pool.request("GET", url).status < 500:
                    return
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer: {log.read_text(errors='replace')[-800:]}")


@contextmanager
def influxdb(folder: Path) -> Iterator[StoreServer]:
    """Run InfluxDB 1.6.7 of Debian behind an nginx that gives it InfluxDB 2's write request."""
    influxd = require_program("influxd", "influxdb")
    nginx = require_program("nginx", "nginx-light")
    folder.mkdir(parents=True, exist_ok=True)
    port, rpc, front = free_port(), free_port(), free_port()
    (folder / "influxdb.conf").write_text(
        f'reporting-disabled = true\nbind-address = "{HOST}:{rpc}"\n'
        f'[meta]\n  dir = "{folder}/meta"\n'
        f'[data]\n  dir = "{folder}/data"\n  wal-dir = "{folder}/wal"\n  index-version = "tsi1"\n'
        f'[http]\n  bind-address = "{HOST}:{port}"\n  log-enabled = false\n'
        "[monitor]\n  store-enabled = false\n"
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        "events {}\n"
        "http {\n"
        f"  access_log off; client_max_body_size 64m; client_body_temp_path {folder}/body;\n"
        f"  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n"
        f"  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
        f"  server {{ listen {HOST}:{front};\n"
        "    location = /api/v2/write {\n"
        '      rewrite ^ "/write?db=$arg_bucket&precision=$arg_precision?" break;\n'
        f"      proxy_pass http://{HOST}:{port};\n"
        "    }\n"
        f"    location / {{ proxy_pass http://{HOST}:{port}; }}\n"
        "  }\n}\n"
    )
    server = StoreServer(
        f"http://{HOST}:{front}",
        [influxd, "-config", str(folder / "influxdb.conf")],
        folder,
        f"http://{HOST}:{port}/ping",
    )
    proxy = StoreServer(
        server.url,
        [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")],
        folder,
        f"{server.url}/ping",
    )
    server.start()
    try:
        proxy.start()
        try:
            yield server
        finally:
            proxy.stop()
    finally:
        server.stop()


@contextmanager
def victoriametrics(folder: Path) -> Iterator[StoreServer]:
    """Run VictoriaMetrics of Debian; it keeps a hundred years."""
    program = require_program("victoria-metrics", "victoria-metrics")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    server = StoreServer(
        f"http://{HOST}:{port}",
        [
            program,
            f"-httpListenAddr={HOST}:{port}",
            f"-storageDataPath={folder}/vm",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=256MB",
        ],
        folder,
        f"http://{HOST}:{port}/health",
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()
