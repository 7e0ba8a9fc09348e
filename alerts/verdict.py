"""What a silence comes from: outage > gateway > sensor > person.

A silence is raised only where the home can be seen. One that was open before stays what it was.
"""

from typing import Final

import numpy as np

from alerts.alert import Verdict
from alerts.detect.columns import Bools, Bytes

VERDICTS: Final = tuple(Verdict)
"""Verdicts by code."""

_CODE: Final = {verdict: code for code, verdict in enumerate(VERDICTS)}


def verdicts(
    reason: Bytes, reasons: tuple[str, ...], is_out: Bools, is_proven: Bools, is_visited: Bools
) -> Bytes:
    """Return int8[homes]: the verdict on each home's silence, by code.

    ``reason`` indexes ``reasons``, why the home cannot be seen ("none" where it can).
    ``is_proven`` says that its gateway has spoken lately, so that silence is the person's.
    ``is_visited`` says that a booked visitor is there.
    """
    person = np.where(is_proven, _CODE[Verdict.PERSON], _CODE[Verdict.UNKNOWN])
    code = np.where(is_out, _CODE[Verdict.AWAY], person)
    code = np.where(is_visited & ~is_out, _CODE[Verdict.VISITOR], code)
    by_reason = np.array([_of_reason(name) for name in reasons])
    return np.where(by_reason[reason] >= 0, by_reason[reason], code).astype(np.int8)


def _of_reason(name: str) -> int:
    if name == "none":
        return -1
    return _CODE[Verdict.UNKNOWN if name in ("link", "moved") else Verdict(name)]
