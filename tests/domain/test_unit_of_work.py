"""A unit of work whose database goes away: nothing is kept, it is told as weather, and the next one works."""

from collections.abc import Awaitable, Callable

import pytest

from adapters.runtime import Runtime
from domain.errors import Unavailable
from domain.unit_of_work import UnitOfWork, database_weather
from tests.people import People


async def broken_off(work: UnitOfWork, _: Runtime) -> None:
    await work.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


async def gone_before_the_commit(work: UnitOfWork, runtime: Runtime) -> None:
    backend = await work.connection.fetchval("SELECT pg_backend_pid()")
    await runtime.pool.execute("SELECT pg_terminate_backend($1, 5000)", backend)


async def gone_before_the_next_statement(work: UnitOfWork, runtime: Runtime) -> None:
    await gone_before_the_commit(work, runtime)
    await work.connection.execute("SELECT 1")


async def worked(runtime: Runtime, verb: Callable[[UnitOfWork, Runtime], Awaitable[None]]) -> None:
    async with runtime.unit_of_work() as work:
        work.audit("lost")
        await verb(work, runtime)


@pytest.mark.parametrize("verb", [broken_off, gone_before_the_commit, gone_before_the_next_statement])
async def test_a_database_that_goes_away_is_weather(
    runtime: Runtime, people: People, verb: Callable[[UnitOfWork, Runtime], Awaitable[None]]
) -> None:
    with pytest.raises(Unavailable, match=r"^The database is away for a moment; please try again\.$"):
        await worked(runtime, verb)
    async with runtime.unit_of_work() as work:
        work.audit("kept")
    assert [row["action"] for row in await runtime.pool.fetch("SELECT action FROM audit_entry")] == ["kept"]


async def test_a_mistake_of_ours_is_no_weather() -> None:
    with pytest.raises(ZeroDivisionError), database_weather():
        raise ZeroDivisionError


async def test_a_full_disk_is_weather_and_no_bug(runtime: Runtime) -> None:
    async def disk_is_full(work: UnitOfWork, _: Runtime) -> None:
        await work.connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$")

    with pytest.raises(Unavailable):
        await worked(runtime, disk_is_full)
