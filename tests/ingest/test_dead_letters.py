import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import dead_letters
from ingest.batch import empty
from ingest.dead_letters import DeadLetters
from ingest.journal import Journal
from ingest.message import Reason, Reject

T_US = 1_795_000_000_000_000
DAY_US = 86_400_000_000


def reject(
    at_us: int = T_US,
    *,
    reason: Reason = Reason.NOT_JSON,
    place: str = "fenbridge",
    gateway: str = "gate-000001",
    first_bytes: bytes = b"{",
    detail: str = "expected JSON",
) -> Reject:
    topic = f"stillwell/v1/{place}/{gateway}/native/r"
    return Reject(reason, topic, first_bytes, detail, at_us)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "journal.db")
    yield journal
    journal.close()


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[DeadLetters]:
    letters = DeadLetters.open(tmp_path / "journal.db")
    yield letters
    letters.close()


def test_rejects_of_one_reason_and_topic_are_one_letter(
    journal: Journal, letters: DeadLetters
) -> None:
    journal.append(empty(), [], [reject(T_US + 5), reject(T_US + 9)])
    journal.append(empty(), [], [reject(T_US, first_bytes=b"late", detail="newest told")])
    (letter,) = letters.list().letters
    assert (letter.count, letter.first_us, letter.last_us) == (3, T_US, T_US + 9)
    assert (letter.first_bytes, letter.detail) == (b"late", "newest told")
    assert letter.place == "fenbridge"
    assert letters.counts() == {Reason.NOT_JSON: 3}


def test_a_place_sees_the_letters_of_its_own_topics_only(
    journal: Journal, letters: DeadLetters
) -> None:
    journal.append(
        empty(),
        [],
        [
            reject(place="fenbridge"),
            reject(place="fenbridge-north"),
            reject(place="marlhaven", reason=Reason.EMPTY),
            Reject(Reason.BAD_TOPIC, "nobody/at/all", b"", "", T_US),
        ],
    )
    assert [letter.place for letter in letters.list("fenbridge").letters] == ["fenbridge"]
    assert letters.counts("marlhaven") == {Reason.EMPTY: 1}
    assert letters.counts("fen") == {}
    assert len(letters.list().letters) == 4


def test_pages_follow_each_other_from_the_newest_to_the_oldest(
    journal: Journal, letters: DeadLetters
) -> None:
    for i in range(7):
        # Two at each moment, so that a page may end between equals.
        journal.append(empty(), [], [reject(T_US + i // 2, gateway=f"gate-{i:06d}")])
    seen, cursor = [], None
    while True:
        page = letters.list("fenbridge", cursor, limit=2)
        seen += [letter.topic.split("/")[3] for letter in page.letters]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"gate-{i:06d}" for i in reversed(range(7))]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", "1.2.3", "' OR 1=1"])
def test_a_cursor_that_is_none_is_refused(
    journal: Journal, letters: DeadLetters, cursor: str
) -> None:
    with pytest.raises(ValueError, match="cursor"):
        letters.list(cursor=cursor)


def test_what_a_home_without_consent_said_is_not_kept(
    journal: Journal, letters: DeadLetters, tmp_path: Path
) -> None:
    secret = reject(reason=Reason.NO_CONSENT, first_bytes=b"21.5 in the bedroom")
    journal.append(empty(), [], [secret])
    (letter,) = letters.list().letters
    assert letter.first_bytes == b""
    for file in tmp_path.iterdir():
        assert b"bedroom" not in file.read_bytes()


def test_only_the_first_bytes_of_a_payload_are_kept(journal: Journal, letters: DeadLetters) -> None:
    journal.append(empty(), [], [reject(first_bytes=b"x" * 5000, detail="y" * 5000)])
    (letter,) = letters.list().letters
    assert len(letter.first_bytes) == 256
    assert len(letter.detail) == 300


def test_any_topic_and_detail_can_be_written(journal: Journal, letters: DeadLetters) -> None:
    odd = "stillwell/v1/fenbridge/\ud800\0\U0001f525/" + "x" * 70_000
    journal.append(empty(), [], [Reject(Reason.BAD_TOPIC, odd, b"\xff\0", "\udfff", T_US)])
    (letter,) = letters.list("fenbridge").letters
    assert len(letter.topic) == 300
    assert letter.first_bytes == b"\xff\0"


def test_beyond_the_cap_the_longest_unseen_go_and_are_counted(
    journal: Journal, letters: DeadLetters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "CAP_ROWS", 10)
    for i in range(14):
        journal.append(empty(), [], [reject(T_US + i, gateway=f"gate-{i:06d}")])
    journal.append(empty(), [], [reject(T_US + 99, gateway="gate-000004")])
    kept = letters.list().letters
    assert len(kept) == 10
    assert kept[0].topic.split("/")[3] == "gate-000004"
    assert kept[-1].last_us == T_US + 5
    assert letters.pushed_out() == 4


def test_letters_expire(journal: Journal, letters: DeadLetters, tmp_path: Path) -> None:
    journal.append(empty(), [], [reject(T_US, gateway="gate-000001", first_bytes=b"old words")])
    journal.append(empty(), [], [reject(T_US + 15 * DAY_US, gateway="gate-000002")])
    keep_us = dead_letters.KEEP_DAYS * DAY_US
    assert journal.expire_dead_letters(T_US + 15 * DAY_US - keep_us) == 1
    assert [letter.topic.split("/")[3] for letter in letters.list().letters] == ["gate-000002"]


def test_expired_bytes_leave_no_residue_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal.open(path)
    journal.append(empty(), [], [reject(first_bytes=b"old words")])
    journal.expire_dead_letters(T_US + 1)
    journal.close()
    assert b"old words" not in path.read_bytes()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM dead_letters").fetchone() == (0,)
    connection.close()
