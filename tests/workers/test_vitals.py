"""Guideline rules and statistics over fresh readings: each tells what it finds, whatever becomes of the other."""

from datetime import timedelta

import pytest

from adapters.runtime import Runtime
from domain import vital_filters
from domain.kinds import Role
from tests.domain.home_weights import Weights, live, ramp, record
from tests.people import People
from tests.schema.test_pressure_to_alert import RECORD, ask, pressure, work_off


async def have(runtime: Runtime, condition: str) -> None:
    await runtime.pool.execute("UPDATE patient SET conditions = ARRAY[$1]", condition)


async def rules(runtime: Runtime) -> list[tuple[str, str]]:
    return [tuple(row) for row in await runtime.pool.fetch("SELECT rule, severity FROM alert ORDER BY rule")]


def fast_gain(runtime: Runtime) -> Weights:
    now = runtime.now()
    return [(now - timedelta(days=2), 80.0), (now - timedelta(days=1), 81.1), (now - timedelta(hours=1), 82.3)]


@pytest.mark.parametrize(("condition", "expected"), [("HEART_FAILURE", [("W-ESC", "URGENT")]), ("HYPERTENSION", [])])
async def test_a_fast_gain_rings_where_heart_failure_is_on_record(
    runtime: Runtime, people: People, condition: str, expected: list[tuple[str, str]]
) -> None:
    await have(runtime, condition)
    await record(runtime, people, fast_gain(runtime))
    await work_off(runtime)
    assert await rules(runtime) == expected


async def test_rule_and_statistics_stand_side_by_side_on_the_worklist(runtime: Runtime, people: People) -> None:
    await have(runtime, "HEART_FAILURE")
    weights = ramp(runtime.now() - timedelta(hours=1), kilograms=4)
    await live(runtime, people, weights[:-1])
    at, kilograms = weights[-1]
    await record(runtime, people, [(at, kilograms + 2)])
    await work_off(runtime)
    assert await rules(runtime) == [("VITALS-CHANGE", "REVIEW"), ("W-ESC", "URGENT")]


async def test_a_guideline_alert_stands_though_the_statistics_fail(
    runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(vital_filters, "take_on", fail)
    now = runtime.now()
    sent = [pressure(now - timedelta(minutes=6), 184, 112), pressure(now - timedelta(minutes=2), 182, 108)]
    await ask(runtime, people, Role.PATIENT, RECORD, input={"readings": sent})
    await work_off(runtime)
    await work_off(runtime)
    assert await rules(runtime) == [("BP-CRISIS-3", "URGENT")]
    assert await runtime.pool.fetchval("SELECT count(*) FROM alert_occurrence") == 1
    # What the failed attempt took is still there to be read.
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_unread") == 1
    monkeypatch.undo()
    await work_off(runtime)
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_filter") == 2
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_unread") == 0
