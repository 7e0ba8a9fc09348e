"""What decided an alert: a line and a bar for each comparison, from its own numbers alone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from markupsafe import Markup

from alerts.alert import AlertKind
from alerts.explained import BY_TIER, Compared, Sign, Unit, explain, rule_of
from api.web import words
from api.web.language import N_, _
from api.web.strip_svg import per_cent

_MINUTE_US: Final = 60_000_000
_RAISED: Final = {
    Sign.OVER: N_("%(seen)s, raised above %(limit)s"),
    Sign.FROM: N_("%(seen)s, raised from %(limit)s on"),
    Sign.UNDER: N_("%(seen)s, raised below %(limit)s"),
    Sign.UP_TO: N_("%(seen)s, raised up to %(limit)s"),
}
_BARE: Final = frozenset({Unit.MOMENT, Unit.TIME_OF_DAY, Unit.CELSIUS})
"""Units whose nought says nothing: their bars begin near what is shown."""

_MOST_DECIMALS: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison as people read it; ``picture`` says no more than ``text``."""

    what: str
    text: str
    picture: Markup


def decided(kind: AlertKind, evidence: Mapping[str, object], zone: tzinfo) -> list[Row]:
    """Return what decided an alert of this kind; nothing where its evidence is of before."""
    return [Row(_name(one.what), _text(one, zone), _draw(one)) for one in explain(kind, evidence)]


def said(kind: AlertKind, evidence: Mapping[str, object]) -> frozenset[str]:
    """Return the keys of the evidence that ``decided`` tells."""
    if not explain(kind, evidence):
        return frozenset()
    told = rule_of(kind, evidence)
    return frozenset(key for one in told for key in (one.seen, one.limit, one.low, one.high))


def _name(what: str) -> str:
    """Return what is compared, in the reader's language; some is told by risk tier."""
    name, _comma, tier = what.partition(BY_TIER)
    if not tier:
        return _(name)
    return _("%(name)s, risk tier %(tier)s", name=_(name), tier=tier)


def _text(one: Compared, zone: tzinfo) -> str:
    text = _figure(one.unit, one.seen, zone)
    if one.limit is not None:
        text, limit = _apart(one.unit, one.seen, one.limit, zone)
        text = _(_RAISED[one.sign], seen=text, limit=limit)
    if one.low is not None and one.high is not None:
        low, high = (_figure(one.unit, edge, zone) for edge in (one.low, one.high))
        usual = low if low == high else _("%(low)s to %(high)s", low=low, high=high)
        text = _("%(text)s. Usual on eight days of ten: %(usual)s", text=text, usual=usual)
    return f"{text}."


def _apart(unit: Unit, seen: float, limit: float, zone: tzinfo) -> tuple[str, str]:
    """Return both figures, with the decimals that it takes to tell them apart."""
    for decimals in range(_decimals(unit), _MOST_DECIMALS + 1):
        texts = _figure(unit, seen, zone, decimals), _figure(unit, limit, zone, decimals)
        if texts[0] != texts[1] or seen == limit:
            break
    return texts


def _decimals(unit: Unit) -> int:
    return 0 if unit in (Unit.COUNT, Unit.SHARE) else 1


def _figure(unit: Unit, value: float, zone: tzinfo, decimals: int | None = None) -> str:
    places = _decimals(unit) if decimals is None else decimals
    match unit:
        case Unit.MOMENT:
            return words.moment(int(value), zone)
        case Unit.SPAN:
            return words.span(int(value))
        case Unit.MINUTES:
            return words.span(round(value * _MINUTE_US))
        case Unit.HOURS:
            return words.span(round(value * 60 * _MINUTE_US))
        case Unit.TIME_OF_DAY:
            return words.hour_and_minute(value)
        case Unit.CELSIUS | Unit.KELVIN:
            return f"{value:.{places}f} °C"
        case Unit.SHARE:
            return f"{100 * value:.{places}f} %"
        case _:
            return f"{value:,.{places}f}"


def _draw(one: Compared) -> Markup:
    """Return a bar as long as what was seen, over what is usual, with the limit as a line."""
    known = [v for v in (one.seen, one.limit, one.low, one.high) if v is not None]
    foot, top = min(known), max(known)
    if foot >= 0 and one.unit not in _BARE:
        foot = 0.0
    else:
        foot -= 0.2 * (top - foot)
    wide = (top - foot) * 1.08 or 1.0

    def at(value: float) -> float:
        return 100 * (value - foot) / wide

    shapes = []
    if one.low is not None and one.high is not None:
        x, width = per_cent(at(one.low)), per_cent(max(at(one.high) - at(one.low), 0.5))
        shapes.append(f'<rect class="why-usual" x="{x}" y="0" width="{width}" height="100%"/>')
    length = per_cent(max(at(one.seen), 0.5))
    shapes.append(f'<rect class="why-value" x="0" y="30%" width="{length}" height="40%"/>')
    if one.limit is not None:
        x = per_cent(at(one.limit))
        shapes.append(f'<line class="why-limit" x1="{x}" x2="{x}" y1="0" y2="100%"/>')
    # Only numbers and our own class names are put together here.
    return Markup(  # noqa: S704
        f'<svg class="strip-picture" aria-hidden="true" focusable="false">{"".join(shapes)}</svg>'
    )
