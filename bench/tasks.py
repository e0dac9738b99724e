"""`python -m bench.tasks [PATIENTS]`: tasks derived from the plans of so many patients, and their adherence.

Each has two medicines morning and evening, the weight each day and a walk on five days a week: about six tasks a day;
for 28 days about nine of ten doses were taken. Prints milliseconds, the best of some rounds; in brackets the ratio
to reading the same tasks from a table in which they all were written down, with an index by patient.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from adapters.migrate import migrate
from dev.services import Services
from domain import adherence, tasks

ROUNDS = 7
# A Tuesday, far from a change of the clocks.
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
DAYS = 43
PATIENTS = """
INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)
  SELECT uuidv7(), $1, 'Bench', '1950-01-01', (ARRAY['Europe/Rome', 'Europe/Berlin', 'Europe/Lisbon'])[1 + n % 3],
  'it-IT', '{}', now() FROM generate_series(1, $2::int) AS n"""
PLANS = """
INSERT INTO therapy_plan (id, patient_id, title, starts_on, made_at, made_by_id, version)
  SELECT id, id, 'Bench', $1, now(), $2, 1 FROM patient"""
ACTIVITIES = """
INSERT INTO activity (id, patient_id, plan_id, kind, position, medication, title, version, made_at, made_by_id)
  SELECT uuidv7(), patient_id, id, kind, place, medication, part.title, 1, made_at, made_by_id FROM therapy_plan
  CROSS JOIN (VALUES (0, 'MEDICATION', 'Ramipril', NULL), (1, 'MEDICATION', 'Metformin', NULL),
  (2, 'MEASUREMENT', NULL, 'Weight'), (3, 'EXERCISE', NULL, 'Walking')) AS part (place, kind, medication, title)"""
SCHEDULES = """
INSERT INTO activity_schedule (id, patient_id, activity_id, begins, anchor_day, every_days, weekdays, times_of_day,
  dose_value, dose_unit, confirmed_warnings, set_at, set_by_id)
  SELECT uuidv7(), patient_id, id, $1::date, $1, 1,
  CASE kind WHEN 'EXERCISE' THEN '{1,2,3,5,6}' ELSE '{}' END::smallint[],
  CASE kind WHEN 'MEDICATION' THEN '{08:00,20:00}' WHEN 'MEASUREMENT' THEN '{07:00}' ELSE '{17:00}' END::time[],
  1, 'mg', '{}', made_at, made_by_id FROM activity"""
OUTCOMES = """
INSERT INTO task_outcome (patient_id, day, activity_id, time_of_day, outcome, completed_at, recorded_at)
  SELECT patient_id, day, activity_id, time_of_day, 'TAKEN', due_at, due_at
  FROM planned_tasks($1, $2) WHERE kind = 'MEDICATION' AND random() < 0.9"""


async def settle(connection: asyncpg.Connection, patients: int) -> Sequence[UUID]:
    """The patients with their plans, what they took, and the tasks of today written down."""
    clinic, clinician, since = uuid4(), uuid4(), TODAY - timedelta(days=DAYS)
    await connection.execute("INSERT INTO organisation (id, kind, name) VALUES ($1, 'CLINIC', 'Bench')", clinic)
    await connection.execute(
        "INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)"
        " VALUES ($1, 'bench', 'bench', 'CLINICIAN', $2, 'Bench', now())",
        clinician,
        clinic,
    )
    await connection.execute(PATIENTS, clinic, patients)
    await connection.execute(PLANS, since, clinician)
    await connection.execute(ACTIVITIES)
    await connection.execute(SCHEDULES, since)
    await connection.execute("ANALYZE")
    await connection.execute(OUTCOMES, TODAY - timedelta(days=28), TODAY - timedelta(days=1))
    await connection.execute(f"CREATE TABLE written AS SELECT * FROM planned_tasks('{TODAY}', '{TODAY}')")  # noqa: S608
    await connection.execute("CREATE INDEX ON written (patient_id)")
    await connection.execute("VACUUM ANALYZE")
    return [row["id"] for row in await connection.fetch("SELECT id FROM patient ORDER BY id LIMIT 500")]


async def best(work: Callable[[], Awaitable[Sequence[Any]]]) -> tuple[float, int]:
    """Milliseconds, the least of some rounds, and how many rows there were."""
    clock, found = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = len(await work())
        clock.append(time.perf_counter() - began)
    return min(clock) * 1000, found


def rows_of(connection: asyncpg.Connection, query: str, *values: Any) -> Callable[[], Awaitable[Sequence[Any]]]:
    """What asks for these rows."""

    async def asked() -> Sequence[Any]:
        rows: Sequence[Any] = await connection.fetch(query, *values)
        return rows

    return asked


async def main(patients: int) -> None:
    """Start what it needs, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            url = services.environment()["DATABASE_URL"]
            await migrate(url)
            connection = await asyncpg.connect(url)
            ids = await settle(connection, patients)
            derived, written = f"planned_tasks('{TODAY}', '{TODAY}') AS task", "written AS task"
            # What a clinic's page shows, and what the planning of reminders looks for.
            some = "SELECT * FROM {} WHERE task.patient_id = ANY($1::uuid[])"
            soon = "SELECT patient_id, due_at FROM {} WHERE task.due_at = $1"
            peak = datetime(TODAY.year, TODAY.month, TODAY.day, 7, tzinfo=UTC)
            for what, query, values in (
                ("a patient's day", some, (ids[:1],)),
                ("the day of 25", some, (ids[:25],)),
                ("everybody due at eight", soon, (peak,)),
            ):
                by_hand = await best(rows_of(connection, query.format(written), *values))
                clock, found = await best(rows_of(connection, query.format(derived), *values))
                assert found == by_hand[1], what
                print(f"{what}: {found} tasks, {clock:.1f} ms ({clock / by_hand[0]:.1f})")
            clock, found = await best(lambda: tasks.of_day(connection, ids[:1], TODAY, NOW))
            print(f"a patient's day with words and outcomes: {found} tasks, {clock:.1f} ms")
            since = TODAY - timedelta(days=27)
            clock, found = await best(lambda: adherence.of_patients(connection, ids[:1], since, TODAY, NOW))
            print(f"a patient's adherence of 28 days: {found} rows, {clock:.1f} ms")
            clock, found = await best(lambda: adherence.falling(connection, ids, NOW))
            print(f"whose adherence falls, of {len(ids)}: {found}, {clock:.0f} ms")
            await connection.close()
        finally:
            services.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
