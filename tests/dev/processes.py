"""What runs on this machine, and waiting for it to change."""

import time
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]  # it comes without types

PATIENCE_SECONDS = 60


def children_of(pid: int) -> list[int]:
    """The processes that it started itself."""
    return [child.pid for child in psutil.Process(pid).children()]


def runs(pid: int) -> bool:
    """Whether it has not ended; one that waits to be reaped has."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_for_end(*pids: int) -> None:
    """Wait until none of them runs."""
    wait_for(lambda: not any(map(runs, pids)))
