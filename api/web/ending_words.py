"""What the end of an enrolment does, in words: kind of data by kind of data, each with its day."""

from collections.abc import Iterator

from api.ending import Outlook
from api.web import words
from api.web.language import N_, _, _n
from config.endings import EndReason, Kept

REASONS = {
    EndReason.DIED: N_("The person has died"),
    EndReason.CARE: N_("The person has moved into care"),
    EndReason.WITHDREW: N_("The person no longer wants it"),
    EndReason.OTHER: N_("Something else"),
}
"""How a reason reads."""


def at_once(found: Outlook) -> Iterator[tuple[str, str]]:
    """Yield (what, what happens to it) of all that ends with the act itself."""
    yield (
        _("Watching"),
        _(
            "Nothing more is stored and no alert is raised, from the same minute on. A smoke "
            "alarm, a fall or a call for help that is heard all the same is raised: take the "
            "devices away."
        ),
    )
    count = len(found.alerts)
    closed = _n(
        "%(n)s alert stands: it is closed in your name with the outcome “The enrolment ended”.",
        "%(n)s alerts stand: they are closed in your name with the outcome “The enrolment ended”.",
        count,
    )
    yield _("Alerts that stand"), closed if count else _("None stands.")
    yield _("What the gateways sign in with"), _gateways(found)
    yield (
        _("Consent"),
        _("The consent or best-interests decision that stands is ended, and stays to be seen."),
    )
    yield (
        _("Pauses, visits and limits"),
        _(
            "Ended: %(pauses)s, %(visits)s, longer limits that were accepted or proposed, and a "
            "walk test that is under way.",
            pauses=_n("%(n)s pause", "%(n)s pauses", found.pauses),
            visits=_n("%(n)s booked visit", "%(n)s booked visits", found.visits),
        ),
    )


def later(found: Outlook) -> Iterator[tuple[str, str]]:
    """Yield (kind of data, until when it is kept)."""
    days = found.last_days
    place = found.place
    yield (
        _("Readings"),
        _(
            "Each is erased %(days)s days after it was taken, the last on %(day)s.",
            days=place.retention_days,
            day=words.long_day(days[Kept.READINGS]),
        ),
    )
    yield (
        _("Household and contacts"),
        _(
            "Names, address, notes, key safe and telephone numbers are erased on %(day)s, out of "
            "every backup too.",
            day=words.long_day(days[Kept.HOUSEHOLD]),
        ),
    )
    yield (
        _("Devices"),
        _(
            "Gateways, sensors and what they signed in with, pauses, visits, limits and walk tests "
            "are erased on %(day)s.",
            day=words.long_day(days[Kept.DEVICES]),
        ),
    )
    yield (
        _("Alerts and what was done"),
        _(
            "Each is erased %(days)s days after it ended, the last on %(day)s.",
            days=place.alert_days,
            day=words.long_day(days[Kept.ALERTS]),
        ),
    )
    yield (
        _("The home itself"),
        _(
            "Its registration, its consents and why it ended are erased on %(day)s.",
            day=words.long_day(days[Kept.HOME]),
        ),
    )
    yield (
        _("Audit log"),
        _(
            "Who saw and did what, by ids, is kept for %(days)s days. Nobody is named in it.",
            days=place.kept_audit_days,
        ),
    )


def hold_text(found: Outlook) -> str:
    """Return what a legal hold changes, empty without one."""
    if not found.holds:
        return ""
    return _("A legal hold stands on this home: nothing of it is erased until it is lifted.")


def undo_text(found: Outlook) -> str:
    """Return until when the end can be taken back."""
    return _(
        "If it was the wrong home, this can be taken back until %(day)s. Nothing is erased because "
        "of it before, and the gateways then need new credentials.",
        day=words.long_day(found.undo_until),
    )


def _gateways(found: Outlook) -> str:
    told = []
    if found.gateways:
        told.append(
            _n(
                "%(n)s gateway is shut out, and its connection is cut within a second.",
                "%(n)s gateways are shut out, and their connections are cut within a second.",
                len(found.gateways),
            )
        )
    else:
        told.append(_("No gateway of this home has a credential."))
    if found.shared:
        told.append(
            _(
                "%(gateways)s also serves other homes and goes on being heard: take the sensors of "
                "this home away.",
                gateways=", ".join(found.shared),
            )
        )
    return " ".join(told)
