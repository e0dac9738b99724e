"""`python -m bench.import_readings [MILLIONS]`: importing readings from files, beside COPY of the same rows.

Each patient has a table of forty thousand readings of years; every file takes the whole way of `cuore import` (told by
its content, read, checked, identified, kept once, summed by day, audited, announced). Then the table is emptied and
the same rows go into it by COPY alone. Both write one after the other, so the ratio of the times is one of the whole
way to COPY; processor time of this process and of PostgreSQL is told beside.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from adapters.migrate import migrate
from adapters.runtime import Runtime, open_runtime
from adapters.settings import read_settings
from adapters.vital_formats.format import Found
from adapters.vital_formats.generic_csv import GenericTable
from bench.ingest import database_seconds
from dev.importing.choices import Choices
from dev.importing.files import import_file
from dev.services import Services
from domain.access import Actor
from domain.kinds import Role

READINGS_A_PATIENT = 40_000
READINGS_A_DAY = 24
COPY_ROWS = 50_000
ROME = ZoneInfo("Europe/Rome")


@dataclass
class Taken:
    """What something took: seconds on the wall, and processor seconds here and in PostgreSQL."""

    wall: float = 0.0
    here: float = 0.0
    database: float = 0.0

    def __str__(self) -> str:
        return f"{self.wall:.1f} s (processor {self.here:.1f} s here, {self.database:.1f} s PostgreSQL)"


@asynccontextmanager
async def timed(services: Services, taken: Taken) -> AsyncIterator[None]:
    """Add what the block takes."""
    wall, here, database = time.perf_counter(), time.process_time(), database_seconds(services)
    yield
    taken.wall += time.perf_counter() - wall
    taken.here += time.process_time() - here
    taken.database += database_seconds(services) - database


def a_file(folder: Path, chance: Random, until: datetime) -> Path:
    """The table of one patient: each day pressure twice, weight and steps once, heart rate hourly; the oldest first."""
    lines = ["time,systolic,diastolic,heart_rate,weight,steps"]
    for day in range(READINGS_A_PATIENT // READINGS_A_DAY, 0, -1):
        begin = until - timedelta(days=day, minutes=chance.randrange(30))
        for hour in range(READINGS_A_DAY - 4):
            pressure = f"{chance.randint(105, 165)},{chance.randint(65, 94)}" if hour in {1, 13} else ","
            rest = f"{75 + 8 * chance.random():.1f},{chance.randint(500, 15000)}" if hour == 1 else ","
            at = begin + timedelta(hours=hour)
            lines.append(f"{at.isoformat(timespec='seconds')},{pressure},{chance.randint(55, 95)},{rest}")
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


async def settle(runtime: Runtime, patients: int) -> tuple[Actor, list[UUID]]:
    """A clinic with so many patients, and its clinician."""
    clinic, clinician = uuid4(), uuid4()
    owners = [uuid4() for _ in range(patients)]
    async with runtime.pool.acquire() as connection:
        await connection.execute("INSERT INTO organisation (id, kind, name) VALUES ($1, 'CLINIC', 'Bench')", clinic)
        await connection.execute(
            "INSERT INTO account (id, issuer, subject, role, organisation_id, display_name, created_at)"
            " VALUES ($1, 'bench', 'clinician', 'CLINICIAN', $2, 'Bench', now())",
            clinician,
            clinic,
        )
        await connection.execute(
            "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
            " SELECT id, $2, 'Patient', $3, 'Europe/Rome', 'it-IT', '{}', now() FROM unnest($1::uuid[]) AS made (id)",
            owners,
            clinic,
            date(1950, 1, 1),
        )
        await connection.execute(
            "INSERT INTO care_relation (id, patient_id, clinician_id, starts_at)"
            " SELECT gen_random_uuid(), id, $2, now() FROM unnest($1::uuid[]) AS made (id)",
            owners,
            clinician,
        )
        await connection.execute("ANALYZE")
    return Actor(clinician, Role.CLINICIAN, clinic, None, "Bench"), owners


async def import_all(
    services: Services, runtime: Runtime, by: Actor, owners: list[UUID], folder: Path
) -> tuple[Taken, float]:
    """Import a file for each patient; what the imports took, and processor seconds that reading the files takes."""
    taken, chance, kept, read = Taken(), Random(1), 0, 0.0
    sampled = max(1, len(owners) // 10)
    for number, owner in enumerate(owners, 1):
        path = a_file(folder, chance, datetime.now(UTC))
        async with timed(services, taken):
            report = await import_file(runtime, path, owner, by, Choices(), lambda _done, _of: None)
        assert not report.refused
        kept += report.accepted
        if number % sampled == 0:
            print(f"  {kept:,} readings, {kept / taken.wall:,.0f} a second so far", flush=True)
            started = time.process_time()
            with path.open("rb") as file:
                assert sum(isinstance(one, Found) for one in GenericTable().read(file, ROME)) == report.accepted
            read += (time.process_time() - started) * sampled
    return taken, read


async def copy_all(services: Services, runtime: Runtime) -> Taken:
    """Empty the table and COPY the same rows into it; what only the COPY took."""
    taken = Taken()
    async with runtime.pool.acquire() as connection:
        await connection.execute("CREATE TABLE kept AS SELECT * FROM reading; TRUNCATE reading", timeout=900)
        pages, count = await connection.fetchrow(
            "SELECT (SELECT pg_relation_size('kept') / 8192), (SELECT count(*) FROM kept)", timeout=900
        )
        step = max(1, pages * COPY_ROWS // count)
        for first in range(0, pages, step):
            rows = await connection.fetch(
                f"SELECT * FROM kept WHERE ctid >= '({first},0)' AND ctid < '({first + step},0)'",  # noqa: S608
            )
            async with timed(services, taken):
                await connection.copy_records_to_table("reading", records=rows, columns=list(rows[0].keys()))
        await connection.execute("DROP TABLE kept")
    return taken


async def sizes(runtime: Runtime) -> tuple[int, int]:
    """Bytes of all readings, and of their indexes alone."""
    row = await runtime.pool.fetchrow(
        "SELECT sum(pg_total_relation_size(oid))::bigint, sum(pg_indexes_size(oid))::bigint FROM pg_class"
        " WHERE relkind = 'r' AND relname ~ '^reading_'"
    )
    assert row is not None
    return row[0], row[1]


async def measure(services: Services, runtime: Runtime, millions: float, folder: Path) -> None:
    """Import, weigh, COPY, and pack the newest year."""
    wanted = round(millions * 1_000_000)
    by, owners = await settle(runtime, max(1, wanted // READINGS_A_PATIENT))
    taken, read = await import_all(services, runtime, by, owners, folder)
    count = await runtime.pool.fetchval("SELECT count(*) FROM reading", timeout=900)
    size, indexes = await sizes(runtime)
    print(f"imported {count:,} readings of {len(owners):,} patients in {taken}: {count / taken.wall:,.0f} a second")
    print(f"bytes a reading {size / count:.0f}, of them indexes {indexes / count:.0f}")
    newest = f"reading_{datetime.now(UTC).year}"
    before = await runtime.pool.fetchval("SELECT pg_indexes_size($1::text::regclass)", newest)
    started = time.perf_counter()
    await runtime.pool.execute(f"REINDEX TABLE {newest}", timeout=900)
    after = await runtime.pool.fetchval("SELECT pg_indexes_size($1::text::regclass)", newest)
    took = time.perf_counter() - started
    print(f"the newest year's indexes built anew in {took:.1f} s: {before / 2**20:.0f} MB became {after / 2**20:.0f}")
    copied = await copy_all(services, runtime)
    print(f"COPY of the same rows in {copied}: {count / copied.wall:,.0f} a second")
    here, alone = taken.here + taken.database, copied.here + copied.database
    print(f"import / COPY by the clock {taken.wall / copied.wall:.2f}, in processor time {here / alone:.2f};")
    print(f"without reading the files, which took {read:.1f} s of it, {(here - read) / alone:.2f}")


async def main(millions: float) -> None:
    """Start what it needs, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            environment = services.environment() | {"ENVIRONMENT": "test", "OIDC_ISSUER": "http://127.0.0.1:1"}
            await migrate(environment["DATABASE_URL"])
            async with open_runtime(read_settings(environment)) as runtime:
                await measure(services, runtime, millions, Path(folder))
        finally:
            services.stop()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1))
