"""Analyses that wait for one another."""

import asyncio

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.people import People
from tests.schema.test_strip_to_picture import as_json, uploaded
from workers import strips


async def test_waiting_for_ones_turn_does_not_count_against_the_deadline(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten long strips at once ran out of time while they waited for two processes."""
    # The first analysis leaves a process that has imported what the second one needs.
    await uploaded(runtime, people, as_json(), "JSON")
    strip_id = await runtime.pool.fetchval("UPDATE ecg_strip SET status = 'RECEIVED' RETURNING id")
    monkeypatch.setattr(strips, "DEADLINE_SECONDS", 1.5)
    borrowers = [object() for _ in range(int(strips.TURNS.total_tokens))]
    for borrower in borrowers:
        await strips.TURNS.acquire_on_behalf_of(borrower)
    waiting = asyncio.create_task(strips.analyse(runtime, strip_id))
    await asyncio.sleep(strips.DEADLINE_SECONDS)
    assert strips.TURNS.statistics().tasks_waiting == 1
    for borrower in borrowers:
        strips.TURNS.release_on_behalf_of(borrower)
    async with runtime.unit_of_work(people.actors[Role.CLINICIAN]) as work:
        await (await waiting)(work)
    assert await runtime.pool.fetchval("SELECT status FROM ecg_strip") == "ANALYSED"
