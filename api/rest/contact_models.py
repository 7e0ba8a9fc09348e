"""What REST sends and takes about contacts and attempts to reach them."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts.attempts import LONGEST, Means, Result
from api.rest.models import Sent, readable
from config.contacts import ContactKind

Said = Annotated[str, Field(max_length=LONGEST), AfterValidator(readable)]


class ContactOut(Sent):
    """Somebody to call about a home; ``is_stale`` says that nobody confirmed it for 180 days."""

    id: str
    home: str
    kind: ContactKind
    position: int
    name: str
    relation: str
    phone: str
    language: str
    has_key: bool
    wait_min: float
    confirmed_by: str
    confirmed: datetime
    is_stale: bool


class ContactsOut(Sent):
    """Contacts, in the order of calling."""

    contacts: list[ContactOut]


class AttemptOut(Sent):
    """One attempt; ``result`` is null while it goes on, until ``due`` at the latest."""

    id: int
    contact: str
    contact_kind: str
    means: str
    actor: str
    at: datetime
    due: datetime | None
    result: str | None
    ended: datetime | None
    said: str


class CallingOut(Sent):
    """Where the calls about an alert stand; ``spoken`` is when the person herself was reached."""

    attempts: list[AttemptOut]
    next: ContactOut | None
    spoken: datetime | None


class AttemptIn(BaseModel):
    """Whom one is trying now, and how; with a ``result`` it is over already."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contact: Annotated[str, Field(pattern="^[a-z0-9-]{8,40}$")]
    means: Means = Means.PHONE
    result: Result | None = None
    said: Said = ""


class AttemptEndIn(BaseModel):
    """What came of an attempt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    result: Result
    said: Said = ""
