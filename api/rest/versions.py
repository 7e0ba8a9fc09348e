"""ETags that are versions: what a change is based on (If-Match), so that no change is lost."""

from typing import Annotated

from fastapi import Header, Response

from api.errors import Problem
from api.rest.moments import to_datetime
from config.declarations import Stale

IfMatch = Annotated[str | None, Header(max_length=40)]
"""The ETag that was read; ``*`` asks for none in particular."""


def asked(if_match: str | None, noun: str) -> int | None:
    """Return the version that a change is based on, None for any; Problem 428 when none is said.

    What is no version is one that never was.
    """
    if if_match is None:
        said = f"Send If-Match with the ETag of the {noun} that you read, so that no change is "
        raise Problem(428, f"{said}lost; * asks for none.")
    if if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() else -1


def tag(response: Response, version: int) -> None:
    """Name the version in the answer."""
    response.headers["ETag"] = f'"{version}"'


def outrun(stale: Stale, noun: str) -> Problem:
    """Return what whoever comes second is told: what holds now, since when and why."""
    now = stale.now
    return Problem(
        412,
        f"Somebody else has changed the {noun} since you read it; nothing of yours is saved. Read "
        "it again first.",
        extra={
            "etag": f'"{now.id}"',
            "since": to_datetime(now.since_us).isoformat(),
            "by": now.account,
            "why": now.why,
            "now": now.content,
        },
    )
