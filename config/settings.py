"""Typed settings, each with its default and its range; ``settings_files`` reads them."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from config.problems import ConfigProblem


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Mqtt(_Section):
    """The broker that the worker reads."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Host name or address of the broker."""

    port: int = Field(default=1883, ge=1, le=65535)
    """MQTT port of the broker."""

    username: str = ""
    """The worker's broker user; empty where the broker asks nobody."""

    password_file: Path | None = None
    """File that holds the password, so that it is in no process list and no log."""

    client_id: str = Field(default="stillwell-worker", min_length=1, max_length=23)
    """Names the persistent session; keep it random and secret where others use the broker."""

    keepalive_s: int = Field(default=30, ge=5, le=600)
    """Seconds between pings; a dead link is noticed in one and a half times this."""

    gather_ms: float = Field(default=3.0, ge=0, le=50)
    """Pause between two reads, so that one commit takes many messages."""

    max_payload_kib: int = Field(default=1024, ge=1, le=262_144)
    """A longer payload is skipped and becomes a dead letter."""

    version: Literal["3.1.1", "5"] = "3.1.1"
    """MQTT version; 5 tells why a broker refuses. The NATS server speaks 3.1.1 only."""

    is_tls: bool = False
    """Whether the broker is reached by TLS (1.2 or newer), its certificate checked."""

    ca_file: Path | None = None
    """Certificate of the authority that signed the broker's, where the system does not know it."""

    certificate_file: Path | None = None
    """Our own certificate, where the broker wants one."""

    key_file: Path | None = None
    """Key of our certificate."""

    broker_config: Path | None = None
    """The broker's own configuration where it is on this machine: tells whether it persists."""


class Broker(_Section):
    """The broker's files of users and rights, rendered from the registry (`stillwell broker`)."""

    kind: Literal["", "mosquitto", "nats"] = ""
    """Whose files `stillwell broker` keeps; empty where they are made by hand."""

    folder: Path | None = None
    """Where they are: ``passwords`` and ``mosquitto.acl``, or ``users.conf`` of NATS."""

    pid_file: Path | None = None
    """Where the broker says its process id, so that it can be told to read them again."""

    log_file: Path | None = None
    """Mosquitto's log, which tells when a new credential is used; it needs connection_messages."""

    monitor_url: str = Field(default="", pattern=r"^(|http://[^/\s]+)$")
    """Where the NATS server's monitoring answers, which tells the same."""

    address: str = Field(default="", pattern=r"^(|mqtts?://[^/\s@]+)$")
    """The broker as gateways reach it, such as mqtts://broker.example:8883; shown with secrets."""

    overlap_h: float = Field(default=72.0, ge=0, le=720)
    """Hours that a replaced credential goes on being valid if the new one is never seen."""


class Web(_Section):
    """The web process."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to listen on."""

    port: int = Field(default=8000, ge=1, le=65535)
    """Port of pages and REST."""

    session_hours: float = Field(default=12.0, gt=0, le=24)
    """Longest time a sign-in lasts."""

    address: str = Field(default="", pattern=r"^(|https?://[^/\s]+)$")
    """Our own address as browsers know it, to which identity providers send people back."""

    proxy: str = Field(default="", max_length=200)
    """Address of the proxy before us, whose word is taken for who the client is; empty: none."""

    security_contact: str = Field(default="", pattern="^(|mailto:.+@.+|https://.+)$")
    """Where weaknesses are told to (``mailto:`` or ``https:``), for security.txt."""

    support_ends: str = Field(default="", pattern=r"^(|[0-9]{4}-[0-9]{2}-[0-9]{2})$")
    """Last day on which this installation is supported with security updates, year-month-day."""

    is_secure: bool = True
    """Whether browsers reach us by https, so that cookies are sent on nothing else."""


class Engine(_Section):
    """When the detectors look."""

    tick_s: int = Field(default=60, ge=5, le=900)
    """Seconds between two looks of the detectors."""

    reorder_s: int = Field(default=120, ge=0, le=900)
    """How long readings may arrive out of order; P1 signals never wait for it."""

    checkpoint_s: int = Field(default=60, ge=5, le=3600)
    """Seconds between two checkpoints of the engine."""

    orphan_place: str = ""
    """Place that is told of a P1 from a gateway and place that nobody knows."""


class Journal(_Section):
    """The durable log between broker and readers."""

    keep_days: float = Field(default=4.0, ge=3, le=90)
    """Days that committed readings stay in the journal after the store has them."""


