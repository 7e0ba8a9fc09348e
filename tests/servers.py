"""Programs that tests need and a machine may lack."""

import os
import shutil
import socket

import pytest

_SBIN = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/sbin"))


def require_program(name: str, apt_package: str) -> str:
    """Return the program's path; skip, or fail where CI=true, when it is not installed."""
    path = shutil.which(name) or shutil.which(name, path=_SBIN)
    if path is None:
        reason = f"{name} is not installed: sudo apt-get install {apt_package}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
