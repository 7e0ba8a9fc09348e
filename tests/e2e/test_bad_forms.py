"""Every form of the application in a real browser, filled in by keyboard as badly as may be.

The forms are those that ``tests/policy/test_forms.py`` finds; there each field is tried by itself
without a browser, here all fields are bad at once.
"""

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser

from tests.e2e.bad_filling import Case, Desk, serve_here, try_form
from tests.e2e.living_site import browser
from tests.form_world import FormWorld, make_form_world
from tests.policy.test_forms import BAD, Save, forms

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = (BAD["markup"], BAD["CR LF"], BAD["formula"])
WITH_SCRIPT = (
    Case("empty", ("",)),
    Case("too long", ("x" * 1500,)),
    Case("wrong", (BAD["wrong"],), width=320, is_looked_over=True),
    Case("hostile", HOSTILE),
)
WITHOUT_SCRIPT = (Case("hostile", HOSTILE[::-1], width=320),)
KEEPS = {"/enrol/": "drafts"}
"""Where a form begins whose refusal keeps what was typed, by the table: it is saved to go on."""


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> FormWorld:
    return make_form_world(tmp_path_factory.mktemp("bad-forms"))


@pytest.fixture(scope="module")
def url(there: FormWorld) -> Iterator[str]:
    shutdown = there.world.resources.shutdown
    assert shutdown is not None
    with serve_here(there.world.app, shutdown) as address:
        yield address


@pytest.mark.parametrize("cases", [WITH_SCRIPT, WITHOUT_SCRIPT], ids=["script", "no-script"])
def test_no_form_takes_runs_or_loses_what_is_typed_badly(
    there: FormWorld, url: str, browser: Browser, cases: tuple[Case, ...]
) -> None:
    has_script = cases is WITH_SCRIPT
    asked = [one for one in forms(there) if any(f.is_filled_in for f in one[3].fields.values())]
    desk = Desk(there, browser, url, has_script=has_script)
    for who in sorted({who for _, _, who, _ in asked}):
        desk.page(who)
    save, wrong = Save(there.world), list[str]()
    before = save.rows()
    for route, address, who, form in asked:
        desk.page(who).goto("about:blank")
        for case in cases:
            status, told = try_form(desk.page(who), address, form, case, has_script=has_script)
            told += desk.ears.take()
            if changed := differing(before, save.rows()):
                kept = {table for start, table in KEEPS.items() if address.startswith(start)}
                if status >= 400 and changed - kept - {"audit_heads"}:
                    told.append(f"refused, and something was saved: {sorted(changed)}")
                save.restore()
            wrong += [f"{route} ({address}), all {case.what}: {one}" for one in told]
    desk.close()
    assert not wrong, "\n".join(wrong)


def differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Return the tables whose rows are not as they were."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
