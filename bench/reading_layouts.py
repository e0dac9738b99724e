"""`python -m bench.reading_layouts [ROWS]`: how readings are best kept, told by the same rows in several layouts.

Prints for each layout the bytes a reading takes with its indexes, how fast COPY fills it, and how long the statements
of the app take, as ratios to the first layout, all in one run. The layouts differ in nothing but what their names say.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from dev.services import Services

READINGS_OF_A_PATIENT = 800
KINDS = ("BLOOD_PRESSURE", "HEART_RATE", "WEIGHT", "STEPS")
YEARS = range(2023, 2027)
BODY = """
  patient_id uuid NOT NULL, kind {kind} NOT NULL, measured_at timestamptz NOT NULL, id uuid NOT NULL, client_id uuid,
  received_at timestamptz NOT NULL, local_day date NOT NULL, value float8 NOT NULL, diastolic float8, pulse float8,
  sent_value float8, sent_unit text, offset_minutes smallint NOT NULL, source {source} NOT NULL, device text,
  flags text[]
"""
TEXT = {"kind": "varchar(24)", "source": "varchar(16)"}
ENUM = {"kind": "vital_kind", "source": "reading_source"}
BY_PATIENT = "PRIMARY KEY (patient_id, kind, measured_at, id)"
COLUMNS = (
    "patient_id", "kind", "measured_at", "id", "client_id", "received_at", "local_day", "value", "diastolic", "pulse",
    "sent_value", "sent_unit", "offset_minutes", "source", "device", "flags",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """One way to keep readings: statements that make the table `reading`."""

    name: str
    statements: tuple[str, ...]


LAYOUTS = (
    Layout(
        "text, key of its own",
        (
            f"CREATE TABLE reading ({BODY.format(**TEXT)}, PRIMARY KEY (id), UNIQUE (patient_id, client_id))",
            "CREATE INDEX ON reading (patient_id, kind, measured_at, id)",
        ),
    ),
    Layout(
        "enums, key by patient",
        (
            f"CREATE TABLE reading ({BODY.format(**ENUM)}, {BY_PATIENT})",
            "CREATE INDEX ON reading (patient_id, client_id)",
        ),
    ),
    Layout(
        "the same by year",
        (
            f"CREATE TABLE reading ({BODY.format(**ENUM)}, {BY_PATIENT}) PARTITION BY RANGE (measured_at)",
            *(
                f"CREATE TABLE reading_{year} PARTITION OF reading"
                f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
                for year in YEARS
            ),
            "CREATE INDEX ON reading (patient_id, client_id)",
        ),
    ),
    Layout(
        "the same by hash of patient",
        (
            f"CREATE TABLE reading ({BODY.format(**ENUM)}, {BY_PATIENT}) PARTITION BY HASH (patient_id)",
            *(
                f"CREATE TABLE reading_{part} PARTITION OF reading FOR VALUES WITH (MODULUS 16, REMAINDER {part})"
                for part in range(16)
            ),
            "CREATE INDEX ON reading (patient_id, client_id)",
        ),
    ),
)


def rows(count: int, seed: int = 1) -> Iterator[tuple[Any, ...]]:
    """Readings as they arrive: in order of time, the patients mixed."""
    chance = random.Random(seed)
    patients = [UUID(int=chance.getrandbits(128)) for _ in range(max(1, count // READINGS_OF_A_PATIENT))]
    start = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    step = timedelta(days=365 * len(YEARS) - 40) / count
    for number in range(count):
        kind = chance.choice(KINDS)
        at = start + number * step
        is_pressure = kind == "BLOOD_PRESSURE"
        yield (
            chance.choice(patients), kind, at, UUID(int=chance.getrandbits(128)), UUID(int=chance.getrandbits(128)),
            at + timedelta(seconds=3), at.date(), float(chance.randint(60, 180)), 80.0 if is_pressure else None,
            66.0 if is_pressure else None, None, None, 60, "DEVICE", "Demo device", None,
        )  # fmt: skip


async def timed(connection: asyncpg.Connection, query: str, arguments: Sequence[tuple[Any, ...]]) -> float:
    """Milliseconds a call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        for one in arguments:
            await connection.fetch(query, *one)
        best = min(best, time.perf_counter() - started)
    return best / len(arguments) * 1000


