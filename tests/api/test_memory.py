"""Memory that was needed for a moment goes back to the system."""

import platform
import subprocess
import sys

import pytest

LARGE_AND_SMALL = """
import resource
from pathlib import Path
import numpy as np
from api import memory

def resident_mib():
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() >> 20

memory.give_back()
del_me = np.ones(3_000_000)  # 24 MB: freed, it has glibc keep whatever is smaller
del del_me
before, kept, large = resident_mib(), [], []
for _ in range(25):
    large.append(np.ones(1_000_000))
    kept.append(np.ones(1_000))  # small, lives on: what is freed before it is a hole
del large
print(resident_mib() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_large_arrays_leave_no_holes_behind() -> None:
    done = subprocess.run(  # noqa: S603  # the words above
        [sys.executable, "-c", LARGE_AND_SMALL], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 20  # of 190
