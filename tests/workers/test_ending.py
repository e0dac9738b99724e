"""The end of tasks."""

import asyncio

import pytest

from workers import ending


async def test_a_task_that_loses_a_cancellation_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was asked to end went on for ever when a cancellation and an answer of Valkey came together."""
    monkeypatch.setattr(ending, "REPEAT_SECONDS", 0.01)
    lost = []

    async def lose_the_first() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            lost.append(True)
        await asyncio.sleep(60)

    task = asyncio.create_task(lose_the_first())
    await asyncio.sleep(0)
    await ending.end(task)
    assert task.cancelled()
    assert lost == [True]
