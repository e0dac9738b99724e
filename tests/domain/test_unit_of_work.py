"""A unit of work: weather is told as such and keeps nothing, a read may rest, a transaction stays whole."""

import asyncio
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


def held(runtime: Runtime) -> int:
    """How many connections of the pool somebody has now."""
    return int(runtime.pool.get_size() - runtime.pool.get_idle_size())


async def test_a_read_that_rests_holds_no_connection_and_goes_on_with_another(runtime: Runtime) -> None:
    async with runtime.reading() as work:
        assert held(runtime) == 0
        assert await work.connection.fetchval("SELECT 1") == 1
        assert held(runtime) == 1
        await work.connection.rest()
        assert held(runtime) == 0
        await work.connection.rest()
        assert await work.connection.fetchval("SELECT 2") == 2
        assert held(runtime) == 1
        await work.connection.rest()
        work.audit("read")
    assert held(runtime) == 0
    assert await runtime.pool.fetchval("SELECT action FROM audit_entry") == "read"


async def test_a_rest_waits_for_the_statement_that_runs(runtime: Runtime) -> None:
    async with runtime.reading() as work:
        slow, _, after = await asyncio.gather(
            work.connection.fetchval("SELECT pg_sleep(0.1)::text || 'slow'"),
            work.connection.rest(),
            work.connection.fetchval("SELECT 'after'"),
        )
        assert (slow, after) == ("slow", "after")
    assert held(runtime) == 0


async def test_a_transaction_that_rests_stays_the_same_one(runtime: Runtime) -> None:
    async with runtime.unit_of_work() as work:
        work.audit("done")
        await work.connection.execute("CREATE TEMPORARY TABLE mine (id int) ON COMMIT DROP")
        await work.connection.rest()
        assert await work.connection.fetchval("SELECT count(*) FROM mine") == 0
    assert held(runtime) == 0
    assert await runtime.pool.fetchval("SELECT action FROM audit_entry") == "done"


async def test_a_straggler_cannot_take_a_connection_that_nobody_would_give_back(runtime: Runtime) -> None:
    async with runtime.reading() as work:
        await work.connection.execute("SELECT 1")
    with pytest.raises(AssertionError, match="after the end"):
        await work.connection.execute("SELECT 1")
    assert held(runtime) == 0
