"""All patients analysed anew: the answer of one reading after the other, whatever came between."""

import asyncio
from datetime import timedelta

import pytest

from adapters.runtime import Runtime
from dev.reanalyse import run
from domain import reanalyses
from domain.kinds import WorkKind
from domain.unit_of_work import lone_connection
from tests.domain.home_weights import analyse, live, ramp, record, remembered
from tests.people import People
from tests.schema.test_pressure_to_alert import work_off


async def progress(runtime: Runtime) -> reanalyses.Progress:
    async with lone_connection(runtime.pool) as connection:
        found = await reanalyses.progress(connection)
    assert found is not None
    return found


async def go_on(runtime: Runtime, lanes: int = 1) -> None:
    async with runtime.unit_of_work() as work:
        await reanalyses.go_on(work, lanes)


async def test_anew_and_reading_by_reading_are_the_same(runtime: Runtime, people: People) -> None:
    await live(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    await work_off(runtime)
    expected = await remembered(runtime)
    assert expected[1]
    events = await runtime.pool.fetchval("SELECT count(*) FROM event")
    await runtime.pool.execute("DELETE FROM vital_filter; DELETE FROM finding")
    await go_on(runtime)
    assert await work_off(runtime) == 1
    assert await remembered(runtime) == expected
    done = await progress(runtime)
    assert (done.parts, done.done, done.series, done.readings, done.findings) == (1, 1, 1, 60, len(expected[1]))
    assert await runtime.pool.fetchval("SELECT count(*) FROM event") == events
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_unread") == 0


async def test_it_stops_between_parts_and_goes_on_where_it_stopped(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reanalyses, "PATIENTS_OF_A_PART", 1)
    await record(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    await runtime.pool.execute("DELETE FROM outbox_item")
    await go_on(runtime)
    assert await work_off(runtime) == 1
    async with runtime.unit_of_work() as work:
        await reanalyses.stop(work)
    # The part that waits now finds that it is stopped, and asks for none after it.
    assert await work_off(runtime) == 1
    assert await work_off(runtime) == 0
    stopped = await progress(runtime)
    assert (stopped.is_stopped, stopped.parts, stopped.done) == (True, 2, 1)
    await go_on(runtime)
    assert await work_off(runtime) == 1
    ended = await progress(runtime)
    assert (ended.id, ended.is_stopped, ended.done, ended.readings) == (stopped.id, False, 2, 60)
    await go_on(runtime)
    assert (await progress(runtime)).id != ended.id


async def test_lanes_share_the_parts_and_none_is_done_twice(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reanalyses, "PATIENTS_OF_A_PART", 1)
    await record(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    await runtime.pool.execute("DELETE FROM outbox_item")
    await go_on(runtime, 8)
    assert await work_off(runtime) == 2
    assert (await progress(runtime)).done == 2
    rows = await runtime.pool.fetch("SELECT kind FROM outbox_item")
    assert [row["kind"] for row in rows] == [WorkKind.REANALYSE_VITALS] * 2


async def test_what_a_fresh_reading_shows_is_told_though_the_reanalysis_came_first(
    runtime: Runtime, people: People
) -> None:
    weights = ramp(runtime.now() - timedelta(minutes=5))
    await live(runtime, people, weights)
    (found,) = [row for row in (await remembered(runtime))[1] if row["kind"] != "POINT"]
    until = [at for at, _ in weights].index(found["raised_at"])
    shift = weights[-1][0] - weights[until][0]
    await runtime.pool.execute("TRUNCATE alert CASCADE; DELETE FROM finding")
    await runtime.pool.execute("DELETE FROM reading; DELETE FROM vital_filter; DELETE FROM vital_unread")
    await live(runtime, people, [(at + shift, kilograms) for at, kilograms in weights[:until]])
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert") == 0
    await record(runtime, people, [(weights[until][0] + shift, weights[until][1])])
    await runtime.pool.execute("DELETE FROM outbox_item")
    await go_on(runtime)
    await work_off(runtime)
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert WHERE rule = 'VITALS-CHANGE'") == 1
    await analyse(runtime, people.patient_id)
    assert await runtime.pool.fetchval("SELECT version FROM alert WHERE rule = 'VITALS-CHANGE'") == 1


async def test_the_command_waits_for_the_end_and_stops_when_it_is_ended(runtime: Runtime, people: People) -> None:
    await record(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    begun = asyncio.Event()
    following = asyncio.create_task(run(runtime, 1, lambda _, __: begun.set()))
    async with asyncio.timeout(10):
        await begun.wait()
    following.cancel()
    await asyncio.wait([following])
    assert (await progress(runtime)).is_stopped
    told: list[tuple[int, int]] = []
    following = asyncio.create_task(run(runtime, 1, lambda done, parts: told.append((done, parts))))
    async with asyncio.timeout(20):
        while not following.done():
            await work_off(runtime)
            await asyncio.sleep(0.05)
    assert (await following).startswith("60 readings of 1 series: ")
    assert told[-1] == (1, 1)
