"""What our scripts say: a page in another language brings these along, translated."""

from typing import Final

from api.web import language
from api.web.language import N_, look_up

TEXTS: Final = (
    N_("Sign in again"),
    N_("Not live since %(when)s. Trying to reach Stillwell again."),
    N_("Not live"),
    N_("Your session has ended, so this page is not live."),
    N_("Your session has ended"),
    N_("You had typed: %(text)s"),
    N_("Session ended"),
    N_("I have read this"),
    N_("Somebody else's action is kept on this phone: %(what)s. It is sent when they sign in."),
    N_("Not taken: %(what)s."),
    N_("See the alert"),
    N_("Kept on this phone, not sent yet: %(what)s. It is sent when the connection is back."),
    N_("Sent in a moment: %(what)s."),
    N_("Undo"),
    N_("Sent: %(what)s."),
    N_("%(time)s left of %(limit)s s"),
    N_("%(time)s over %(limit)s s"),
    N_("Sound is on."),
    N_("Sound is off."),
    N_("Sound waits until you click or press a key on this page."),
    N_("Single keys are on."),
    N_("Single keys are off."),
    N_("Something is not sent yet, and would be lost. Sign out once more to lose it."),
)
"""Every text of a script, as it stands there."""


def told() -> dict[str, str]:
    """Return the texts in the language of the page, none for English."""
    return {} if language.current() == "en" else {text: look_up(text) for text in TEXTS}
