"""The analysis of a patient's vitals: the same answer in whatever order readings come, one item for the clinician."""

import asyncio
import random
from datetime import timedelta
from itertools import zip_longest

import orjson
import pytest

from adapters.runtime import Runtime
from domain import vitals
from domain.kinds import ReadingSource, Role
from tests.domain.home_weights import analyse, as_sent, live, ramp, record, remembered
from tests.people import People


async def alerts(runtime: Runtime) -> list[tuple[str, str, str]]:
    rows = await runtime.pool.fetch("SELECT rule, severity, title FROM alert ORDER BY raised_at, rule")
    return [(row["rule"], row["severity"], row["title"]) for row in rows]


async def test_a_ramp_of_weight_is_found_explained_and_told_once(runtime: Runtime, people: People) -> None:
    weights = ramp(runtime.now() - timedelta(hours=1))
    await live(runtime, people, weights)
    filters, findings = await remembered(runtime)
    assert [(row["measure"], row["readings"], row["last_at"]) for row in filters] == [
        ("WEIGHT", 60, weights[-1][0].replace(second=0, microsecond=0))
    ]
    (found,) = [row for row in findings if row["kind"] != "POINT"]
    # How early it is told decides whether it looks like a step or like a ramp by then.
    titles = {"SHIFT": "Weight has stepped up above the usual", "RAMP": "Weight has risen within days above the usual"}
    assert (found["direction"], found["is_explained"]) == ("UP", False)
    assert found["observed"] > found["expected_high"] > found["expected_low"]
    assert weights[51][0] <= found["onset_at"] <= found["raised_at"] <= weights[-1][0]
    explanation = orjson.loads(found["explanation"])
    assert (explanation["unit"], explanation["missing_days"]) == ("kg", 0)
    assert explanation["size"] > 0.5
    window = [at for at, _ in weights if found["onset_at"] <= at <= found["raised_at"]]
    assert (explanation["readings"], len(explanation["reading_ids"])) == (len(window), len(window))
    assert await alerts(runtime) == [("VITALS-CHANGE", "REVIEW", titles[found["kind"]])]


async def test_readings_in_any_order_late_doubled_and_corrected_give_what_one_pass_in_order_gives(
    runtime: Runtime, people: People
) -> None:
    weights = list(ramp(runtime.now() - timedelta(hours=1)))
    await record(runtime, people, weights)
    await analyse(runtime, people.patient_id)
    expected = await remembered(runtime)
    assert expected[1]
    for seed in range(4):
        for table in ("reading", "latest_reading", "daily_summary", "vital_filter", "finding", "vital_unread"):
            await runtime.pool.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        chance = random.Random(seed)  # noqa: S311 - an order, not a secret
        shuffled = chance.sample(weights, len(weights))
        wrong = shuffled[0][0] + timedelta(minutes=3), 99.9 - seed
        by = people.actors[Role.PATIENT]
        await record(runtime, people, [wrong])
        while shuffled:
            many = chance.randint(1, 20)
            await record(runtime, people, [*shuffled[:many], *chance.sample(weights[:30], 2)])
            shuffled = shuffled[many:]
            if chance.random() < 0.7:
                await analyse(runtime, people.patient_id)
        wrong_id = await runtime.pool.fetchval("SELECT id FROM reading WHERE value > 95")
        right = as_sent([chance.choice(weights)])[0]
        async with runtime.unit_of_work(by) as work:
            await work.connection.execute(
                "DELETE FROM reading WHERE measured_at = $1 AND kind = 'WEIGHT'", right.measured_at
            )
            await vitals.correct(work, by, None, wrong_id, right)
        await analyse(runtime, people.patient_id)
        filters, findings = await remembered(runtime)
        assert filters == expected[0], seed
        assert findings == expected[1], seed


@pytest.mark.parametrize("source", [ReadingSource.IMPORT, ReadingSource.DEVICE])
async def test_imported_and_late_history_is_found_and_rings_nobody(
    runtime: Runtime, people: People, source: ReadingSource
) -> None:
    until = runtime.now() - (timedelta(hours=1) if source is ReadingSource.IMPORT else timedelta(hours=25))
    await record(runtime, people, ramp(until), source)
    await analyse(runtime, people.patient_id)
    _, findings = await remembered(runtime)
    assert ("WEIGHT", "UP") in [(row["measure"], row["direction"]) for row in findings if row["kind"] != "POINT"]
    assert await alerts(runtime) == []


async def test_a_second_worker_finds_nothing_more_to_do(runtime: Runtime, people: People) -> None:
    await record(runtime, people, ramp(runtime.now() - timedelta(hours=1)))
    await analyse(runtime, people.patient_id)
    before = await remembered(runtime)
    await analyse(runtime, people.patient_id)
    assert await remembered(runtime) == before
    assert await runtime.pool.fetchval("SELECT count(*) FROM vital_unread") == 0


async def test_who_records_and_who_analyses_at_once_miss_nothing(runtime: Runtime, people: People) -> None:
    weights = list(ramp(runtime.now() - timedelta(hours=1)))
    await record(runtime, people, weights)
    await analyse(runtime, people.patient_id)
    expected = await remembered(runtime)
    for table in ("reading", "latest_reading", "daily_summary", "vital_filter", "finding", "vital_unread"):
        await runtime.pool.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
    random.Random(5).shuffle(weights)  # noqa: S311 - an order, not a secret
    recording = [record(runtime, people, weights[first : first + 4]) for first in range(0, len(weights), 4)]
    analysing = [analyse(runtime, people.patient_id) for _ in range(10)]
    await asyncio.gather(*(task for pair in zip_longest(recording, analysing) for task in pair if task is not None))
    await analyse(runtime, people.patient_id)
    assert await remembered(runtime) == expected


async def test_a_memory_of_another_version_is_made_anew_and_its_findings_give_way(
    runtime: Runtime, people: People
) -> None:
    weights = ramp(runtime.now() - timedelta(hours=1))
    await record(runtime, people, weights)
    await analyse(runtime, people.patient_id)
    expected = await remembered(runtime)
    await runtime.pool.execute("UPDATE vital_filter SET version = 'older', memory = 'x', checkpoints = 'x'")
    await runtime.pool.execute("UPDATE finding SET id = gen_random_uuid(), version = 'older', score = 99")
    await runtime.pool.execute(
        "INSERT INTO vital_unread (patient_id, kind, since) SELECT id, 'WEIGHT', now() FROM patient"
    )
    await analyse(runtime, people.patient_id)
    assert await remembered(runtime) == expected
    withdrawn = await runtime.pool.fetch("SELECT version FROM finding WHERE withdrawn_at IS NOT NULL")
    assert [row["version"] for row in withdrawn] == ["older"] * len(expected[1])