class Store(_Section):
    """Where readings are kept for years."""

    kind: Literal["embedded", "influxdb1", "influxdb2", "influxdb3", "victoriametrics"] = "embedded"
    """``embedded`` is a file in the data folder; the others are servers (InfluxDB 1.8, 2, 3)."""

    url: str = Field(default="http://127.0.0.1:8086", pattern=r"^https?://[^/]+(/.*)?$")
    """Address of the server."""

    database: str = Field(default="stillwell", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """Database or bucket on InfluxDB, and how names of series begin."""

    org: str = ""
    """Organisation on InfluxDB 2."""

    token_file: Path | None = None
    """File that holds the token (``user:password`` on InfluxDB 1.8)."""

    timeout_s: float = Field(default=10.0, ge=0.1, le=120)
    """Seconds after which a server that does not answer counts as down."""


class TickLog(_Section):
    """The log of what entered the engine, from which the past is rehearsed."""

    keep_days: float = Field(default=400.0, ge=7, le=3660)
    """Days that the log is kept; no longer than the places keep readings."""


class Costs(_Section):
    """What an alert costs, for the figures of a rehearsal."""

    minutes_p1: float = Field(default=6.0, ge=0, le=600)
    """Minutes of staff time that a P1 takes."""

    minutes_p2: float = Field(default=6.0, ge=0, le=600)
    """Minutes of staff time that a P2 takes."""

    minutes_p3: float = Field(default=6.0, ge=0, le=600)
    """Minutes of staff time that a P3 takes."""

    minutes_t: float = Field(default=6.0, ge=0, le=600)
    """Minutes of staff time that a technical alert takes."""

    sms_pence: float = Field(default=2.4, ge=0, le=100)
    """Price of one SMS after the free allowance, in pence."""

    sms_free_a_year: int = Field(default=10_000, ge=0, le=10_000_000)
    """SMS a year that cost nothing."""


class Outbox(_Section):
    """Delivery of alerts."""

    is_muted: bool = False
    """Whether messages are recorded but not sent."""

    allow_private_webhooks: bool = False
    """Whether webhooks may be http or inside a private network; for trials on one machine only."""

    use_apprise: bool = False
    """Whether recipients may have an Apprise address; needs the extra ``apprise``."""


class Audit(_Section):
    """The audit log's heads, kept outside the database once a day."""

    anchor_file: Path | None = None
    """File that they are appended to, best on another machine; else one in the data folder."""


class Privacy(_Section):
    """The keys under which names, addresses and telephone numbers are kept."""

    master_key_file: Path | None = None
    """File of the master key, best on another disk; else ``master.key`` in the data folder."""

    master_key: SecretStr = SecretStr("")
    """The master key itself, by the environment; then no file is read."""

    keyring: Path | None = None
    """File of the keys that the master key wraps; else ``keys.db`` in the data folder."""


class Smtp(_Section):
    """The mail server that e-mail is handed to; without a host there is none."""

    host: str = ""
    """Host name of the mail server."""

    port: int = Field(default=587, ge=1, le=65535)
    """Its port."""

    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected."""

    username: str = ""
    """Whom to sign in as; empty where the server asks nobody."""

    password_file: Path | None = None
    """File that holds the password."""

    sender: str = Field(default="stillwell@localhost", pattern=r"^[^@\s]+@[^@\s]+$")
    """Address that mail comes from."""


class Notify(_Section):
    """GOV.UK Notify, for SMS and, without a mail server of one's own, e-mail."""

    base_url: str = "https://api.notifications.service.gov.uk"
    """Where Notify answers."""

    api_key_file: Path | None = None
    """File that holds the API key; without it Notify is not used."""

    sms_template: str = ""
    """Id of the SMS template; its text is ``((text))``."""

    email_template: str = ""
    """Id of the e-mail template; its text is ``((text))``."""

    is_dry_run: bool = False
    """Whether messages are logged instead of sent."""


class Watch(_Section):
    """The watch (`stillwell watch`), best with a settings file and a machine of its own."""

    web_url: str = Field(default="http://127.0.0.1:8000", pattern=r"^https?://[^/]+/?$")
    """Where the web process answers, as a browser reaches it."""

    every_s: float = Field(default=5.0, ge=1, le=30)
    """Seconds between two looks."""

    proof_s: float = Field(default=30.0, ge=5, le=300)
    """Seconds between two test alarms of a canary home."""

    late_s: float = Field(default=75.0, ge=15, le=900)
    """Seconds without a test alarm that came through after which the path counts as late."""

    credentials: Path | None = None
    """JSON file of the canaries' broker passwords by user name; `stillwell canary` writes it."""

    heartbeat_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Healthchecks-compatible address that is called while nothing is late; empty is none."""

    ping_s: float = Field(default=20.0, ge=1, le=300)
    """Seconds between two such calls."""

    recipients: tuple[str, ...] = ()
    """E-mail addresses that are told what is late."""

    smtp: Smtp = Smtp()
    """The watch's own mail server."""


class Settings(_Section):
    """Everything that a process is told at start; ``data`` is the folder it may write."""

    data: Path = Path("var")
    """Folder of journal, store, checkpoint and the default database."""

    database_url: str = ""
    """URL of registry, accounts and alerts: PostgreSQL; empty is SQLite in the data folder."""

    places: Path = Path(__file__).parent / "places"
    """Folder of the place files."""

    clock: Literal["system", "virtual"] = "system"
    """``virtual`` follows the marks of a replay until it says that it is live."""

    mqtt: Mqtt = Mqtt()
    broker: Broker = Broker()
    web: Web = Web()
    engine: Engine = Engine()
    journal: Journal = Journal()
    store: Store = Store()
    tick_log: TickLog = TickLog()
    costs: Costs = Costs()
    outbox: Outbox = Outbox()
    audit: Audit = Audit()
    privacy: Privacy = Privacy()
    smtp: Smtp = Smtp()
    notify: Notify = Notify()
    watch: Watch = Watch()

    @property
    def database(self) -> str:
        """SQLAlchemy URL of registry, accounts and alerts."""
        return self.database_url or f"sqlite:///{self.data / 'stillwell.db'}"

    def mqtt_password(self) -> str:
        """Return the broker password; ConfigProblem when its file cannot be read."""
        return _secret("mqtt.password_file", self.mqtt.password_file)

    def store_token(self) -> str:
        """Return the token of the store's server; ConfigProblem when its file cannot be read."""
        return _secret("store.token_file", self.store.token_file)


def _secret(key: str, path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8").strip()
    except OSError as problem:
        raise ConfigProblem(
            f"settings: {key} is {path}, which cannot be read: {problem.strerror}"
        ) from problem
