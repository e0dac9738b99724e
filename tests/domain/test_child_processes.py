"""Work in a child process outlives whoever stops waiting for it."""

import asyncio
import time
from pathlib import Path

import pytest

from domain.child_processes import in_child


def slow(seconds: float, mark: str) -> None:
    """Leave a mark after a while."""
    time.sleep(seconds)
    Path(mark).touch()


def broken() -> None:
    raise ValueError("broken")


async def test_a_child_that_nobody_waits_for_any_more_is_not_killed(tmp_path: Path) -> None:
    done = tmp_path / "done"
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await in_child(slow, 0.3, str(done))
    async with asyncio.timeout(30):
        while not done.exists():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.05)


async def test_what_fails_in_the_child_fails_here() -> None:
    with pytest.raises(ValueError, match="broken"):
        await in_child(broken)
