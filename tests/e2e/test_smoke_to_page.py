from pathlib import Path

import pytest

from tests.bench.page_latency import measure


@pytest.mark.browser
def test_a_zigbee_smoke_payload_becomes_an_alert_on_an_open_page(tmp_path: Path) -> None:
    """`make bench` measures 200 of them; here each of five must only arrive."""
    found = measure(tmp_path, alerts=5)

    assert len(found) == 5
