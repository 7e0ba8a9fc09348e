"""Files rendered from the registry, on the real brokers: who may connect, speak and listen."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api.broker_files import Kept, reload
from api.broker_keeping import Keeping
from api.broker_seen import names_in
from config import credentials, moves, replacements
from config.credential_hashes import hashes_of
from config.credentials import Issued
from config.database import connect, migrate
from config.problems import ConfigProblem
from tests.ingest.collect import Collected, collecting
from tests.kept_broker import (
    KINDS,
    ONE,
    OWN,
    PATIENCE_S,
    RECEIPTS,
    TWO,
    WORKER,
    Site,
    kept_broker,
    now,
    process,
    seconds_until_cut,
)

pytestmark = pytest.mark.server


@pytest.fixture(params=sorted(KINDS))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with kept_broker(request.param, tmp_path) as made:
        yield made


@asynccontextmanager
async def listening(
    site: Site, issued: Issued | None, client: str, *topics: str
) -> AsyncIterator[Collected]:
    user = WORKER if issued is None else (issued.username, issued.secret)
    async with collecting(site.broker, user=user, client_id=client, topics=topics) as found:
        yield found


async def send(site: Site, issued: Issued, *topics: str) -> None:
    """Publish one message to each, on a connection of its own: a refusal may close it."""
    for topic in topics:
        try:
            async with site.flood(issued, f"send-{issued.username}") as out:
                await out.publish_all([(topic, topic.encode())])
        except Exception:  # noqa: BLE001, S112  # refused aloud is as good as in silence
            continue


async def test_a_gateway_writes_under_its_own_topic_only_and_reads_its_own_receipt_only(
    site: Site,
) -> None:
    one, two = site.issue(ONE), site.issue(TWO)
    await site.wait_until_in(one)
    await site.wait_until_in(two)
    worker = Issued("", "", *WORKER)
    wrong = Issued(ONE, "fenbridge", one.username, two.secret)
    assert not await site.is_let_in(wrong)
    refused = [
        OWN.replace(ONE, TWO),
        OWN.replace("fenbridge", "northmoor"),
        "stillwell/v1/clock",
        f"{RECEIPTS}{ONE}",
        f"{RECEIPTS}{TWO}",
        "stillwell-probe/v1/x",
    ]
    spied = ("stillwell/v1/#", f"{RECEIPTS}{TWO}", f"{RECEIPTS}+", "#")
    async with (
        listening(site, None, "worker-1", "stillwell/v1/#", "stillwell-probe/v1/#") as heard,
        listening(site, one, "own", f"{RECEIPTS}{ONE}") as own,
        listening(site, one, "spy", *spied) as overheard,
    ):
        await send(site, one, *refused, OWN)
        await send(site, two, OWN.replace(ONE, TWO))
        await send(site, worker, f"{RECEIPTS}{TWO}", f"{RECEIPTS}{ONE}")
        await heard.wait_for(2)
        await own.wait_for(1)
        await asyncio.sleep(0.5)
        assert sorted(heard.payloads) == sorted([OWN.encode(), OWN.replace(ONE, TWO).encode()])
        assert own.payloads == [f"{RECEIPTS}{ONE}".encode()]
        assert set(overheard.payloads) <= {f"{RECEIPTS}{ONE}".encode()}


async def test_after_a_merge_the_old_topic_and_the_new_one_are_allowed_and_no_other(
    site: Site,
) -> None:
    one = site.issue(ONE)
    await site.wait_until_in(one)
    with site.database.begin() as connection:
        moves.move(connection, [1], "northmoor")
    new, other = (OWN.replace("fenbridge", place) for place in ("northmoor", "westhaven"))
    async with listening(site, None, "worker-1", "stillwell/v1/#") as heard:
        async with asyncio.timeout(PATIENCE_S):
            while new.encode() not in heard.payloads:
                await send(site, one, new)
                await asyncio.sleep(0.1)
        await send(site, one, other, OWN)
        await heard.wait_until(lambda: OWN.encode() in heard.payloads)
        assert set(heard.payloads) == {OWN.encode(), new.encode()}


async def test_a_new_credential_and_the_old_one_are_valid_until_the_new_one_is_in_use(
    site: Site,
) -> None:
    old = site.issue(ONE)
    await site.wait_until_in(old)
    new = site.issue(ONE)
    async with site.flood(old, "hub") as out:
        async with asyncio.timeout(PATIENCE_S):
            while new.username not in rendered(site):  # noqa: ASYNC110  # no event
                await asyncio.sleep(0.05)
        await out.publish_all([(OWN, b"still heard with the old one")])
        assert await site.is_let_in(old)
    async with asyncio.timeout(PATIENCE_S):
        await site.wait_until_in(new)
        async with site.flood(new, "hub") as out:
            while await site.is_let_in(old):
                await out.publish_all([(OWN, b"heard with the new one")])
                await asyncio.sleep(0.1)
            await out.publish_all([(OWN, b"and goes on")])
    with site.database.connect() as connection:
        newest, first = credentials.history(connection, ONE)
    assert newest.seen_us is not None
    assert newest.is_valid(now())
    assert first.why == f"{new.username} is in use"


def rendered(site: Site) -> str:
    names = ("passwords", "users.conf")
    found = next(site.folder / name for name in names if (site.folder / name).exists())
    return found.read_text()


async def test_revoking_cuts_the_connection_that_is_open_and_leaves_the_others_alone(
    site: Site,
) -> None:
    one, two = site.issue(ONE), site.issue(TWO)
    await site.wait_until_in(two)
    theirs = OWN.replace(ONE, TWO)
    async with site.flood(two, "other-hub") as other:
        await seconds_until_cut(site, ONE, OWN)
        await other.publish_all([(theirs, b"not disturbed")])
    assert not await site.is_let_in(one)
    assert await site.is_let_in(two)


async def test_a_replaced_box_and_the_new_one_both_work_until_the_overlap_is_ended(
    site: Site,
) -> None:
    new_id = "gate-new-00001"
    old = site.issue(ONE)
    await site.wait_until_in(old)
    with site.database.begin() as connection:
        new = replacements.replace_gateway(
            connection, ONE, new_id, "olga", now(), overlap_h=1.0, why="no longer starts"
        )
    theirs, forged = OWN.replace(ONE, new_id), OWN.replace("native/r", "native/forged")
    await site.wait_until_in(new)
    async with listening(site, None, "worker-1", "stillwell/v1/#") as heard:
        await send(site, new, forged, theirs)  # not under the old box's topic
        await send(site, old, OWN)
        await heard.wait_for(2)
        assert {*heard.payloads} == {theirs.encode(), OWN.encode()}
    assert await site.is_let_in(old)  # the new one is in use, and the old one is still let in
    with site.database.begin() as connection:
        replacements.end_overlap(connection, ONE, "olga", now())
    async with asyncio.timeout(PATIENCE_S):
        while await site.is_let_in(old):  # noqa: ASYNC110  # no event
            await asyncio.sleep(0.1)
    assert await site.is_let_in(new)


def test_no_secret_is_in_the_files_and_they_are_private(site: Site) -> None:
    issued = site.issue(ONE)
    deadline = time.monotonic() + PATIENCE_S
    while issued.username not in rendered(site):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for path in site.folder.iterdir():
        if path.name in {"passwords", "mosquitto.acl", "users.conf"}:
            assert issued.secret not in path.read_text()
            assert path.stat().st_mode & 0o077 == 0
    assert issued.secret.encode() not in (site.folder / "stillwell.db").read_bytes()


def test_a_file_made_by_hand_is_never_overwritten(tmp_path: Path) -> None:
    migrate(url := f"sqlite:///{tmp_path / 'stillwell.db'}")
    (tmp_path / "passwords").write_text("gate-000001:$7$by-hand\n")
    keeping = Keeping(
        connect(url), Kept("mosquitto", tmp_path, None), (WORKER[0], hashes_of(WORKER[1])), None
    )
    with pytest.raises(ConfigProblem, match="was made by hand and would be overwritten"):
        keeping.step(now())
    assert (tmp_path / "passwords").read_text() == "gate-000001:$7$by-hand\n"
    assert not (tmp_path / "mosquitto.acl").exists()


def test_a_process_that_a_hang_up_would_end_is_left_alone(tmp_path: Path) -> None:
    """Mosquitto writes its pid file a moment before it minds the signal."""
    program = tmp_path / "mosquitto"
    program.symlink_to("/bin/sleep")
    with process([str(program), "60"], tmp_path / "out.log") as starting:
        (tmp_path / "broker.pid").write_text(f"{starting.pid}\n")
        deadline = time.monotonic() + PATIENCE_S
        kept = Kept("mosquitto", tmp_path, tmp_path / "broker.pid")
        while "is starting" not in (said := reload(kept)):
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        assert starting.poll() is None


def test_a_client_cannot_say_in_its_name_that_another_user_was_let_in() -> None:
    forged = "x (p2, c1, k60, u'gate-000002')."
    line = f"1: New client connected from 10.0.0.1:5 as {forged} (p2, c1, k60, u'gate-000001')."
    assert names_in([line, "2: Client x disconnected.", line[:-3]]) == {"gate-000001"}
