import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.supervisor import Child, ChildFailed, Supervisor


def _python(code: str, folder: Path, *, restarted: bool = True) -> Child:
    return Child("child", [sys.executable, "-c", code], folder / "child.log", {}, restarted)


def _until(claim: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if claim():
            return True
        time.sleep(0.02)
    return False


def test_a_killed_process_is_started_again_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    supervisor = Supervisor(told.append)
    child = supervisor.add(_python("import time; time.sleep(60)", tmp_path))
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.check()
        return child.process is not None and child.process.pid != first

    assert _until(is_back)
    supervisor.stop()
    assert told == ["child ended with code -9; starting it again in 0.5 s"]


def test_a_process_that_keeps_ending_fails_with_its_last_lines(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    child = supervisor.add(_python("raise SystemExit('no broker here')", tmp_path))

    def has_failed() -> bool:
        child.due = 0.0
        try:
            supervisor.check()
        except ChildFailed as failure:
            return "no broker here" in str(failure)
        return False

    assert _until(has_failed, 20)
    supervisor.stop()


def test_a_process_that_is_not_restarted_may_end_well_but_not_badly(tmp_path: Path) -> None:
    supervisor = Supervisor(lambda _: None)
    good = supervisor.add(_python("pass", tmp_path, restarted=False))
    assert good.process is not None
    good.process.wait()
    supervisor.check()
    bad = supervisor.add(_python("raise SystemExit(3)", tmp_path, restarted=False))
    assert bad.process is not None
    bad.process.wait()
    with pytest.raises(ChildFailed, match="code 3"):
        supervisor.check()


def test_stopping_ends_the_last_started_first_and_kills_the_deaf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.supervisor.STOP_S", 0.5)
    supervisor = Supervisor(lambda _: None)
    deaf_code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(60)"
    )
    deaf = supervisor.add(_python(deaf_code, tmp_path))
    assert _until(lambda: "up" in deaf.last_lines())
    assert deaf.process is not None
    process = deaf.process

    supervisor.stop()

    assert process.poll() == -signal.SIGKILL
