"""``make bench``: measures, prints the table, writes bench.json; words name what to measure."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sensors_sim.scenario import load
from tests.bench import (
    councils,
    decode_share,
    enrolling,
    ingest_rate,
    outage_5000,
    page_latency,
    places_400,
    rehearse_identical,
    simulate_speed,
    store_embedded,
    store_peers,
    verdicts,
    web_pages,
)
from tests.bench import rehearse_size as whole
from tests.bench import section_g as section_g_homes
from tests.bench.detect_rows import detect, peers
from tests.bench.revocation import revocation
from tests.bench.rows import Row, at_least, at_most, table, write
from tests.e2e.paths import in_process, through_the_broker
from tests.faults import listeners
from tests.postgres import start_postgres
from tests.servers import free_port
from tests.shared_data import shared_data

OUTPUT = Path("bench.json")
READY_BAR_S = 60.0
STOP_BAR_S = 10.0


def shares() -> Iterator[Row]:
    """Share of real payloads decoded right, by family; nothing where the data is absent."""
    folder = shared_data()
    if folder is None:
        sys.stderr.write("decode.share_right: skipped, no evaluation data here\n")
        return
    for family, (right, total) in decode_share.decode_share(folder).items():
        yield at_least(f"decode.share_right.{family}", right / total, f"of {total}", 0.95)


def latency() -> Iterator[Row]:
    """Publish to page, over 200 smoke alerts."""
    with tempfile.TemporaryDirectory() as folder:
        found = page_latency.measure(Path(folder))
    yield at_most("e2e.publish_to_page_p99_ms", page_latency.p99(found), "ms", 1000)
    yield Row("e2e.publish_to_page_p50_ms", float(np.median(found)), "ms")
    yield at_least("e2e.alerts_on_page", len(found), "alerts", page_latency.ALERTS)


def event_to_page() -> Iterator[Row]:
    """Change to page over 450 streams, at 500 changes a second beside fifty frozen streams."""
    for row in listeners.many_listeners():
        if row.name == "fault.16.page_p99_ms":
            yield replace(row, name="alerts.event_to_page_p99_ms")
        elif row.name == "fault.16.page_p50_ms":
            yield replace(row, name="alerts.event_to_page_p50_ms")


def demo() -> Iterator[Row]:
    """Time from the demo's command to its ready line, and to its end after Ctrl-C."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "api", "demo", "--port", str(free_port())]
        command += ["--folder", f"{folder}/demo"]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            ready_s = float("inf")
            for line in process.stdout or ():
                if line.startswith("ready: "):
                    ready_s = time.monotonic() - began
                    break
            asked = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            stop_s = time.monotonic() - asked
    yield at_most("demo.ready_s", ready_s, "s", READY_BAR_S)
    yield at_most("demo.stop_s", stop_s, "s", STOP_BAR_S)


def paths() -> Iterator[Row]:
    """A month of fifty homes with every kind of fault by both paths: the alerts are the same."""
    scenario = load("rough-month")
    with tempfile.TemporaryDirectory() as folder:
        real = through_the_broker(scenario, Path(folder) / "broker")
        began = time.monotonic()
        fast = in_process(scenario, Path(folder) / "process")
        seconds = time.monotonic() - began
    yield at_least("replay.paths_equal", float(real == fast), f"of {len(real)}", 1)
    yield Row("replay.in_process_50x28_s", round(seconds, 1), "s")


def rehearse() -> Iterator[Row]:
    """A rough month of fifty homes, rehearsed with the settings of the time: what happened."""
    scenario = load("rough-month")
    with tempfile.TemporaryDirectory() as folder:
        in_process(scenario, Path(folder))
        found = rehearse_identical.measure(Path(folder), scenario)
    yield at_least("rehearse.live_identical", float(found.is_identical), f"of {found.alerts}", 1)
    yield Row("rehearse.50x28_s", round(found.seconds, 1), "s")


def simulate() -> Iterator[Row]:
    """Time that 28 days of 5,000 simulated homes take to make."""
    seconds, readings = simulate_speed.measure()
    yield at_most("simulate.5000x28_s", seconds, "s", simulate_speed.BAR_S)
    yield Row("simulate.5000x28_readings", readings, "readings")


