"""What REST sends and takes; times are ISO 8601 in UTC."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts.alert import AlertKind, Outcome, Priority, State, Verdict
from api.web.words import is_readable
from config.homes import GoesOut, HomeState
from config.kinds import Kind
from ingest.message import Reason


def readable(text: str) -> str:
    """Return the text; ValueError when it holds what people cannot read."""
    if not is_readable(text):
        raise ValueError("leave out control characters")
    return text


class Sent(BaseModel):
    """What is sent, never changed once made."""

    model_config = ConfigDict(frozen=True)


class PlaceOut(Sent):
    """A place that the caller serves."""

    key: str
    name: str
    time_zone: str
    roles: list[str]


class HomeOut(Sent):
    """An enrolled home."""

    id: str
    place: str
    label: str
    state: HomeState
    goes_out: GoesOut
    residents: int
    has_pets: bool
    risk_tier: int
    sector: str
    unwatched_since: datetime | None = None
    unwatched_reason: str | None = None


class HomesPage(Sent):
    """Homes by label; send ``cursor`` for the next page, null at the end."""

    homes: list[HomeOut]
    cursor: str | None


class SensorOut(Sent):
    """A sensor and its newest value; ``is_stale`` says that it is not the present."""

    id: str
    kind: Kind
    unit: str
    room: str
    is_exit: bool
    value: float | None
    time: datetime | None
    age_s: float | None
    is_stale: bool


class SensorsOut(Sent):
    """The sensors of one home."""

    sensors: list[SensorOut]


class ReadingsOut(Sent):
    """Readings as columns of equal length, in order of time.

    ``sensor`` holds rows of ``sensors``; ``time_ms`` is milliseconds since 1970 UTC.
    """

    sensors: list[str]
    sensor: list[int]
    time_ms: list[int]
    value: list[float]


class HistoryOut(Sent):
    """One step in the life of an alert; ``actor`` is an account id or ``system``."""

    at: datetime
    event: str
    state_from: str
    state_to: str
    actor: str
    note: str


class AlertOut(Sent):
    """An alert; ``label`` is null where the home's label is not the caller's to see."""

    id: str
    place: str
    home: str | None
    label: str | None
    gateway: str | None
    sensor: str | None
    kind: AlertKind
    priority: Priority
    verdict: Verdict
    state: State
    step: int
    is_eased: bool
    is_late: bool
    repeats: int
    onset: datetime
    raised: datetime
    updated: datetime
    sentence: str
    evidence: dict[str, Any]
    acknowledged_by: str | None
    acknowledged: datetime | None
    attending_by: str | None
    attending: datetime | None
    resolved_by: str | None
    resolved: datetime | None
    outcome: Outcome | None
    note: str


class AlertsPage(Sent):
    """Alerts, newest first; send ``cursor`` for the next page, null at the end."""

    alerts: list[AlertOut]
    cursor: str | None


class AlertDetail(AlertOut):
    """An alert with its history, first things first."""

    history: list[HistoryOut]


class ResolveIn(BaseModel):
    """How an alert ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    note: Annotated[str, Field(max_length=2000), AfterValidator(readable)] = ""


class DeadLetterOut(Sent):
    """Messages refused for one reason on one topic; ``first_bytes`` escaped as ASCII."""

    id: int
    reason: Reason
    topic: str
    place: str | None
    count: int
    first: datetime
    last: datetime
    first_bytes: str
    detail: str


class DeadLettersPage(Sent):
    """Dead letters of a place, last seen first; send ``cursor`` for the next page."""

    dead_letters: list[DeadLetterOut]
    cursor: str | None


class HealthOut(Sent):
    """The process is alive."""

    status: str


class ProofOut(Sent):
    """How far a test alarm came: out of the outbox, and its pattern into the store."""

    is_sent: bool
    is_stored: bool


class ReadyOut(Sent):
    """Alerts are being raised from what sensors say now."""

    status: str
    replaying: datetime | None
