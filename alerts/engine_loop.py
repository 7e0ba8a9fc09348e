"""The engine's thread: steps, and between them the checkpoint and what waits for it."""

import threading
import time
from pathlib import Path

import structlog

from alerts import forgetting
from alerts.engine import Engine
from alerts.progress import Wait

_log = structlog.get_logger()


def run(
    engine: Engine,
    stop: threading.Event,
    wait: Wait,
    *,
    checkpoint: Path | None = None,
    checkpoint_s: float = 60.0,
    idle_s: float = 0.25,
) -> None:
    """Step until told to stop; a failure is logged and tried again, never the end."""
    saved = time.monotonic()
    while not stop.is_set():
        try:
            progress = engine.step()
            engine.beat_s = time.monotonic()
            engine.problem = ""
            is_due = time.monotonic() - saved >= checkpoint_s
            # Somebody waits for an erasure, with an erased home's past on the disk meanwhile.
            if checkpoint is not None and (is_due or forgetting.is_wished(checkpoint)):
                is_saved = engine.checkpoint(checkpoint)
                if is_saved or not engine.knows:
                    engine.forget_erased()
                if is_saved and not progress.is_behind:
                    _ = engine.take_up_learned() or engine.take_up_places()
                saved = time.monotonic()
            if not progress.is_behind:
                wait(progress.position, idle_s)
        except Exception as failure:  # noqa: BLE001  # signals must go on being read
            engine.problem = type(failure).__name__
            _log.exception("engine_step_failed", position=engine.progress.position)
            stop.wait(1.0)
    if checkpoint is not None:
        engine.checkpoint(checkpoint)