def stores() -> Iterator[Row]:
    """The embedded store, and other ways to keep the same readings."""
    with tempfile.TemporaryDirectory() as folder:
        yield from store_embedded.measure(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield from store_peers.measure(Path(folder))


def places() -> Iterator[Row]:
    """Time until four hundred place files are read and checked."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = places_400.measure(Path(folder))
    yield at_most("places.load_400_s", round(seconds, 2), "s", 1)


def enrol() -> Iterator[Row]:
    """Time until a file of 5,000 households is enrolled, on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = enrolling.measure(Path(folder))
    yield at_most("enrol.5000_s", round(seconds, 1), "s", 60)
    with tempfile.TemporaryDirectory() as folder, start_postgres() as server:
        seconds = enrolling.measure(Path(folder), server.url(server.create(template="template0")))
    yield at_most("enrol.5000_postgresql_s", round(seconds, 1), "s", 60)


def section_g() -> Iterator[Row]:
    """Beds, chairs, doses, kitchen and heating: told wrongly, and found, in simulated homes."""
    for name, value, unit in section_g_homes.measure():
        yield Row(name, round(value, 4), unit)


def budget() -> Iterator[Row]:
    """Councils of 300 simulated homes that keep to their budget over the next four weeks."""
    pool = councils.watch_pool()
    for wanted in councils.BUDGETS:
        share, rates = councils.share_kept(pool, wanted)
        name = f"budget.at{wanted:g}"
        yield Row(f"{name}.within_20pct", share, f"of {len(rates)}")
        yield Row(f"{name}.realised_median", round(float(np.median(rates)), 2), "per 100 hw")
        if wanted == councils.JUDGED:
            yield at_least("budget.within_20pct", share, f"of {len(rates)}", 0.90)
    yield at_least("budget.p1_recall", councils.p1_recall(), "share", 1)


def verdict() -> Iterator[Row]:
    """Every fault with every incident in ten simulated homes; 5,000 homes that fall silent."""
    cells = verdicts.matrix()
    right = sum(cell.is_right for cell in cells) / len(cells)
    yield at_least("verdict.accuracy", round(right, 4), f"of {len(cells)}", 0.95)
    for expected in sorted({cell.expected for cell in cells}):
        mine = [cell.is_right for cell in cells if cell.expected == expected]
        yield Row(
            f"verdict.accuracy.{expected}", round(sum(mine) / len(mine), 4), f"of {len(mine)}"
        )
    told = outage_5000.measure()
    yield at_most("verdict.outage_person_alerts", told.new, "alerts", 0)
    fallen = told.fallen_found / outage_5000.FALLEN
    yield at_least("verdict.outage_fallen_found", fallen, "share", 1)
    yield at_least(
        "verdict.outage_calls_found", told.calls_found / 2 / outage_5000.FALLEN, "share", 1
    )
    yield Row("verdict.outages_told", told.outages, "outages")


def rehearse_size() -> Iterator[Row]:
    """A council of 5,000 homes, thirty days, whole: from the store, by the live code."""
    with tempfile.TemporaryDirectory() as folder:
        took = whole.measure(Path(folder))
    yield at_most("rehearse.5000x30_s", round(took.seconds, 1), "s", 60)
    yield Row("rehearse.readings", took.readings, "readings")
    yield Row("rehearse.readings_per_s", round(took.readings / took.seconds), "readings/s")


def web() -> Iterator[Row]:
    """First view of queue and home, and of the queue under a storm, at 5,000 homes with 90 days."""
    with tempfile.TemporaryDirectory() as folder:
        found = web_pages.measure(Path(folder))
    for name, value, unit, bar in web_pages.rows(found):
        yield at_most(name, value, unit, bar)


def main() -> None:
    """Run every measurement, one after another, since they share the cores."""
    measurements: Sequence[Callable[[], Iterator[Row]]]
    measurements = (
        shares,
        demo,
        paths,
        rehearse,
        latency,
        event_to_page,
        web,
        simulate,
        places,
        revocation,
        enrol,
        section_g,
        ingest_rate.rates,
        ingest_rate.batches,
        ingest_rate.backlog,
        ingest_rate.soak,
        stores,
        budget,
        verdict,
        detect,
        peers,
        rehearse_size,
    )
    rows: list[Row] = []
    wanted = set(sys.argv[1:])
    known = [measurement.__name__ for measurement in measurements]
    if unknown := sorted(wanted - set(known)):
        raise SystemExit(f"nothing is called {', '.join(unknown)}: choose from {', '.join(known)}")
    for measurement in measurements:
        if wanted and measurement.__name__ not in wanted:
            continue
        sys.stderr.write(f"measuring {measurement.__name__} ...\n")
        rows += measurement()
    sys.stdout.write(table(rows) + "\n")
    write(rows, OUTPUT)
    if any(row.holds is False for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
