"""Heads of the audit chains are kept outside by themselves, once a day."""

from pathlib import Path

from sqlalchemy import Engine, delete, update

from alerts.notify.outbox import DeliveryFailed, Message
from alerts.notify.webhook import event
from api.anchoring import Anchoring
from api.auditing import read_anchors
from config import audit, tables
from config.audit import Entry
from tests.alerts.world import DAY, HOUR, PLACE, START
from tests.databases import new_database


class Kept:
    def __init__(self, *, fails: bool = False) -> None:
        self.sent: list[Message] = []
        self._fails = fails

    def send(self, message: Message) -> None:
        if self._fails:
            raise DeliveryFailed("down")
        self.sent.append(message)


def written(*places: str) -> Engine:
    database = new_database()
    with database.begin() as connection:
        for place in places:
            for n in range(3):
                audit.append(connection, Entry(place, START + n, "sam", "setting", f"x:{n}", {}))
    return database


def test_a_day_is_anchored_once_also_after_a_restart(tmp_path: Path) -> None:
    file, kept = tmp_path / "anchors.jsonl", Kept()
    database = written(PLACE, "northmoor")
    anchoring = Anchoring(database, file, kept)
    assert anchoring.step(START) == 2
    assert anchoring.step(START + HOUR) == 0
    assert Anchoring(database, file, kept).step(START + 2 * HOUR) == 0
    assert anchoring.step(START + DAY) == 2
    assert [(m.place, m.kind) for m in kept.sent[:2]] == [(PLACE, "audit"), ("northmoor", "audit")]
    assert b"org.stillwell.audit" in event(kept.sent[0])


def test_a_webhook_that_is_down_keeps_no_head_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    assert Anchoring(written(PLACE), file, Kept(fails=True)).step(START) == 1
    assert len(read_anchors(file)) == 1


def test_a_chain_that_was_forged_or_cut_afterwards_is_found_by_its_anchor(tmp_path: Path) -> None:
    file, database = tmp_path / "anchors.jsonl", written(PLACE)
    Anchoring(database, file).step(START)
    with database.begin() as connection:
        connection.execute(delete(tables.audit).where(tables.audit.c.seq == 3))
        head = connection.execute(tables.audit.select().where(tables.audit.c.seq == 2)).one()
        connection.execute(update(tables.audit_heads).values(seq=2, hash=head.hash))
        assert audit.verify(connection) == []
        (fault,) = audit.verify(connection, read_anchors(file))
    assert fault.what == "row 3 was anchored and is gone"
