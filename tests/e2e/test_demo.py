"""The README's first command, whole: sixty homes, four weeks, every role, Ctrl-C."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from config.roles import Role
from tests.browser import open_browser
from tests.servers import free_port


@dataclass(frozen=True)
class Demo:
    """A running demo and what it printed up to the last sign-in."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    lines: list[str]

    def sign_ins(self) -> dict[str, tuple[str, str]]:
        text = (self.folder / "sign-ins.txt").read_text("utf-8")
        rows = (line.replace(":", "").split() for line in text.splitlines())
        return {role: (email, password) for role, email, password in rows}


def _start(folder: Path, port: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "api", "demo", "--port", str(port), "--folder", str(folder)]
    return subprocess.Popen(  # noqa: S603  # our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo") / "home"
    process = _start(folder, free_port())
    lines: list[str] = []
    try:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if "Ctrl-C" in line:
                break
        ready = [line for line in lines if line.startswith("ready: ")]
        assert ready, "\n".join(lines)
        yield Demo(process, folder, ready[0].removeprefix("ready: "), lines)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.mark.slow
def test_it_shows_progress_and_prints_a_sign_in_for_every_role(demo: Demo) -> None:
    assert any(re.search(r"\d ?%", line) for line in demo.lines)
    for role, (email, password) in demo.sign_ins().items():
        assert any(role in ln and email in ln and password in ln for ln in demo.lines)
    assert set(demo.sign_ins()) == {role.value for role in Role}


@pytest.mark.slow
@pytest.mark.browser
def test_the_queue_holds_what_went_wrong_in_the_four_weeks(demo: Demo, browser: Browser) -> None:
    page = browser.new_page()
    email, password = demo.sign_ins()["operator"]
    page.goto(f"{demo.url}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/alerts*")
    text = page.inner_text("main")

    assert "Fall detected" in text
    assert "No sign of movement" in text
    assert "below 18 °C" in text
    assert "Unwatched homes" in text
    assert "The gateway went offline" in text
    page.close()


@pytest.mark.slow
def test_a_port_in_use_gets_the_way_out(demo: Demo, tmp_path: Path) -> None:
    port = int(demo.url.rpartition(":")[2])
    second = _start(tmp_path / "second", port)
    said, _ = second.communicate(timeout=30)

    assert second.returncode == 1
    assert f"port {port} is in use" in said
    assert f"make demo PORT={port + 10}" in said


@pytest.mark.slow
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letters.txt").write_text("dear", "utf-8")
    said, _ = _start(folder, free_port()).communicate(timeout=30)

    assert "left alone" in said
    assert (folder / "letters.txt").read_text("utf-8") == "dear"


@pytest.mark.slow
@pytest.mark.browser
def test_ctrl_c_ends_everything_with_a_browser_attached(demo: Demo, browser: Browser) -> None:
    page = browser.new_page()
    email, password = demo.sign_ins()["care-worker"]
    page.goto(f"{demo.url}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/mine*")
    page.wait_for_timeout(1500)

    demo.process.send_signal(signal.SIGINT)
    rest, _ = demo.process.communicate(timeout=15)

    assert demo.process.returncode == 0
    assert "make clean-demo" in rest
    web_port = int(demo.url.rpartition(":")[2])
    for port in (web_port, _broker_port(demo.folder)):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def _broker_port(folder: Path) -> int:
    lines = (folder / "site.toml").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("port")).partition("=")[2])
