"""A folder that holds one whole installation: settings, secrets, embedded broker, data, logs.

``make demo`` and the end-to-end tests build one; a council's own installation has the same
parts in places of its own.
"""

import json
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.enrolment import new_id
from config import canary
from config.database import connect, migrate
from config.homes import Enrolment
from config.problems import ConfigProblem
from config.registry import enrol
from ingest.broker import BrokerUser, command, write_config
from ingest.clock import SystemClock, microseconds
from ingest.clock_mark import TOPIC as CLOCK_TOPIC
from ingest.probe import TREE as PROBES
from ingest.receipts import RECEIPTS
from sensors_sim.target import Login, Target

CLOCK_USER: Final = "replay-clock"
WORKER_USER: Final = "stillwell-worker"

_SETTINGS = """\
# Written by `stillwell demo`. The same keys serve a real installation; see config/README.md.
data = {data}
clock = {clock}

[mqtt]
host = "127.0.0.1"
port = {broker_port}
username = {user}
password_file = {password_file}
client_id = {client_id}

[web]
host = "127.0.0.1"
port = {web_port}
is_secure = false # plain http on this machine only

[engine]
orphan_place = {orphan_place}

[watch]
web_url = {web_url}
credentials = {credentials}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything of one installation is, and the ports it listens on."""

    folder: Path
    broker_port: int
    web_port: int

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.folder / "site.toml"

    @property
    def data(self) -> Path:
        """Databases, journal, store and checkpoint."""
        return self.folder / "data"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of registry, accounts and alerts."""
        return f"sqlite:///{self.data / 'stillwell.db'}"

    @property
    def credentials(self) -> Path:
        """Broker passwords by user name, readable by the owner only."""
        return self.folder / "secrets" / "broker.json"

    @property
    def broker(self) -> Path:
        """The embedded broker's folder."""
        return self.folder / "broker"

    @property
    def logs(self) -> Path:
        """What each process printed."""
        return self.folder / "logs"

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.web_port}"

    def target(self) -> Target:
        """Return the broker with every gateway's credential, for who pretends to be them."""
        return read_target("127.0.0.1", self.broker_port, self.credentials)

    def broker_command(self) -> list[str]:
        """Return the command line of the embedded broker."""
        return command(self.broker / "broker.json")

    def process_command(self, *words: str) -> list[str]:
        """Return the command line of one of our own processes."""
        return [sys.executable, "-m", "api", *words, "--settings", str(self.settings)]


def read_target(host: str, port: int, credentials: Path | None) -> Target:
    """Return the broker with the credentials in this file; without one nobody has a password."""
    if credentials is None:
        return Target(host, port, clock=Login(CLOCK_USER))
    try:
        passwords: dict[str, str] = json.loads(credentials.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        raise ConfigProblem(
            f"credentials: {credentials} is no readable JSON of passwords by user: {problem}"
        ) from problem
    return Target(host, port, passwords, Login(CLOCK_USER, passwords.get(CLOCK_USER)))


def create(
    folder: Path,
    enrolment: Enrolment,
    *,
    broker_port: int,
    web_port: int,
    clock: str = "system",
    has_canaries: bool = False,
) -> tuple[Site, Enrolment]:
    """Make the folder's contents and enrol these homes; return both as they are then.

    ``has_canaries`` enrols a canary home for each place, for `stillwell watch`.
    """
    if has_canaries:
        enrolment = canary.joined(enrolment, new_id)
    site = Site(folder.resolve(), broker_port, web_port)
    for part in (site.data, site.logs, site.broker, site.credentials.parent):
        part.mkdir(parents=True, exist_ok=True)
    site.credentials.parent.chmod(0o700)
    passwords = {g.id: secrets.token_hex(16) for g in enrolment.gateways}
    passwords |= {user: secrets.token_hex(16) for user in (WORKER_USER, CLOCK_USER)}
    _write_secret(site.credentials, json.dumps(passwords))
    worker_password = site.credentials.with_name("worker")
    _write_secret(worker_password, passwords[WORKER_USER])
    _write_settings(site, worker_password, clock, sorted(g.place for g in enrolment.gateways))
    write_config(site.broker, "127.0.0.1", broker_port, list(_users(enrolment, passwords)))
    migrate(site.database_url)
    database = connect(site.database_url)
    with database.begin() as connection:
        enrolled = enrol(connection, enrolment, now_us=microseconds(SystemClock().now()))
    database.dispose()
    return site, enrolled


def _write_settings(site: Site, password_file: Path, clock: str, places: Sequence[str]) -> None:
    text = _SETTINGS.format(
        data=json.dumps(str(site.data)),
        clock=json.dumps(clock),
        broker_port=site.broker_port,
        user=json.dumps(WORKER_USER),
        password_file=json.dumps(str(password_file)),
        client_id=json.dumps(f"worker-{secrets.token_hex(8)}"),
        web_port=site.web_port,
        orphan_place=json.dumps(places[0]),
        web_url=json.dumps(site.url),
        credentials=json.dumps(str(site.credentials)),
    )
    site.settings.write_text(text, "utf-8")


def _users(enrolment: Enrolment, passwords: Mapping[str, str]) -> Iterable[BrokerUser]:
    for gateway in enrolment.gateways:
        yield BrokerUser(
            gateway.id,
            passwords[gateway.id],
            may_publish=(f"stillwell/v1/{gateway.place}/{gateway.id}/#",),
            may_subscribe=(RECEIPTS + gateway.id,),
        )
    yield BrokerUser(
        WORKER_USER,
        passwords[WORKER_USER],
        may_publish=(RECEIPTS + "+", PROBES + "#"),
        may_subscribe=("stillwell/v1/#", PROBES + "#"),
    )
    yield BrokerUser(
        CLOCK_USER, passwords[CLOCK_USER], may_publish=(CLOCK_TOPIC,), may_subscribe=()
    )


def _write_secret(path: Path, text: str) -> None:
    path.touch(0o600)
    path.chmod(0o600)
    path.write_text(text, "utf-8")
