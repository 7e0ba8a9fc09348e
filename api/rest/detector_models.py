"""What REST sends and takes of detectors, their modes and their findings in shadow."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts.alert import AlertKind
from alerts.modes import Mode
from alerts.precision import Said
from alerts.shadow_rows import ShadowState
from api.rest.models import Sent, readable


class PrecisionOut(Sent):
    """What people said of findings; ``low`` and ``high`` bound ``share`` at 95 % (Wilson).

    ``is_enough`` says whether enough were judged true or false for the share to be acted upon.
    """

    true: int
    false: int
    unclear: int
    awaiting: int
    share: float | None
    low: float | None
    high: float | None
    is_enough: bool


class SwitchOut(Sent):
    """Who chose a mode (an account id), since when, and on what evidence.

    ``judged`` is what people had said by then; ``without_evidence`` why it went live with too
    little of that.
    """

    mode: Mode
    since: datetime
    account: str
    evidence: str
    without_evidence: str
    judged: PrecisionOut


class DetectorOut(Sent):
    """A detector at a place; ``switch`` is null where nobody switched it: it is in shadow.

    ``found`` counts findings in shadow in 28 days, ``judged`` covers 12 weeks.
    """

    key: str
    title: str
    looks_for: str
    kinds: list[AlertKind]
    mode: Mode
    switch: SwitchOut | None
    found: int
    per_100_homes_week: float | None
    judged: PrecisionOut


class BudgetOut(Sent):
    """What the place's alert budget came to when a local day ended, at ``at``.

    Rates are alerts per 100 homes a week; ``low`` and ``high`` enclose that of the next four weeks
    95 times in 100. ``fixed`` is what the threshold does not decide. ``is_applied`` says that
    ``silence_z`` is in force, ``is_enough`` that the place has homes enough to keep a budget.
    """

    per_100_homes_week: float
    at: datetime
    is_applied: bool
    silence_z: float
    expected: float
    low: float
    high: float
    fixed: float
    homes: int
    homes_needed: int
    is_enough: bool
    sentence: str


class DetectorsOut(Sent):
    """The detectors of a place that have a mode; everything else is always live.

    ``budget`` is null until a day has been counted.
    """

    detectors: list[DetectorOut]
    budget: BudgetOut | None


class SwitchIn(BaseModel):
    """The mode wished, on what evidence, and why if there is too little."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode
    evidence: Annotated[str, Field(max_length=2000), AfterValidator(readable)]
    without_evidence: Annotated[str, Field(max_length=2000), AfterValidator(readable)] = ""


class ShadowFindingOut(Sent):
    """What a detector in shadow found; nothing of it was sent. ``said`` is null until judged."""

    id: str
    place: str
    home: str
    kind: AlertKind
    detector: str
    onset: datetime
    found: datetime
    ended: datetime | None
    sentence: str
    evidence: dict[str, Any]
    is_late: bool
    state: ShadowState
    said: Said | None
    said_by: str | None
    said_at: datetime | None
    note: str


class ShadowFindingsPage(Sent):
    """Findings in shadow, newest first; send ``cursor`` for the next page, null at the end."""

    shadow_findings: list[ShadowFindingOut]
    cursor: str | None


class AdjudicationOut(Sent):
    """What one account (an id) said of a finding."""

    said: Said
    account: str
    at: datetime
    note: str


class ShadowFindingDetail(ShadowFindingOut):
    """A finding with everything that was said of it, first things first."""

    history: list[AdjudicationOut]


class JudgeIn(BaseModel):
    """Whether a finding was true."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    said: Said
    note: Annotated[str, Field(max_length=2000), AfterValidator(readable)] = ""
