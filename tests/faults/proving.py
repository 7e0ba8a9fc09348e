"""Proof of life: each process is frozen and killed; how long until somebody outside is told."""

import json
import os
import signal
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from api import health
from api.rows import Row, at_least, at_most
from api.supervisor import Child
from tests.alerts.listening import Listener, listening
from tests.e2e.stack import PASSWORD, Stack, running, until
from tests.faults import installation as at
from tests.make import enrolment
from tests.servers import free_port

TOLD_S: Final = 120.0
NOT_READY: Final = 503
_GONE_S: Final = 60.0
"""Without a call for so long, an outside service of a minute and a minute's grace tells."""


class Postbox:
    """A mail server's inbox; ``letters`` are (subject, text)."""

    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(content.decode("utf-8", "replace"))
        return "250 taken"


@dataclass(frozen=True, slots=True)
class Proving:
    """An installation with its watch, the outside service and the supervisor's inbox."""

    stack: Stack
    outside: Listener
    postbox: Postbox
    watch: Child

    def pings(self, since: int = 0) -> list[str]:
        """Return the outside calls after the first ``since``, by path."""
        return [path for path, _, _ in self.outside.asked[since:]]

    def has_letter(self, words: str, since: int) -> bool:
        """Whether a letter after the first ``since`` has these words in its subject or text."""
        said = [letter.replace("=\r\n", "") for letter in self.postbox.letters[since:]]
        alarms = [one for one in said if ("well again" in one) == (words == "well again")]
        return bool(alarms)

    def is_well(self) -> bool:
        """Whether a whole proof came through and the outside was told so."""
        with self.stack.database.connect() as connection:
            watch = health.beats(connection).get(health.WATCH)
        return (
            watch is not None
            and not watch.state["late"]
            and min(watch.state["proven_us"].values(), default=0)
            > (time.time_ns() // 1000 - 40_000_000)
        )


@contextmanager
def proving(folder: Path, **watch: float) -> Iterator[Proving]:
    """Run everything, and wait until the path is proven; ``watch`` are settings of it."""
    postbox, port = Postbox(), free_port()
    mail = Controller(postbox, hostname="127.0.0.1", port=port)
    mail.start()
    try:
        with listening() as outside, running(
            folder, enrolment(2), has_canaries=True
        ) as stack:  # fmt: skip
            stack.site.settings.with_name("watch.toml").write_text(
                stack.site.settings.read_text("utf-8")
                + "".join(f"{key} = {value}\n" for key, value in watch.items())
                + f"heartbeat_url = {json.dumps(outside.url + '/ping/abc')}\n"
                + 'recipients = ["supervisor@fenbridge.example"]\n'
                + f'[watch.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n',
                "utf-8",
            )
            command = stack.site.process_command("watch")
            command[-1] = str(stack.site.settings.with_name("watch.toml"))
            child = Child("watch", command, stack.site.logs / "watch.log")
            stack.supervisor.add(child)
            found = Proving(stack, outside, postbox, child)
            until(lambda: bool(found.pings()) and found.is_well(), 60, "the path is not proven")
            yield found
    finally:
        mail.stop()


def _pid(child: Child) -> int:
    if child.process is None:
        raise AssertionError(f"{child.name} does not run")
    return child.process.pid


def frozen(world: Proving, name: str, *, wait_s: float = TOLD_S + 30) -> Iterator[Row]:
    """Stop one process with SIGSTOP; yield after how long mail and outside service knew of it."""
    pid = _pid(world.stack.children[name])
    os.kill(pid, signal.SIGSTOP)
    try:
        rows, letters = _until_told(world, f"frozen_{name}", wait_s)
    finally:
        os.kill(pid, signal.SIGCONT)
    yield from rows
    _until_well(world, letters)


def killed(world: Proving, name: str, *, wait_s: float = TOLD_S + 30) -> Iterator[Row]:
    """Kill one process, which nobody starts again; yield when it is told, as ``frozen`` does."""
    before = _pid(world.stack.children[name])
    os.kill(before, signal.SIGKILL)
    rows, letters = _until_told(world, f"killed_{name}", wait_s)
    until(lambda: _is_another(world.stack, before, name), 60, f"{name} is not started again")
    yield from rows
    _until_well(world, letters)


def _until_told(world: Proving, what: str, wait_s: float) -> tuple[list[Row], int]:
    """Wait until the outside service and mail know; return the rows, and the letters before."""
    letters, since, began = len(world.postbox.letters), len(world.outside.asked), time.monotonic()
    told: Callable[[], bool] = lambda: any(  # noqa: E731  # one claim, one name
        p.endswith("/fail") for p in world.pings(since)
    )
    until(told, wait_s, f"nobody outside is told: {what}")
    outside_s = time.monotonic() - began
    until(lambda: world.has_letter("late", letters), wait_s, f"no e-mail tells: {what}")
    mail_s = time.monotonic() - began
    good = [p for p in world.pings(since) if not p.endswith("/fail")]
    rows = [
        at_most(f"fault.07.{what}_outside_s", outside_s, "s", TOLD_S),
        at_most(f"fault.07.{what}_mail_s", mail_s, "s", TOLD_S),
        Row(f"fault.07.{what}_calls_meanwhile", len(good), "calls"),
    ]
    return rows, letters


def _until_well(world: Proving, letters: int) -> None:
    until(lambda: world.has_letter("well again", letters), 120, "it is not well again")
    until(world.is_well, 60, "it is not proven again")


def engine_hangs(world: Proving) -> Iterator[Row]:
    """Let the engine's thread hang, then die, in a worker that goes on otherwise."""
    stack, flag = world.stack, world.stack.site.folder / "hang"
    child = stack.children["worker"]
    usual = list(child.command)
    module = ["-m", "tests.faults.stuck_worker", str(stack.site.settings), str(flag)]
    child.command = [usual[0], *module]
    at.end(stack, signal.SIGTERM)
    until(lambda: at.is_connected(stack, time.time_ns() // 1000 - 1_000_000), 60, "not up")
    until(world.is_well, 90, "the path is not proven")
    flag.write_text("hang", "ascii")
    began, since = time.monotonic(), len(world.outside.asked)
    until(lambda: _status(stack, "/ready") == NOT_READY, 60, "/ready does not fail")
    ready_s = time.monotonic() - began
    is_on_page = "Not live" in system_page(stack)
    until(lambda: any(p.endswith("/fail") for p in world.pings(since)), 60, "nobody is told")
    outside_s = time.monotonic() - began
    yield at_most("fault.07.engine_hung_ready_s", ready_s, "s", health.MISSED_S + 5)
    yield at_most("fault.07.engine_hung_outside_s", outside_s, "s", TOLD_S)
    yield at_least("fault.07.engine_hung_on_page", int(is_on_page), "pages", 1)
    before = at.pid(stack)
    flag.write_text("die", "ascii")
    began = time.monotonic()
    until(lambda: _is_another(stack, before), 30, "a worker without an engine goes on")
    yield at_most("fault.07.engine_dead_restarted_s", time.monotonic() - began, "s", TOLD_S)
    child.command = usual
    until(world.is_well, 90, "the path is not proven again")


def _is_another(stack: Stack, pid: int, name: str = "worker") -> bool:
    stack.check()
    process = stack.children[name].process
    return process is not None and process.pid != pid


def _status(stack: Stack, path: str) -> int:
    try:
        stack.get(path)
    except urllib.error.HTTPError as problem:
        return problem.code
    return 200


def system_page(stack: Stack) -> str:
    """Return the page that an engineer sees."""
    jar = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(jar)
    form = urllib.parse.urlencode({"email": "engineer@test.example", "password": PASSWORD})
    ask = urllib.request.Request(  # noqa: S310  # loopback
        f"{stack.url}/sign-in", form.encode(), headers={"Origin": stack.url}
    )
    with browser.open(ask, timeout=20):
        pass
    with browser.open(f"{stack.url}/system", timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def watch_frozen(world: Proving, quiet_s: float) -> Iterator[Row]:
    """Stop the watch itself: the outside calls end, and pages say since when."""
    os.kill(_pid(world.watch), signal.SIGSTOP)
    try:
        time.sleep(2)  # what was under way
        since = len(world.outside.asked)
        time.sleep(quiet_s)
        calls = len(world.outside.asked) - since
    finally:
        os.kill(_pid(world.watch), signal.SIGCONT)
    yield at_most("fault.07.calls_of_a_frozen_watch", calls, f"in {quiet_s:g} s", 0)


def told_of_everything() -> Iterator[Row]:
    """7: freeze and kill broker, worker and web in turn, with the settings as they are shipped."""
    with tempfile.TemporaryDirectory() as folder, proving(Path(folder)) as world:
        for name in ("worker", "web", "broker"):
            yield from frozen(world, name)
            yield from killed(world, name)
        yield from engine_hangs(world)
        yield from watch_frozen(world, _GONE_S)
