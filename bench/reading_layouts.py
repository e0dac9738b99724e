"""`python -m bench.reading_layouts [ROWS]`: how readings are best kept, told by the same rows in several layouts.

Prints for each layout the bytes a reading takes with its indexes, how fast COPY fills it, and how long the statements
of the app take, as ratios to the first layout, all in one run. The layouts differ in nothing but what their names say.
"""

import asyncio
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from dev.services import Services

READINGS_OF_A_PATIENT = 800
ROUNDS = 4
KINDS = ("BLOOD_PRESSURE", "HEART_RATE", "WEIGHT", "STEPS")
YEARS = range(2023, 2027)
DIGITS = "floor(value * CASE kind WHEN 'WEIGHT' THEN 10 ELSE 1 END + 0.5)"
# What the device showed, as one number: with kind and instant it says what the id says, in a quarter of its bytes.
SHOWN_DIGITS = f"""
CREATE FUNCTION shown(kind vital_kind, value float8, diastolic float8) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN {DIGITS}::integer * 1024 + coalesce(floor(diastolic + 0.5)::integer, 0)
"""
MADE_ID = f"""
CREATE FUNCTION made_id(patient uuid, kind vital_kind, at timestamptz, value float8, diastolic float8)
RETURNS uuid LANGUAGE sql STABLE RETURN md5(concat_ws('/', patient, kind, (extract(epoch FROM at) * 1000000)::bigint,
{DIGITS}::bigint, coalesce(floor(diastolic + 0.5)::bigint::text, '')))::uuid
"""
TYPES = (
    f"CREATE TYPE vital_kind AS ENUM {KINDS}",
    "CREATE TYPE reading_source AS ENUM ('DEVICE', 'MANUAL', 'IMPORT', 'CORRECTION')",
    "CREATE TYPE reading_setting AS ENUM ('HOME', 'OFFICE')",
    SHOWN_DIGITS,
    MADE_ID,
)
ID = "id uuid NOT NULL"
AS_SAID = """
  patient_id uuid NOT NULL, kind vital_kind NOT NULL, measured_at timestamptz NOT NULL, id uuid NOT NULL,
  client_id uuid, received_at timestamptz NOT NULL, local_day date NOT NULL, value float8 NOT NULL, diastolic float8,
  pulse float8, offset_minutes smallint NOT NULL, source reading_source NOT NULL, setting reading_setting NOT NULL,
  device text, flags text[], sent jsonb, circumstances jsonb, superseded_by uuid, superseded_at timestamptz
"""
WIDE_FIRST = """
  patient_id uuid NOT NULL, {id} measured_at timestamptz NOT NULL, received_at timestamptz NOT NULL,
  value float8 NOT NULL, diastolic float8, pulse float8, kind vital_kind NOT NULL, source reading_source NOT NULL,
  setting reading_setting NOT NULL, local_day date NOT NULL, offset_minutes smallint NOT NULL, client_id uuid,
  device text, flags text[], sent jsonb, circumstances jsonb, superseded_by uuid, superseded_at timestamptz
"""
BY_YEAR = ") PARTITION BY RANGE (measured_at)"
PARTITIONS = tuple(
    f"CREATE TABLE reading_{year} PARTITION OF reading FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
    for year in YEARS
)
KEY = "PRIMARY KEY (patient_id, kind, measured_at, id)"
SHOWN = "CREATE UNIQUE INDEX ON reading (patient_id, kind, measured_at, shown(kind, value, diastolic))"
CLIENT = "CREATE INDEX ON reading (patient_id, client_id) WHERE client_id IS NOT NULL"
ALONE = "CREATE INDEX ON reading (client_id) WHERE client_id IS NOT NULL"
HASHED = "CREATE INDEX ON reading USING hash (client_id) WHERE client_id IS NOT NULL"
COLUMNS = (
    "patient_id", "kind", "measured_at", "id", "client_id", "received_at", "local_day", "value", "diastolic", "pulse",
    "offset_minutes", "source", "setting", "device",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """One way to keep readings: statements that make the table `reading`."""

    name: str
    statements: tuple[str, ...]
    has_id: bool = True
    has_client_ids: bool = True


def _by_year(columns: str, *more: str) -> tuple[str, ...]:
    return (f"CREATE TABLE reading ({columns}{BY_YEAR}", *PARTITIONS, *more)


KEYED = WIDE_FIRST.format(id=f"{ID},")
COVERING = f"{KEY} INCLUDE (value, diastolic, superseded_by)"
LAYOUTS = (
    Layout("first", _by_year(f"{AS_SAID}, {KEY}", CLIENT)),
    Layout("wide first", _by_year(f"{KEYED}, {KEY}", CLIENT)),
    Layout("clientId alone", _by_year(f"{KEYED}, {KEY}", ALONE)),
    Layout("clientId hashed", _by_year(f"{KEYED}, {KEY}", HASHED)),
    Layout("no clientIds", _by_year(f"{KEYED}, {KEY}", CLIENT), has_client_ids=False),
    Layout("keyed by digits", _by_year(KEYED, SHOWN, CLIENT)),
    Layout("id computed", _by_year(WIDE_FIRST.format(id=""), SHOWN, CLIENT), has_id=False),
    Layout("covering", _by_year(f"{KEYED}, {COVERING}", CLIENT)),
    Layout("covering, no clientIds", _by_year(f"{KEYED}, {COVERING}", CLIENT), has_client_ids=False),
    Layout("covering, one table", (f"CREATE TABLE reading ({KEYED}, {COVERING})", CLIENT)),
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
            66.0 if is_pressure else None, 60, "DEVICE", "HOME", "Demo device",
        )  # fmt: skip


def fitting(data: list[tuple[Any, ...]], layout: Layout) -> tuple[list[tuple[Any, ...]], tuple[str, ...]]:
    """The rows and columns that the layout has."""
    left_out = {name for name, has in (("id", layout.has_id), ("client_id", layout.has_client_ids)) if not has}
    places = [place for place, name in enumerate(COLUMNS) if name not in left_out]
    return [tuple(row[place] for place in places) for row in data], tuple(COLUMNS[place] for place in places)


async def timed(connection: asyncpg.Connection, query: str, arguments: Sequence[tuple[Any, ...]]) -> float:
    """Processor milliseconds of PostgreSQL a call, the best of some rounds."""
    await connection.fetch(query, *arguments[0])
    best = float("inf")
    for _ in range(ROUNDS):
        started = session_seconds(connection)
        for one in arguments:
            await connection.fetch(query, *one)
        best = min(best, session_seconds(connection) - started)
    return best / len(arguments) * 1000


def session_seconds(connection: asyncpg.Connection) -> float:
    """Processor time that this session of PostgreSQL has had so far, which holds on a busy machine."""
    return int(Path(f"/proc/{connection.get_server_pid()}/schedstat").read_text().split()[0]) / 1e9


async def measure(connection: asyncpg.Connection, layout: Layout, data: list[tuple[Any, ...]]) -> dict[str, float]:
    """The figures of one layout."""
    await connection.execute("DROP TABLE IF EXISTS reading")
    for statement in layout.statements:
        await connection.execute(statement)
    kept, columns = fitting(data, layout)
    copied = 0.0
    for first in range(0, len(kept), 100_000):
        started = session_seconds(connection)
        await connection.copy_records_to_table("reading", records=kept[first : first + 100_000], columns=columns)
        copied += session_seconds(connection) - started
    await connection.execute("VACUUM ANALYZE reading")
    size, rows_alone = await connection.fetchrow(
        "SELECT sum(pg_total_relation_size(oid)), sum(pg_relation_size(oid)) FROM pg_class"
        " WHERE relkind = 'r' AND relname ~ '^reading'"
    )
    chance = random.Random(2)
    some = [row[0] for row in chance.sample(data, 200)]
    until = data[-1][2]
    hundred = [
        (one, [uuid4() for _ in range(100)], [until + timedelta(seconds=second) for second in range(100)])
        for one in some[:30]
    ]
    this_id = "id" if layout.has_id else "made_id(patient_id, kind, measured_at, value, diastolic)"
    written = ", id" if layout.has_id else ""
    made = ", gen_random_uuid()" if layout.has_id else ""
    return {
        "bytes a reading": int(size) / len(data),
        "of them in rows": int(rows_alone) / len(data),
        "COPY us a reading": copied / len(data) * 1e6,
        "90 days ms": await timed(
            connection,
            f"SELECT {this_id} AS id, measured_at, value, diastolic, source FROM reading WHERE patient_id = $1"  # noqa: S608
            " AND kind = 'BLOOD_PRESSURE' AND measured_at >= $2 AND measured_at < $3 AND superseded_by IS NULL"
            " ORDER BY measured_at DESC, 1 DESC LIMIT 101",
            [(one, until - timedelta(days=90), until) for one in some],
        ),
        "all as columns ms": await timed(
            connection,
            "SELECT array_agg(measured_at ORDER BY measured_at), array_agg(value ORDER BY measured_at) FROM reading"
            " WHERE patient_id = $1 AND kind = 'BLOOD_PRESSURE' AND superseded_by IS NULL",
            [(one,) for one in some],
        ),
        "latest of 50 ms": await timed(
            connection,
            "SELECT newest.* FROM unnest($1::uuid[]) AS owner (id) CROSS JOIN LATERAL (SELECT * FROM reading"  # noqa: S608
            f" WHERE patient_id = owner.id AND kind = 'WEIGHT' ORDER BY measured_at DESC, {this_id} DESC LIMIT 1)"
            " AS newest",
            [(some[first : first + 50],) for first in range(0, 150, 10)],
        ),
        "new clientIds ms": await timed(
            connection,
            "SELECT measured_at FROM reading WHERE patient_id = $1 AND client_id = ANY($2)",
            [(one, client_ids) for one, client_ids, _ in hundred],
        ),
        "insert of 100 ms": await timed(
            connection,
            f"INSERT INTO reading (patient_id, kind, measured_at, client_id, received_at, local_day, value,"  # noqa: S608
            f" offset_minutes, source, setting{written}) SELECT $1, 'WEIGHT', at, id, at, at::date, 200 * random(), 60,"
            f" 'DEVICE', 'HOME'{made} FROM unnest($2::uuid[], $3::timestamptz[]) AS sent (id, at)"
            " ON CONFLICT DO NOTHING",
            hundred,
        ),
    }


async def main(count: int) -> None:
    """Measure every layout and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services")
        try:
            connection = await asyncpg.connect(services.environment()["DATABASE_URL"])
            for statement in TYPES:
                await connection.execute(statement)
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
