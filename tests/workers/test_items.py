"""An attempt that does not come to its end gives its item back, and only the item's own faults count against it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from adapters.runtime import Runtime
from domain import outbox
from domain.errors import Unavailable
from domain.kinds import WorkKind
from domain.unit_of_work import UnitOfWork
from tests.people import People
from workers.effects import Effect, no_effect
from workers.items import HANDLERS, do_item

Handler = Callable[[Runtime, UUID], Awaitable[Effect]]


async def asked(runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch, handler: Handler) -> UUID:
    """An item that this handler will do."""
    monkeypatch.setitem(HANDLERS, WorkKind.ANALYSE_VITALS, handler)
    async with runtime.unit_of_work() as work:
        work.ask(WorkKind.ANALYSE_VITALS, people.patient_id)
    item_id: UUID = await runtime.pool.fetchval("SELECT id FROM outbox_item")
    return item_id


async def item(runtime: Runtime) -> dict[str, Any]:
    row = await runtime.pool.fetchrow("SELECT attempts, leased_until, done_at, dead_at, last_error FROM outbox_item")
    assert row is not None
    return dict(row)


def given_back(attempts: int, error: str) -> dict[str, Any]:
    return {"attempts": attempts, "leased_until": None, "done_at": None, "dead_at": None, "last_error": error}


async def test_an_attempt_that_is_cut_off_gives_its_item_back(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The items of a worker that was asked to end waited for the end of their leases."""
    begun = asyncio.Event()

    async def endless(_: Runtime, __: UUID) -> Effect:
        begun.set()
        await asyncio.sleep(60)
        return no_effect

    item_id = await asked(runtime, people, monkeypatch, endless)
    doing = asyncio.create_task(do_item(runtime, item_id))
    await begun.wait()
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert await item(runtime) == given_back(1, "CancelledError")


async def test_a_database_that_goes_away_under_an_effect_is_weather(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(work: UnitOfWork) -> None:
        await work.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def handler(_: Runtime, __: UUID) -> Effect:
        return break_off

    await do_item(runtime, await asked(runtime, people, monkeypatch, handler))
    assert await item(runtime) == given_back(1, "Unavailable")


async def test_weather_never_kills_an_item_and_its_own_faults_do(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[Exception] = []

    async def handler(_: Runtime, __: UUID) -> Effect:
        raise faults[0]

    item_id = await asked(runtime, people, monkeypatch, handler)
    faults[:] = [Unavailable("away")]
    for _ in range(outbox.MOST_ATTEMPTS + 2):
        await do_item(runtime, item_id)
    assert await item(runtime) == given_back(1, "Unavailable")
    faults[:] = [ValueError("Ada Prova")]
    for _ in range(outbox.MOST_ATTEMPTS):
        await do_item(runtime, item_id)
    buried = await item(runtime)
    assert (buried["attempts"], buried["last_error"]) == (outbox.MOST_ATTEMPTS, "ValueError")
    assert buried["dead_at"] is not None
