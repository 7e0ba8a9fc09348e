"""What ``stillwell household move`` and ``take-back-move`` do, in somebody's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from api import console, house_moving, household_files, wiring
from api.contacting import EDITORS
from api.contacts_file import expect_role
from api.house_moving import FIELDS, Site
from api.households import Wrong
from api.web import move_words
from config import keys
from config.contacts import place_of
from config.household_form import lines
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

Tell = Callable[[str], None]


def move(
    settings: Settings, home: str, file: Path, by: str, *, is_dry_run: bool, tell: Tell
) -> None:
    """Move a home to the address of a TOML file, or tell what that would do."""
    said = household_files.fields_of(file, FIELDS)
    with _acting(settings, home, by) as (site, place, account):
        with site.database.begin() as connection:
            found = house_moving.outlook(connection, site, [place], home)
            console.note(connection, place, "read", f"home:{home}")
        wrong = house_moving.read(found, said)[1]
        if wrong:
            raise ConfigProblem(lines([(file.name, column, text) for column, text in wrong]))
        if not is_dry_run:
            try:
                house_moving.move(site, [place], home, said, account)
            except Wrong as problem:
                raise ConfigProblem(str(problem)) from problem
    for title, text in move_words.at_once(found):
        tell(f"{title}: {text}")
    if is_dry_run:
        tell("nothing was changed (--dry-run)")
        return
    tell(f"home {home} has moved: `stillwell household show --home {home}` prints its address, and "
         f"`stillwell gateway walk-test begin --home {home}` begins the walk test")  # fmt: skip


def take_back(settings: Settings, home: str, by: str, *, tell: Tell) -> None:
    """Take the last move of a home back."""
    with _acting(settings, home, by) as (site, place, account):
        house_moving.take_back(site, [place], home, account)
    tell(f"home {home} is where it was before; enter the code of its key safe anew")


@contextmanager
def _acting(settings: Settings, home: str, by: str) -> Iterator[tuple[Site, str, str]]:
    """Yield the installation, the home's place and the account that acts there."""
    database = wiring.open_database(settings)
    try:
        now_us = microseconds(wiring.web_clock(settings, database)())
        with database.connect() as connection:
            place = place_of(connection, home)
            if place is None:
                raise ConfigProblem(f"move: there is no home {home!r}; its id stands on its page")
            account = expect_role(connection, by, place, *EDITORS)
        vault = keys.open_vault(settings, database)
        yield Site(database, vault, wiring.places(settings), now_us), place, account.id
    finally:
        database.dispose()
