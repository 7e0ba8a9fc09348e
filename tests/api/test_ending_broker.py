"""On the real brokers: who ends an enrolment cuts the gateway's connection, and no other one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.ledger import Ledger
from api import ending
from api.ending import Wish
from config.credentials import Issued
from config.endings import EndReason
from config.places import load_places
from ingest.clock import SystemClock
from tests.kept_broker import (
    KINDS,
    ONE,
    OWN,
    TWO,
    Site,
    kept_broker,
    now,
    seconds_until_cut,
)

pytestmark = pytest.mark.server

PLACE, HOME = "fenbridge", "home-000001"
BAR_S = 5.0
"""The promise is a second; a machine that does other things too is given more."""


@pytest.fixture(params=sorted(KINDS))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with kept_broker(request.param, tmp_path) as made:
        yield made


def installation(site: Site) -> ending.Site:
    ledger = Ledger(site.database, channels=())
    return ending.Site(load_places(), ledger, SystemClock().now(), now(), 400.0)


def end(site: Site, _gateway: str) -> None:
    here = installation(site)
    today = here.now.astype("datetime64[D]").item()
    ending.end(here, [PLACE], HOME, Wish(EndReason.WITHDREW, today), "olga")


async def test_a_live_session_ends_and_new_credentials_come_with_the_taking_back(
    site: Site,
) -> None:
    other = site.issue(TWO)
    await site.wait_until_in(other)
    async with site.flood(other, "other-hub") as out:
        assert await seconds_until_cut(site, ONE, OWN, end) < BAR_S
        await out.publish_all([(OWN.replace(ONE, TWO), b"not disturbed")])
    back = ending.take_back(installation(site), [PLACE], HOME, "the wrong home", "olga")
    (issued,) = back.issued
    await site.wait_until_in(issued)
    first = Issued(ONE, PLACE, ONE, issued.secret)
    assert issued.username != first.username
    assert not await site.is_let_in(first)
    assert await site.is_let_in(other)
