import io

import pytest
from rich.console import Console

from api import progress
from api.progress import Progress, left_of, rate_of


def test_off_a_terminal_a_line_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    now = [100.0]
    monkeypatch.setattr("api.progress.time.monotonic", lambda: now[0])
    with Progress("replaying r.csv", told.append) as shown:
        for second in range(11):
            now[0] = 100.0 + second
            shown.show(second / 20, "2026-11-22T07:30:00Z", second * 1000)
    assert told == [
        "replaying r.csv",
        "   25%  2026-11-22T07:30:00Z  1,000 messages/s  15 s left",
        "   50%  2026-11-22T07:30:00Z  1,000 messages/s  10 s left",
    ]


def test_on_a_terminal_a_bar_shows_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(
        progress, "Console", lambda **_: Console(file=screen, force_terminal=True, width=120)
    )
    told: list[str] = []
    with Progress("replaying r.csv", told.append) as shown:
        shown.show(0.4, "2026-11-22T07:30:00Z", 1000)
        shown.show(0.5, "2026-11-22T08:30:00Z", 2000)
    assert not told
    assert "50%" in screen.getvalue()
    assert "2026-11-22T08:30:00Z" in screen.getvalue()
    assert "messages/s" in screen.getvalue()


@pytest.mark.parametrize(
    ("share", "seconds", "said"),
    [(0, 9, ""), (0.5, 9, "9 s left"), (0.1, 60, "9 min left"), (0.01, 60, "1.6 h left")],
)
def test_time_left_is_what_the_rest_takes_at_this_pace(
    share: float, seconds: float, said: str
) -> None:
    assert left_of(share, seconds) == said


def test_no_time_is_no_reason_to_fail() -> None:
    assert rate_of(0, 0) == "0 messages/s"
