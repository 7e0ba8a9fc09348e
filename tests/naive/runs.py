"""Loop twin of ``alerts.detect.runs``: the runs of signs of one device."""

MINUTE_US = 60_000_000


class Run:
    def __init__(self) -> None:
        self.last_us: int | None = None
        self.start_us = 0

    def take(self, time_us: int) -> int:
        """Return how long the run had lasted at this sign."""
        if self.last_us is None or time_us - self.last_us > 3 * MINUTE_US:
            self.start_us = time_us // MINUTE_US * MINUTE_US
        self.last_us = time_us
        return time_us - self.start_us
