"""`python -m bench.worklist [PATIENTS]`: the worklist of a clinic of 2,000 among so many patients, 120,000 if not said.

Prints the milliseconds of PostgreSQL's processor for the first page, one from the middle and the last, for a clinician
who cares for all of the clinic and for a coordinator, and those on the clock for the first; in brackets the ratio to
nothing but finding the caller's patients, in the same run. The goal is 100 ms for the first page.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from adapters.migrate import migrate
from bench.reading_layouts import session_seconds
from dev.services import Services
from domain import worklist
from domain.access import Actor, visibility_key, visible_patients
from domain.kinds import Role
from domain.worklist import Place

PATIENTS_OF_A_CLINIC = 2_000
PAGE = 51
ROUNDS = 15
# An id of a number: 0 for clinics, 1 for clinicians, 2 for patients; scattered as real ones are.
ID = "md5('{}-' || {})::uuid"
DATA = f"""
INSERT INTO organisation (id, kind, name)
  SELECT {ID.format(0, "clinic")}, 'CLINIC', 'Clinic ' || clinic FROM generate_series(0, $1 - 1) AS clinic;
INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)
  SELECT {ID.format(1, "clinic")}, 'bench', clinic, 'CLINICIAN', {ID.format(0, "clinic")}, 'Clinician', now()
  FROM generate_series(0, $1 - 1) AS clinic;
INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)
  SELECT {ID.format(2, "one")}, {ID.format(0, "one % $1")}, 'Patient ' || md5(one::text), '1958-03-02', 'Europe/Rome',
    'it-IT', '{{HYPERTENSION}}', now() - interval '1 year' FROM generate_series(0, $2 - 1) AS one;
INSERT INTO care_relation (id, patient_id, clinician_id, starts_at)
  SELECT patient.id, patient.id, account.id, now() - interval '1 day' FROM patient
  JOIN account ON account.organisation_id = patient.clinic_id;
INSERT INTO latest_reading (patient_id, id, measured_at, received_at, value, kind, source, setting, local_day,
    offset_minutes)
  SELECT id, id, at, at, 80, kind::vital_kind, 'DEVICE', 'HOME', at::date, 0 FROM patient
  CROSS JOIN unnest('{{BLOOD_PRESSURE,HEART_RATE,WEIGHT,STEPS}}'::text[]) AS kind
  CROSS JOIN LATERAL (SELECT now() - random() * interval '5 days' AS at WHERE patient.id IS NOT NULL) AS moment;
INSERT INTO alert (id, patient_id, topic, rule, rule_version, severity, status, title, explanation, raised_at,
    resolved_at, version)
  SELECT gen_random_uuid(), id, 'T' || number, 'T' || number, 1,
    (ARRAY['EMERGENCY','URGENT','REVIEW','REVIEW','INFO'])[1 + floor(random() * 5)],
    CASE WHEN number > 1 THEN 'RESOLVED' ELSE (ARRAY['OPEN','ACKNOWLEDGED','SNOOZED'])[1 + floor(random() * 3)] END,
    'Something was found', 'e', at, CASE WHEN number > 1 THEN at + interval '1 day' END, 1
  FROM patient CROSS JOIN generate_series(1, 4) AS number
  CROSS JOIN LATERAL (SELECT now() - random() * interval '90 days' AS at WHERE patient.id IS NOT NULL) AS moment
  -- Every tenth patient has one that is not resolved, all have some that are.
  WHERE number > 1 OR abs(hashtext(patient.id::text)) % 10 = 0;
INSERT INTO finding (id, patient_id, measure, kind, direction, score, onset_at, raised_at, reading_id, observed,
    expected_low, expected_high, is_explained, method, version, explanation, found_at)
  SELECT gen_random_uuid(), id, 'WEIGHT', 'RAMP', 'UP', 7, at, at, gen_random_uuid(), 91, 80, 82, false, 'm', 'v',
    '{{}}', at FROM patient CROSS JOIN generate_series(1, 3)
  CROSS JOIN LATERAL (SELECT now() - random() * interval '180 days' AS at WHERE patient.id IS NOT NULL) AS moment;
INSERT INTO medication_lapse (id, patient_id, found_at, rule_version, days, covered, days_before, covered_before)
  SELECT id, id, now() - random() * interval '9 days', 1, 14, 6, 28, 28 FROM patient WHERE random() < 0.1;
"""  # noqa: S608 - of our own


async def fill(connection: asyncpg.Connection, total: int) -> None:
    """The data set, made by PostgreSQL itself."""
    clinics = max(total // PATIENTS_OF_A_CLINIC, 1)
    for statement in DATA.split(";\n")[:-1]:
        await connection.execute(statement.replace("$1", str(clinics)).replace("$2", str(total)))
    await connection.execute("VACUUM ANALYZE")


async def milliseconds(
    connection: asyncpg.Connection, ask: Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]
) -> tuple[float, float]:
    """What it takes of PostgreSQL's processor and on the clock, the best of some rounds."""
    spent, took = [], []
    for _ in range(ROUNDS):
        before, began = session_seconds(connection), time.perf_counter()
        await ask()
        spent.append(session_seconds(connection) - before)
        took.append(time.perf_counter() - began)
    return min(spent) * 1000, min(took) * 1000


async def measure(connection: asyncpg.Connection, by: Actor) -> None:
    """Print a line for one caller."""
    at = await connection.fetchval("SELECT now()")

    async def ask(after: Place | None) -> Sequence[Mapping[str, Any]]:
        return await worklist.page(connection, by, at=at, after=after, limit=PAGE)

    visible = f"{visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
    count = f"SELECT count(*) FROM patient WHERE {visible}"  # noqa: S608 - no value in it
    key = visibility_key(by)
    places: list[Place] = []
    while rows := await ask(places[-1] if places else None):
        last = rows[-1]
        places.append((last["place"], last["waiting_since"], last["id"]))
    least, _ = await milliseconds(connection, lambda: connection.fetch(count, at, key))
    pages: dict[str, Place | None] = {"first": None, "middle": places[len(places) // 2], "last": places[-2]}
    told = []
    for name, after in pages.items():
        spent, took = await milliseconds(connection, partial(ask, after))
        clock = f", {took:.1f} ms on the clock" if after is None else ""
        told.append(f"{name} page: {spent:.1f} ms ({spent / least:.1f}){clock}")
    print(f"{by.role.lower():12}", f"their patients: {least:.1f} ms (1)", *told, sep="  ")


async def main(total: int) -> None:
    """Start what it needs, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            url = services.environment()["DATABASE_URL"]
            await migrate(url)
            connection = await asyncpg.connect(url)
            await fill(connection, total)
            clinic, clinician = [await connection.fetchval(f"SELECT {ID.format(kind, '0')}") for kind in (0, 1)]
            for role in (Role.CLINICIAN, Role.COORDINATOR):
                account: UUID = clinician
                await measure(connection, Actor(account, role, clinic, None, "bench"))
            await connection.close()
        finally:
            services.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120_000))
