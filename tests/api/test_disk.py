from pathlib import Path

import pytest

from api.disk import DiskWatch, hours_left


@pytest.mark.parametrize(
    ("samples", "free", "hours"),
    [
        ([], 10, None),
        ([(0.0, 5)], 10, None),
        ([(0.0, 5), (60.0, 5)], 10, None),
        ([(0.0, 50), (60.0, 5)], 10, None),
        ([(0.0, 0), (1800.0, 10), (3600.0, 40)], 100, 2.5),
        ([(0.0, 0), (3600.0, 1)], 10**9, None),
    ],
)
def test_the_disk_is_full_when_the_growth_has_used_what_is_free(
    samples: list[tuple[float, int]], free: int, hours: float | None
) -> None:
    assert hours_left(samples, free) == hours


def test_a_folder_that_grows_is_noticed(tmp_path: Path) -> None:
    watch = DiskWatch(tmp_path, free=lambda _: 3_600)
    file = tmp_path / "journal.db"
    file.write_bytes(b"")
    watch.look(0.0)
    assert watch.hours_left() is None
    file.write_bytes(b"x" * 100)
    watch.look(100.0)
    assert watch.hours_left() == 1.0
