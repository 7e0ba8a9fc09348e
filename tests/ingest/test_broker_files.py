"""Users and rights as files: every right names one topic tree of one user."""

import json

from ingest.broker_files import MARK, RENDER, fingerprint, gateway_user, worker_user

GATEWAY = gateway_user("gate-1_2", "$7$hash", "gate-1", ("fenbridge", "northmoor"))
WORKER = worker_user("worker", "$7$other")


def test_mosquitto_is_told_every_user_and_every_right_by_name() -> None:
    files = RENDER["mosquitto"]([WORKER, GATEWAY])
    assert files["passwords"].splitlines() == [MARK, "worker:$7$other", "gate-1_2:$7$hash"]
    mine = files["mosquitto.acl"].partition("user gate-1_2\n")[2]
    assert mine.splitlines() == [
        "topic write stillwell/v1/fenbridge/gate-1/#",
        "topic write stillwell/v1/northmoor/gate-1/#",
        "topic read stillwell-receipt/v1/gate-1",
    ]
    assert "pattern" not in files["mosquitto.acl"]


def test_nats_is_told_the_same_and_nobody_without_mqtt() -> None:
    (text,) = RENDER["nats"]([WORKER, GATEWAY]).values()
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    worker, mine = (json.loads(line) for line in lines if line.startswith("{"))
    assert mine["permissions"] == {
        "publish": {
            "allow": [
                "stillwell.v1.fenbridge.gate-1",
                "stillwell.v1.fenbridge.gate-1.>",
                "stillwell.v1.northmoor.gate-1",
                "stillwell.v1.northmoor.gate-1.>",
            ]
        },
        "subscribe": {"allow": ["stillwell-receipt.v1.gate-1"]},
    }
    assert worker["allowed_connection_types"] == mine["allowed_connection_types"] == ["MQTT"]


def test_a_fingerprint_tells_every_change_of_users_and_rights() -> None:
    others = [
        gateway_user("gate-1_3", "$7$hash", "gate-1", ("fenbridge", "northmoor")),
        gateway_user("gate-1_2", "$7$new", "gate-1", ("fenbridge", "northmoor")),
        gateway_user("gate-1_2", "$7$hash", "gate-1", ("fenbridge",)),
    ]
    assert fingerprint([GATEWAY]) == fingerprint([GATEWAY])
    assert len({fingerprint([each]) for each in (GATEWAY, *others)} | {fingerprint([])}) == 5


def test_what_is_printed_of_a_user_holds_no_hash() -> None:
    assert "hash" not in repr(GATEWAY)
