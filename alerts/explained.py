"""What decided a finding, told from the numbers that it carries: anyone can recompute it. Pure.

Each kind, and each rule of a kind, is a row of comparisons that all had to hold: what was seen
against a limit, and between what it usually is. They name numbers of the evidence, so that a
decision can be checked, and drawn, without looking anything up.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.alert import LIFE_SAFETY, AlertKind


class Sign(StrEnum):
    """How what was seen had to lie to its limit."""

    OVER = ">"
    FROM = ">="
    UNDER = "<"
    UP_TO = "<="


class Unit(StrEnum):
    """What a number counts; moments and spans are in microseconds."""

    MOMENT = "moment"
    SPAN = "span"
    MINUTES = "minutes"
    HOURS = "hours"
    TIME_OF_DAY = "minutes after midnight"
    CELSIUS = "°C"
    KELVIN = "K"
    SHARE = "share"
    COUNT = "count"
    SCORE = "score"


_HOLDS: Final[Mapping[Sign, Callable[[float, float], bool]]] = {
    Sign.OVER: operator.gt,
    Sign.FROM: operator.ge,
    Sign.UNDER: operator.lt,
    Sign.UP_TO: operator.le,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: words for it, and the keys of its numbers in the evidence.

    Without a limit it is shown beside what decided: what was seen, and what is usual.
    """

    what: str
    unit: Unit
    seen: str
    sign: Sign = Sign.FROM
    limit: str = ""
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with its numbers; None where there is none. ``holds`` is recomputed."""

    what: str
    unit: Unit
    sign: Sign
    seen: float
    limit: float | None
    low: float | None
    high: float | None

    @property
    def holds(self) -> bool:
        """Whether what was seen lies to its limit as it had to."""
        return self.limit is None or _HOLDS[self.sign](self.seen, self.limit)


def _banded(
    what: str, unit: Unit, seen: str, sign: Sign = Sign.FROM, limit: str = "", ends: str = ""
) -> Condition:
    return Condition(what, unit, seen, sign, limit, f"usual_low{ends}", f"usual_high{ends}")


_BELOW: Final = Condition("Warmest room", Unit.CELSIUS, "warmest_c", Sign.UNDER, "limit_c")
_NOT_WARM: Final = Condition("Warmest room", Unit.CELSIUS, "warmest_c", Sign.UNDER, "warm_again_c")
_ABOVE: Final = Condition("Coolest room", Unit.CELSIUS, "coolest_c", Sign.OVER, "limit_c")
_NOT_COOL: Final = Condition("Coolest room", Unit.CELSIUS, "coolest_c", Sign.OVER, "cool_again_c")
_LASTED: Final = Condition("For how long", Unit.SPAN, "lasted_us", Sign.FROM, "dwell_us")
_CAP: Final = Condition("Quiet for", Unit.SPAN, "silence_us", Sign.FROM, "cap_us")
_SCORE: Final = Condition("Change found, added up", Unit.SCORE, "score", Sign.OVER, "limit")
_SPELL: Final = _banded("Lasted", Unit.MINUTES, "lasted_min", Sign.OVER, "limit_min", "_min")
_STAY: Final = _banded("Lasted", Unit.MINUTES, "stay_min", Sign.OVER, "limit_min", "_min")
_LATE: Final = _banded("Not used by", Unit.TIME_OF_DAY, "now_min", Sign.FROM, "due_min", "_min")
_LIKE_IT: Final = Condition(
    "Share of nights like this", Unit.SHARE, "usual_share_of_nights", Sign.UNDER, "limit"
)
_GAINED: Final = _banded(
    "Gained in an hour", Unit.KELVIN, "gained_last_hour_k", Sign.UNDER, "gained_limit_k", "_k"
)
_OF_DAYS: Final = Condition("Share of days with it", Unit.SHARE, "judged_share", Sign.FROM, "limit")
_KNOWN_DAYS: Final = Condition("Days known", Unit.COUNT, "days_learned", Sign.FROM, "days_needed")
_WAITED: Final = Condition("Waited for others", Unit.SPAN, "lost_for_us", Sign.FROM, "wait_us")
_MISSED: Final = Condition(
    "Times it usually sees somebody", Unit.SCORE, "words_missed", Sign.OVER, "words_limit"
)
_PER_TIER: Final = "_by_tier"

_COLD: Final = {"beyond": (_BELOW, _LASTED), "not back": (_NOT_WARM, _LASTED)}
_HOT: Final = {"beyond": (_ABOVE, _LASTED), "not back": (_NOT_COOL, _LASTED)}
_USE: Final = (_LATE, _OF_DAYS, _KNOWN_DAYS)
_SIGNAL: Final = (Condition("Signals", Unit.COUNT, "signals", Sign.FROM, "signals_needed"),)

RULES: Final[Mapping[AlertKind, Mapping[str, tuple[Condition, ...]]]] = {
    **{kind: {"": _SIGNAL} for kind in LIFE_SAFETY},
    AlertKind.NO_SIGN_OF_LIFE: {
        "score": (
            _banded(
                "Usual signs that did not come", Unit.SCORE, "expected_missed", Sign.OVER, "limit"
            ),
            Condition("Quiet for", Unit.SPAN, "silence_us", Sign.FROM, "floor_us"),
        ),
        "cap": (_CAP,),
    },
    AlertKind.NOT_BACK: {"cap": (_CAP,)},
    AlertKind.OUT_AT_NIGHT: {
        "": (
            Condition("Nothing inside for", Unit.SPAN, "quiet_us", Sign.FROM, "wait_us"),
            _LIKE_IT,
            Condition("Nights known", Unit.COUNT, "nights_learned", Sign.OVER, "nights_needed"),
        )
    },
    AlertKind.LONG_IN_ROOM: {"": (_STAY,)},
    AlertKind.BATHROOM_AT_NIGHT: {
        "": (
            _SCORE,
            _banded("Visits that night", Unit.COUNT, "visits"),
        )
    },
    AlertKind.SLEEP_SHIFT: {
        "": (
            _SCORE,
            _banded("Fits moved better by", Unit.SCORE, "gain"),
        )
    },
    AlertKind.LESS_MOVEMENT: {
        "": (
            _SCORE,
            _banded("Signs that day", Unit.COUNT, "signs"),
        )
    },
    AlertKind.COLD_HOME: _COLD,
    AlertKind.VERY_COLD_HOME: _COLD,
    AlertKind.HOT_HOME: _HOT,
    AlertKind.VERY_HOT_HOME: _HOT,
    AlertKind.HEATING_FAILED: {
        "": (
            Condition(
                "Behind its usual course", Unit.KELVIN, "behind_usual_k", Sign.OVER, "limit_k"
            ),
            _GAINED,
            Condition("Warmest room", Unit.CELSIUS, "room_c", Sign.UNDER, "told_below_c"),
        )
    },
    AlertKind.BED_LEFT: {"": (_SPELL,)},
    AlertKind.SEAT_NOT_LEFT: {"": (_SPELL,)},
    AlertKind.MISSED_DOSE: {
        "usual time": _USE,
        "dispenser": (
            Condition("Doses taken", Unit.COUNT, "doses_taken", Sign.UNDER, "doses_due"),
        ),
    },
    AlertKind.KITCHEN_UNUSED: {"usual time": _USE},
    AlertKind.HOME_AGAIN: {
        "": (
            Condition(
                "Movement after the pause began", Unit.MOMENT, "first_us", Sign.FROM, "from_us"
            ),
            Condition("Movement before its end", Unit.MOMENT, "first_us", Sign.UNDER, "until_us"),
        )
    },
    AlertKind.PAUSE_ENDS: {
        "ahead": (Condition("Told", Unit.MOMENT, "decided_us", Sign.FROM, "notice_us"),),
        "over": (Condition("Told", Unit.MOMENT, "decided_us", Sign.FROM, "until_us"),),
    },
    AlertKind.ROTA_GAP: {
        "": (Condition("Told", Unit.MOMENT, "decided_us", Sign.FROM, "notice_us"),)
    },
    AlertKind.VISIT_NOT_SEEN: {
        "": (
            Condition("Waited until", Unit.MOMENT, "decided_us", Sign.FROM, "waited_until_us"),
            Condition("Door last used", Unit.MOMENT, "last_visit_us", Sign.UNDER, "waited_from_us"),
        )
    },
    AlertKind.UNWATCHED_HOME: {
        "": (Condition("Not seen for", Unit.SPAN, "unseen_us", Sign.FROM, "limit_us"),),
        _PER_TIER: (Condition("Not seen for", Unit.HOURS, "unseen_h", Sign.FROM, "limit_h"),),
    },
    AlertKind.SENSOR_SILENT: {
        "out of reach": (
            Condition("Out of reach since", Unit.MOMENT, "off_us", Sign.FROM, "heard_us"),
        ),
        "pace": (Condition("Silent for", Unit.SPAN, "silent_us", Sign.OVER, "limit_us"),),
        "missed": (
            _MISSED,
            Condition("Not heard for", Unit.SPAN, "unheard_us", Sign.FROM, "least_us"),
        ),
        "sees nobody": (
            _MISSED,
            Condition("Has seen nobody for", Unit.SPAN, "unseeing_us", Sign.FROM, "least_us"),
        ),
        "chatter": (
            Condition(
                "Without a pause for", Unit.SPAN, "chatter_us", Sign.FROM, "chatter_least_us"
            ),
        ),
    },
    AlertKind.GATEWAY_SILENT: {
        "offline": (
            Condition("Offline for", Unit.SPAN, "offline_us", Sign.FROM, "dwell_us"),
            _WAITED,
        ),
        "silence": (
            Condition("Silent for", Unit.SPAN, "silent_us", Sign.OVER, "limit_us"),
            _WAITED,
        ),
    },
    AlertKind.MAINS_FAILED: {
        "": (Condition("Without mains for", Unit.SPAN, "without_mains_us", Sign.FROM, "wait_us"),)
    },
    AlertKind.OUTAGE: {
        "gateways": (
            Condition("Gateways lost", Unit.COUNT, "lost", Sign.FROM, "least"),
            Condition("Of all gateways", Unit.SHARE, "lost_share", Sign.FROM, "least_share"),
        ),
        "hush": (
            _banded("Homes heard", Unit.COUNT, "heard", Sign.UNDER, "heard_limit"),
            Condition("Homes expected", Unit.COUNT, "expected", Sign.FROM, "expected_least"),
        ),
        "street": (
            Condition("Gateways gone", Unit.COUNT, "dark", Sign.FROM, "least"),
            Condition("Their last words apart", Unit.SPAN, "apart_us", Sign.UP_TO, "together_us"),
        ),
    },
}
"""By kind and rule (``rule`` in the evidence, empty where there is one): what had to hold."""


BY_TIER: Final = ", risk tier "
"""Stands between what is compared and the tier, where it is by tier."""


def rule_of(kind: AlertKind, evidence: Mapping[str, object]) -> tuple[Condition, ...]:
    """Return what had to hold for a finding of this kind with this evidence."""
    rules = RULES[kind]
    if _PER_TIER in rules and isinstance(evidence.get("limit_h"), Mapping):
        return rules[_PER_TIER]
    return rules.get(str(evidence.get("rule", "")), rules.get("", ()))


def explain(kind: AlertKind, evidence: Mapping[str, object]) -> list[Compared]:
    """Return what decided, with its numbers.

    What evidence does not hold is left out: that of an older version, or a door never used.
    """
    return [one for test in rule_of(kind, evidence) for one in _compare(test, evidence)]


def _compare(test: Condition, evidence: Mapping[str, object]) -> Iterator[Compared]:
    seen, limit = evidence.get(test.seen), evidence.get(test.limit)
    if isinstance(seen, Mapping) and isinstance(limit, Mapping):
        for tier in seen:
            what = f"{test.what}{BY_TIER}{tier}"
            yield Compared(what, test.unit, test.sign, seen[tier], limit[tier], None, None)
        return
    number = _number(seen)
    if number is None or (test.limit and _number(limit) is None):
        return
    low, high = _number(evidence.get(test.low)), _number(evidence.get(test.high))
    yield Compared(test.what, test.unit, test.sign, number, _number(limit), low, high)


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and isinstance(value, int | float) else None
