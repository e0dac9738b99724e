"""`python -m bench.reanalyse [PATIENTS]`: all patients analysed anew by one worker and by two, through PostgreSQL.

Each patient has 21 pressures, heart rates and weights over 84 days: four series, 84 values. The workers are those of
production; one lane each. Said are the seconds, values a second, the processor time beneath, the most memory that a
worker and its child ever held, how much faster two are, and what that comes to for 120,000 patients with 10 million
values.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from adapters.migrate import migrate
from adapters.runtime import Runtime, open_runtime
from adapters.settings import read_settings
from bench.ingest import database_seconds
from dev.services import Services
from domain import reanalyses
from domain.unit_of_work import lone_connection

VALUES_A_PATIENT = 84
GOAL_VALUES = 10_000_000
ROOT = Path(__file__).parent.parent
READINGS = """
INSERT INTO reading (patient_id, id, measured_at, received_at, value, diastolic, kind, source, setting, local_day,
  offset_minutes)
SELECT id, gen_random_uuid(), at, at, level + random_normal(0, noise), CASE kind WHEN 'BLOOD_PRESSURE'
  THEN level - 54 + random_normal(0, 6) END, kind::vital_kind, 'DEVICE', 'HOME', at::date, 60
FROM patient CROSS JOIN (VALUES ('BLOOD_PRESSURE', 134, 7), ('HEART_RATE', 70, 5), ('WEIGHT', 82, 0.5))
  AS wanted (kind, level, noise) CROSS JOIN generate_series(0, 20) AS number
CROSS JOIN LATERAL (SELECT now() - interval '4 days' * number - interval '1 hour' * random() AS at) AS moment
ORDER BY patient.id, kind, moment.at
"""
LATEST = """
INSERT INTO latest_reading SELECT DISTINCT ON (patient_id, kind) * FROM reading ORDER BY patient_id, kind,
  measured_at DESC, id DESC
"""


async def fill(runtime: Runtime, patients: int) -> None:
    """Patients of one clinic with their readings, as if all had been seen."""
    clinic = uuid4()
    async with runtime.pool.acquire() as connection:
        await connection.execute("INSERT INTO organisation (id, kind, name) VALUES ($1, 'CLINIC', 'Bench')", clinic)
        await connection.execute(
            "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
            " SELECT gen_random_uuid(), $1, 'Patient ' || number, '1950-01-01', 'Europe/Rome', 'it-IT', '{}', now()"
            " FROM generate_series(1, $2::integer) AS number",
            clinic,
            patients,
        )
        await connection.execute(READINGS, timeout=None)
        await connection.execute(LATEST, timeout=None)
        await connection.execute("TRUNCATE vital_unread")
        await connection.execute("VACUUM ANALYZE")


def held(worker: int) -> tuple[int, float]:
    """The most MB that a process and its children have held, and the seconds of processor that they took so far."""
    processes = [str(worker), *Path(f"/proc/{worker}/task/{worker}/children").read_text().split()]
    megabytes, seconds = 0, 0.0
    for process in processes:
        status = Path(f"/proc/{process}/status").read_text()
        megabytes += int(status.partition("VmHWM:")[2].split()[0]) // 1024
        times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    return megabytes, seconds


def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A worker as in production."""
    return subprocess.Popen([sys.executable, "-m", "workers"], cwd=ROOT, env=os.environ | environment)


async def run(runtime: Runtime, services: Services, workers: int, environment: dict[str, str]) -> float:
    """Seconds of one reanalysis by so many workers, from an empty beginning."""
    await runtime.pool.execute("TRUNCATE vital_filter, finding, outbox_item")
    started = [start(environment) for _ in range(workers)]
    # Until they and their first child have loaded what they need.
    await asyncio.sleep(8)
    before = sum(held(one.pid)[1] for one in started)
    begin, database = time.perf_counter(), database_seconds(services)
    async with runtime.unit_of_work() as work:
        await reanalyses.go_on(work, workers)
    while True:
        async with lone_connection(runtime.pool) as connection:
            now = await reanalyses.progress(connection)
        assert now is not None
        if now.done == now.parts:
            break
        await asyncio.sleep(0.2)
    seconds = time.perf_counter() - begin
    values = now.readings
    print(
        f"{workers} worker(s): {values} values of {now.series} series, {now.findings} findings in {seconds:.1f} s:"
        f" {values / seconds:.0f} values/s,"
        f" processor {sum(held(one.pid)[1] for one in started) - before:.1f} s workers,"
        f" {database_seconds(services) - database:.1f} s PostgreSQL,"
        f" at most {max(held(one.pid)[0] for one in started)} MB a worker with its child;"
        f" {GOAL_VALUES / values * seconds:.0f} s for 10 million values",
        flush=True,
    )
    for one in started:
        one.terminate()
    for one in started:
        one.wait(20)
    return seconds


async def main(patients: int) -> None:
    """Fill, measure, compare."""
    with tempfile.TemporaryDirectory(prefix="cuore-bench-") as folder:
        services = Services.start(Path(folder))
        try:
            environment = services.environment() | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1:1"}
            await migrate(environment["DATABASE_URL"])
            async with open_runtime(read_settings(environment)) as runtime:
                await fill(runtime, patients)
                print(f"{patients} patients, {patients * VALUES_A_PATIENT} values", flush=True)
                one, two = [await run(runtime, services, workers, environment) for workers in (1, 2)]
                print(f"two workers are {one / two:.2f} times as fast as one")
        finally:
            services.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
