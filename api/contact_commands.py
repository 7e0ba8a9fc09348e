"""``stillwell contacts``: whom to call about a home, who was tried, who is to be confirmed."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Whom to call about a home, who was tried and answered, who must be confirmed again.",
)  # fmt: skip
AlertId = Annotated[str, typer.Argument(help="Id of the alert, as `stillwell alert list` prints.")]
By = Annotated[str, typer.Option(help="E-mail of a member of the care team: who does it.")]


@app.command("show")
def show(
    home: Annotated[str, typer.Option(help="Id of the home.")], settings: SettingsFile = None
) -> None:
    """Print the contacts of a home in the order of calling."""
    from api import contacts_file, wiring

    with told_plainly():
        contacts_file.show(wiring.read_settings(settings), home, tell=tell)


@app.command("set")
def save(
    file: Annotated[Path, typer.Argument(help="TOML file with [[contact]] tables, in order.")],
    home: Annotated[str, typer.Option(help="Id of the home.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")],
    settings: SettingsFile = None,
) -> None:
    """Replace the contacts of a home. All or nothing; every mistake is named with its key.

    [[contact]]
    kind = "person"          # person, contact or responder
    name = "Mrs Example"
    phone = "01632 960 001"
    wait_min = 3             # how long to let it ring before the next one's turn
    """
    from api import contacts_file, wiring

    with told_plainly():
        contacts_file.save(wiring.read_settings(settings), home, file, by, tell=tell)


@app.command("stale")
def stale(
    place: Annotated[str, typer.Option(help="Key of one place; else every place.")] = "",
    settings: SettingsFile = None,
) -> None:
    """List contacts that nobody has confirmed for 180 days, the oldest first."""
    from api import contacts_file, wiring

    with told_plainly():
        contacts_file.stale(wiring.read_settings(settings), place, tell=tell)


@app.command("confirm")
def confirm(
    contact: Annotated[str, typer.Argument(help="Id of the contact, as `contacts show` tells it.")],
    by: Annotated[str, typer.Option(help="E-mail of somebody of the place: who vouches for it.")],
    settings: SettingsFile = None,
) -> None:
    """Say that the number of a contact is right today; it is listed again in 180 days."""
    from api import contact_calls, wiring

    with told_plainly():
        contact_calls.confirm(wiring.read_settings(settings), contact, by, tell=tell)


@app.command("calls")
def calls(alert: AlertId, settings: SettingsFile = None) -> None:
    """Print who was tried about an alert, what came of it, and whose turn it is."""
    from api import contact_calls, wiring

    with told_plainly():
        contact_calls.show(wiring.read_settings(settings), alert, tell=tell)


@app.command("try")
def begin(
    alert: AlertId,
    contact: Annotated[str, typer.Option(help="Id of the contact, from `contacts calls`.")],
    by: By,
    means: Annotated[str, typer.Option(help="phone, unit, visit or other.")] = "phone",
    settings: SettingsFile = None,
) -> None:
    """Say that a contact is being tried now; prints the number of the attempt.

    Without a word of what came of it, it counts as no answer after the contact's time, and the
    next one's turn comes.

      stillwell contacts try ALERT --contact CONTACT --by bob@example.org
      stillwell contacts said ALERT 7 --result answered --said "All well." --by bob@example.org
    """
    from api import contact_calls, wiring

    with told_plainly():
        contact_calls.begin(wiring.read_settings(settings), alert, contact, means, by, tell=tell)


@app.command("said")
def end(
    alert: AlertId,
    attempt: Annotated[int, typer.Argument(help="Number of the attempt, from `contacts try`.")],
    result: Annotated[str, typer.Option(help="answered, no-answer, voicemail or wrong-number.")],
    by: By,
    said: Annotated[str, typer.Option(help="What was said, up to 2000 characters.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Say what came of an attempt."""
    from api import contact_calls, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        contact_calls.end(loaded, alert, attempt, result, said, by, tell=tell)


@app.command("safeguard")
def safeguard(
    contact: Annotated[str, typer.Argument(help="Id of the contact, as `contacts show` tells it.")],
    why: Annotated[str, typer.Option(help="Why; kept sealed with the home.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")],
    settings: SettingsFile = None,
) -> None:
    """Take a contact from whom the person must be kept safe out of the home at once, for good.

    Name and number become unreadable, in backups too, and the number cannot be entered again.
    """
    from api import safeguard_running, wiring

    with told_plainly():
        safeguard_running.safeguard(wiring.read_settings(settings), contact, why, by, tell=tell)


@app.command("safeguards")
def safeguards(
    home: Annotated[str, typer.Option(help="Id of the home.")], settings: SettingsFile = None
) -> None:
    """List what was taken out of a home for safeguarding: when, by whom and why. No names."""
    from api import safeguard_running, wiring

    with told_plainly():
        safeguard_running.show(wiring.read_settings(settings), home, tell=tell)


@app.command("lift")
def lift(
    number: Annotated[int, typer.Argument(help="Number, as `contacts safeguards` tells it.")],
    home: Annotated[str, typer.Option(help="Id of the home.")],
    why: Annotated[str, typer.Option(help="Why it is safe again; kept sealed with the home.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor of the place.")],
    settings: SettingsFile = None,
) -> None:
    """Let a number that was barred be entered again. The contact itself does not come back."""
    from api import safeguard_running, wiring

    with told_plainly():
        safeguard_running.lift(wiring.read_settings(settings), home, number, why, by, tell=tell)
