"""When the watch writes: once what is late lasts, again when there is more, and when it is over."""

from dataclasses import dataclass, field

import pytest

from alerts.notify.outbox import DeliveryFailed
from api.watch_mail import AGAIN_S, LASTS_S, RETRY_S, SILENT_S, Mailing

LATE = ("web", "The web process does not answer: TimeoutError.")
MORE = ("path fenbridge", "fenbridge: no test alarm came through for 80 s.")


@dataclass
class Desk:
    """A mailing with a clock that is turned by hand and a server that can be broken."""

    now_s: float = 1000.0
    letters: list[tuple[str, str]] = field(default_factory=list)
    is_broken: bool = False

    def __post_init__(self) -> None:
        self.mailing = Mailing(self.send, lambda: self.now_s)

    def send(self, subject: str, text: str) -> None:
        if self.is_broken:
            raise DeliveryFailed("mail server: TimeoutError")
        self.letters.append((subject, text))

    def after(self, seconds: float, *late: tuple[str, str]) -> int:
        """Let so many seconds pass with this late all the while; return how many letters went."""
        before = len(self.letters)
        for _ in range(int(seconds)):
            self.now_s += 1
            self.mailing.hear(late)
            self.mailing.step()
        return len(self.letters) - before


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_soon_over_is_not_told(desk: Desk) -> None:
    assert desk.after(LASTS_S - 1, LATE) + desk.after(60) == 0


def test_what_lasts_is_told_once_and_then_each_hour(desk: Desk) -> None:
    assert desk.after(LASTS_S + 1, LATE) == 1
    assert LATE[1] in desk.letters[0][1]
    assert desk.after(AGAIN_S - 60, LATE) == 0
    assert desk.after(120, LATE) == 1


def test_more_that_lasts_is_told_at_once_with_all_of_it(desk: Desk) -> None:
    desk.after(LASTS_S + 1, LATE)
    assert desk.after(LASTS_S + 1, LATE, MORE) == 1
    assert desk.letters[-1][0] == "Stillwell: 2 things are late"


def test_the_end_is_told(desk: Desk) -> None:
    desk.after(LASTS_S + 1, LATE)
    assert desk.after(LASTS_S + 1) == 1
    assert desk.letters[-1][0] == "Stillwell: all is well again"
    assert desk.after(60) == 0


def test_a_letter_that_was_not_taken_is_sent_again(desk: Desk) -> None:
    desk.is_broken = True
    assert desk.after(LASTS_S + RETRY_S, LATE) == 0
    assert desk.mailing.problem
    desk.is_broken = False
    assert desk.after(RETRY_S + 1, LATE) == 1
    assert not desk.mailing.problem


def test_a_watch_that_hangs_is_told_too(desk: Desk) -> None:
    desk.after(5)
    for _ in range(int(SILENT_S + LASTS_S) + 2):
        desk.now_s += 1
        desk.mailing.step()
    assert [subject for subject, _ in desk.letters] == [
        "Stillwell: The watch itself hangs: nobody looks whether alerts arrive."
    ]
