"""Readings that come by the thousand are kept as those that come one call at a time: once, checked and summed."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from adapters.runtime import Runtime
from domain import vitals
from domain.imported_readings import take_in
from domain.kinds import ReadingSource, Role, VitalKind
from domain.vitals import NewReading
from tests.people import People

START = datetime(2026, 3, 27, 20, tzinfo=UTC)
# All that a reading says; not by whom it came, nor when.
SAID = (
    "SELECT id, kind, measured_at, local_day, offset_minutes, source, setting, device, value, diastolic, pulse, flags,"
    " sent, circumstances FROM reading ORDER BY id"
)
SUMMED = "SELECT measure, local_day, readings, minimum, maximum, mean, median FROM daily_summary ORDER BY 1, 2"


def a_reading(chance: random.Random) -> NewReading:
    """One of few moments and values, so that many are said twice and some cannot be."""
    at = START + timedelta(minutes=30 * chance.randrange(150))
    source = chance.choice([ReadingSource.IMPORT, ReadingSource.DEVICE])
    device = chance.choice([None, "Cuff"])
    match chance.randrange(4):
        case 0:
            values = {"systolic": float(chance.choice([128, 190, 70])), "diastolic": 82.0, "pulse": 64.0}
            irregular = chance.choice([None, True])
            kind = VitalKind.BLOOD_PRESSURE
            return NewReading(uuid4(), kind, at, source, values, device=device, is_irregular=irregular)
        case 1:
            value, unit = chance.choice([(179.0, "[lb_av]"), (81.2, None), (500.0, "kg")])
            return NewReading(uuid4(), VitalKind.WEIGHT, at, source, {"value": value}, unit, device)
        case 2:
            return NewReading(uuid4(), VitalKind.WEIGHT, at, source, {"value": 81.0}, "stone", device)
        case _:
            return NewReading(uuid4(), VitalKind.HEART_RATE, at, source, {"value": float(chance.choice([60, 190]))})


async def test_a_batch_is_kept_as_calls_would_keep_it(runtime: Runtime, people: People) -> None:
    by = people.actors[Role.CLINICIAN]
    chance = random.Random(3)  # noqa: S311 - the same every time
    before = [a_reading(chance) for _ in range(100)]
    batch = [a_reading(chance) for _ in range(400)]
    found: dict[str, Any] = {}
    for way in ("calls", "batch"):
        await runtime.pool.execute("TRUNCATE reading, daily_summary")
        async with runtime.unit_of_work(by) as work:
            await vitals.record(work, by, people.patient_id, before)
        async with runtime.unit_of_work(by) as work:
            if way == "calls":
                recorded = await vitals.record(work, by, people.patient_id, batch)
                counts = (len(recorded.accepted), len(recorded.duplicates), list(recorded.rejected))
            else:
                imported = await take_in(work, by, people.patient_id, batch)
                counts = (imported.accepted, imported.duplicates, list(imported.rejected))
        rows = [dict(row) for row in await runtime.pool.fetch(SAID)]
        found[way] = (counts, rows, [dict(row) for row in await runtime.pool.fetch(SUMMED)])
    assert found["calls"] == found["batch"]
    accepted, duplicates, rejected = found["batch"][0]
    assert min(accepted, duplicates, len(rejected)) > 20
    assert len(found["batch"][1]) > accepted


async def test_a_batch_leaves_one_entry_one_event_and_one_piece_of_work(runtime: Runtime, people: People) -> None:
    by = people.actors[Role.CLINICIAN]
    readings = [
        NewReading(uuid4(), VitalKind.STEPS, START - timedelta(days=day), ReadingSource.IMPORT, {"value": 4000.0 + day})
        for day in range(700)
    ]
    for accepted, times in ((700, 1), (0, 2)):
        async with runtime.unit_of_work(by) as work:
            imported = await take_in(work, by, people.patient_id, readings)
        assert (imported.accepted, imported.duplicates, imported.rejected) == (accepted, 700 - accepted, [])
        row = await runtime.pool.fetchrow(
            "SELECT (SELECT count(*) FROM audit_entry WHERE action = 'recordVitals') AS audited,"
            " (SELECT count(*) FROM event JOIN reading ON reading.id = event.subject_id) AS told,"
            " (SELECT count(*) FROM outbox_item) AS asked, (SELECT count(*) FROM daily_summary) AS summed"
        )
        assert row is not None
        assert tuple(row) == (times, 1, 1, 700)


async def test_a_batch_that_is_refused_whole_changes_nothing(runtime: Runtime, people: People) -> None:
    by = people.actors[Role.CLINICIAN]
    late = NewReading(uuid4(), VitalKind.STEPS, runtime.now() + timedelta(days=1), ReadingSource.IMPORT, {"value": 1.0})
    async with runtime.unit_of_work(by) as work:
        imported = await take_in(work, by, people.patient_id, [late])
    assert [(one.index, one.code) for one in imported.rejected] == [(0, "IN_THE_FUTURE")]
    changed = (
        "SELECT (SELECT count(*) FROM reading) + (SELECT count(*) FROM event) + (SELECT count(*) FROM outbox_item)"
    )
    assert await runtime.pool.fetchval(changed) == 0
