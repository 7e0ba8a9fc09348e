"""What is logged: a constant event, with ids and numbers, never what somebody is called or said."""

import ast
from collections.abc import Iterator
from pathlib import Path

import structlog

from ingest.message import Message
from ingest.poison import Judged, judge_each
from tests.ingest.corpus import PREFIX, RECEIVED_US

ROOT = Path(__file__).parents[2]
FOLDERS = ("config", "ingest", "alerts", "sensors_sim", "api")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
NEVER = {
    *("name", "address", "email", "phone", "number", "password", "secret", "token", "payload"),
    *("first_bytes", "body", "value", "household", "person", "contact_name"),
}


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in LEVELS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "_log")
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_events_are_constant_names() -> None:
    found = list(log_calls())
    assert len(found) > 30
    for where, call in found:
        (event,) = call.args
        assert isinstance(event, ast.Constant), where
        assert isinstance(event.value, str), where
        assert event.value.replace("_", "").isalnum(), where
        assert event.value == event.value.lower(), where


def test_no_field_is_a_name_or_what_somebody_said() -> None:
    wrong = [
        (where, keyword.arg)
        for where, call in log_calls()
        for keyword in call.keywords
        if keyword.arg in NEVER
    ]
    assert wrong == []


def test_a_message_that_breaks_our_code_is_logged_without_what_it_said() -> None:
    def broken(messages: object) -> Judged:
        raise ValueError(f"canary in the error {messages!r}")

    topic = f"{PREFIX}/zigbee2mqtt/canary hall".encode()
    with structlog.testing.capture_logs() as logs:
        judge_each(broken, [Message(topic, b'{"canary":1}', RECEIVED_US, 1, 1)])
    assert [each["event"] for each in logs] == ["message_poisoned"]
    assert "canary" not in repr(logs)
