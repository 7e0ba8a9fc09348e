"""A worker whose engine hangs, or dies, once a file says so: ``stuck_worker SETTINGS FILE``."""

import sys
import time
from pathlib import Path

from alerts.engine import Engine
from alerts.progress import Progress
from api import logs, wiring, worker


class EngineDied(BaseException):
    """Not an Exception, so that the engine's own catch does not see it."""


def main() -> None:
    settings, flag = Path(sys.argv[1]), Path(sys.argv[2])
    step = Engine.step

    def falter(self: Engine) -> Progress:
        while flag.exists():
            if flag.read_text("ascii") == "die":
                flag.unlink()
                raise EngineDied
            time.sleep(0.1)
        return step(self)

    Engine.step = falter  # type: ignore[method-assign]  # the fault
    logs.configure()
    worker.run(wiring.read_settings(settings))


if __name__ == "__main__":
    main()
