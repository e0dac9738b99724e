"""The newest readings are the newest that there are, whatever was late, corrected, lent or imported."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.runtime import Runtime
from domain import readings, vitals, worklist
from domain.errors import BadInput, Conflict
from domain.imported_readings import take_in
from domain.kinds import ReadingSource, Role, VitalKind
from domain.vitals import NewReading
from tests.people import People

START = datetime(2025, 12, 30, tzinfo=UTC)
KINDS = (VitalKind.BLOOD_PRESSURE, VitalKind.WEIGHT, VitalKind.HEART_RATE)


def a_reading(chance: random.Random, kind: VitalKind) -> NewReading:
    """One of few moments around the turn of a year, so that several are the newest at once."""
    at = START + timedelta(hours=12 * chance.randrange(12))
    source = chance.choice([ReadingSource.DEVICE, ReadingSource.MANUAL, ReadingSource.IMPORT])
    values = {"value": float(chance.randint(70, 73))}
    if kind is VitalKind.BLOOD_PRESSURE:
        values = {"systolic": 120.0 + chance.randrange(3), "diastolic": 80.0}
    return NewReading(uuid4(), kind, at, source, values, device=chance.choice([None, "Cuff", "Scale"]))


async def recomputed(runtime: Runtime) -> dict[tuple[UUID, str], dict[str, Any]]:
    """The newest by the slow way: every reading that counts, in Python."""
    found: dict[tuple[UUID, str], dict[str, Any]] = {}
    for row in await runtime.pool.fetch("SELECT * FROM reading WHERE superseded_by IS NULL"):
        key = row["patient_id"], row["kind"]
        if key not in found or (row["measured_at"], row["id"]) > (found[key]["measured_at"], found[key]["id"]):
            found[key] = dict(row)
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_the_newest_are_the_newest_after_any_history(runtime: Runtime, people: People, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable history
    by = people.actors[Role.CLINICIAN]
    for _ in range(8):
        batch = [a_reading(chance, chance.choice(KINDS)) for _ in range(chance.randint(1, 8))]
        async with runtime.unit_of_work(by) as work:
            if chance.random() < 0.4:
                await take_in(work, by, people.patient_id, batch)
            else:
                await vitals.record(work, by, people.patient_id, batch)
        kept = await runtime.pool.fetch("SELECT * FROM latest_reading")
        assert {(row["patient_id"], row["kind"]): dict(row) for row in kept} == await recomputed(runtime)
        # The newest itself is corrected: to another moment, to another value, or it was said by another again.
        wrong = chance.choice(kept)
        right = a_reading(chance, VitalKind(wrong["kind"]))
        async with runtime.unit_of_work(by) as work:
            try:
                await vitals.correct(work, by, people.patient_id, wrong["id"], right)
            except (BadInput, Conflict):
                continue
        kept = await runtime.pool.fetch("SELECT * FROM latest_reading")
        assert {(row["patient_id"], row["kind"]): dict(row) for row in kept} == await recomputed(runtime)


async def test_the_newest_come_in_the_order_asked_and_tell_how_long_nothing_came(
    runtime: Runtime, people: People
) -> None:
    by = people.actors[Role.CLINICIAN]
    chance = random.Random(1)  # noqa: S311 - a repeatable history
    sent = [a_reading(chance, kind) for kind in (VitalKind.WEIGHT, VitalKind.HEART_RATE) for _ in range(5)]
    async with runtime.unit_of_work(by) as work:
        await vitals.record(work, by, people.patient_id, sent)
        for kinds in ([VitalKind.WEIGHT, VitalKind.HEART_RATE], [VitalKind.HEART_RATE, VitalKind.WEIGHT]):
            found = await readings.latest(work.connection, [people.patient_id, people.foreign_id], kinds)
            assert [row["kind"] for row in found] == kinds
        (listed,) = await worklist.page(work.connection, by, at=work.at, after=None, limit=10)
        assert listed["last_reading_at"] == max(one.measured_at for one in sent)
