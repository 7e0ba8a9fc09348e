"""``stillwell watch`` and ``stillwell canary``."""

from api.exits import told_plainly
from api.options import SettingsFile, tell


def watch(settings: SettingsFile = None) -> None:
    """Prove that alarms arrive, and tell by other means when they may not.

    Every 30 s a test alarm goes through broker, worker, outbox and web for each canary home; the
    pages show when the path was last proven. While it is, ladder and outbox keep their times and
    worker and web answer, `watch.heartbeat_url` is called; when something is late, it is not, and
    `watch.recipients` get an e-mail by `watch.smtp`. Give it a settings file of its own, with the
    same database and broker, and run it under a supervisor of its own.

      stillwell watch --settings watch.toml
    """
    from api import logs, watch_process, wiring

    with told_plainly():
        logs.configure()
        watch_process.run(wiring.read_settings(settings))


def canary(settings: SettingsFile = None) -> None:
    """Enrol a canary home for each place that has none, for `stillwell watch`.

    Nobody lives there; its alarms are tests and reach nobody. Prints the broker user and password
    of each, once, and keeps them in `watch.credentials` where that is set. Like every gateway it
    must be known to the broker.

      stillwell canary --settings watch.toml
    """
    from api import watch_process, wiring

    with told_plainly():
        watch_process.enrol_canaries(wiring.read_settings(settings), tell=tell)