async def measure(connection: asyncpg.Connection, layout: Layout, data: list[tuple[Any, ...]]) -> dict[str, float]:
    """The figures of one layout."""
    await connection.execute("DROP TABLE IF EXISTS reading")
    for statement in layout.statements:
        await connection.execute(statement)
    started = time.perf_counter()
    for first in range(0, len(data), 100_000):
        await connection.copy_records_to_table("reading", records=data[first : first + 100_000], columns=COLUMNS)
    copied = time.perf_counter() - started
    await connection.execute("VACUUM ANALYZE reading")
    size = await connection.fetchval(
        "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('reading')"
        if "PARTITION" in layout.statements[0]
        else "SELECT pg_total_relation_size('reading')"
    )
    chance = random.Random(2)
    some = [row[0] for row in chance.sample(data, 200)]
    until = data[-1][2]
    known = [(row[0], [row[4]]) for row in chance.sample(data, 200)]
    hundred = [
        (one, [uuid4() for _ in range(100)], [until + timedelta(seconds=second) for second in range(100)])
        for one in some[:30]
    ]
    return {
        "bytes a reading": int(size) / len(data),
        "COPY us a reading": copied / len(data) * 1e6,
        "90 days ms": await timed(
            connection,
            "SELECT measured_at, value, diastolic FROM reading WHERE patient_id = $1 AND kind = 'BLOOD_PRESSURE'"
            " AND measured_at >= $2 AND measured_at < $3 ORDER BY measured_at",
            [(one, until - timedelta(days=90), until) for one in some],
        ),
        "latest of 50 ms": await timed(
            connection,
            "SELECT newest.* FROM unnest($1::uuid[]) AS owner (id) CROSS JOIN LATERAL (SELECT * FROM reading"
            " WHERE patient_id = owner.id AND kind = 'WEIGHT' ORDER BY measured_at DESC, id DESC LIMIT 1) AS newest",
            [(some[first : first + 50],) for first in range(0, 150, 10)],
        ),
        "known clientId ms": await timed(
            connection, "SELECT id FROM reading WHERE patient_id = $1 AND client_id = ANY($2)", known
        ),
        "insert of 100 ms": await timed(
            connection,
            "INSERT INTO reading (patient_id, kind, measured_at, id, client_id, received_at, local_day, value,"
            " offset_minutes, source) SELECT $1, 'WEIGHT', at, gen_random_uuid(), id, at, at::date, 80, 60, 'DEVICE'"
            " FROM unnest($2::uuid[], $3::timestamptz[]) AS sent (id, at) ON CONFLICT DO NOTHING",
            hundred,
        ),
    }


async def main(count: int) -> None:
    """Measure every layout and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services")
        try:
            connection = await asyncpg.connect(services.environment()["DATABASE_URL"])
            await connection.execute(f"CREATE TYPE vital_kind AS ENUM {KINDS}")
            await connection.execute("CREATE TYPE reading_source AS ENUM ('DEVICE', 'MANUAL', 'IMPORT', 'CORRECTION')")
            data = list(rows(count))
            found = [(layout.name, await measure(connection, layout, data)) for layout in LAYOUTS]
            await connection.close()
        finally:
            services.stop()
    first = found[0][1]
    print(f"{count} readings; in brackets the ratio to the first layout")
    for figure, basis in first.items():
        told = (f"{name}: {each[figure]:.3g} ({each[figure] / basis:.2f})" for name, each in found)
        print(figure.ljust(20), *told, sep="  ")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
