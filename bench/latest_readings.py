"""`python -m bench.latest_readings [PATIENTS]`: the newest readings found by the key, or kept apart in a table.

Prints what PostgreSQL's processor takes for the moment of the last reading of every patient of a worklist (found among
all readings, by a jump to the newest of each kind, or kept apart), for two kinds of 50 patients, and what keeping them
apart adds to a batch of four kinds; in brackets the ratio to the first way of each.
"""

import asyncio
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from adapters.migrate import migrate
from bench.reading_layouts import session_seconds, timed
from dev.services import Services
from domain import roll_ups
from domain.kinds import VitalKind

READINGS_OF_A_PATIENT = 800
KINDS = (VitalKind.BLOOD_PRESSURE, VitalKind.HEART_RATE, VitalKind.WEIGHT, VitalKind.STEPS)
COLUMNS = (
    "patient_id", "id", "measured_at", "received_at", "value", "diastolic", "kind", "source", "setting", "local_day",
    "offset_minutes",
)  # fmt: skip
OF_EACH = (
    "SELECT id, (SELECT max(measured_at) FROM {} WHERE patient_id = owner.id) FROM unnest($1::uuid[]) AS owner (id)"
)
LAST = {
    "among all": OF_EACH.format("reading"),
    "by a jump to each kind": "SELECT owner.id, max(newest.measured_at) FROM unnest($1::uuid[]) AS owner (id)"
    " CROSS JOIN unnest(enum_range(NULL::vital_kind)) AS one (kind)"
    " CROSS JOIN LATERAL (SELECT measured_at FROM reading WHERE patient_id = owner.id AND reading.kind = one.kind"
    " ORDER BY measured_at DESC LIMIT 1) AS newest GROUP BY owner.id",
    "kept apart": OF_EACH.format("latest_reading"),
}
TWO_KINDS = {
    "by a jump to each kind": "SELECT newest.* FROM unnest($1::uuid[]) AS owner (id)"
    " CROSS JOIN unnest('{BLOOD_PRESSURE,WEIGHT}'::vital_kind[]) AS wanted (kind)"
    " CROSS JOIN LATERAL (SELECT * FROM reading WHERE reading.patient_id = owner.id AND reading.kind = wanted.kind"
    " AND superseded_by IS NULL ORDER BY measured_at DESC, reading.id DESC LIMIT 1) AS newest",
    "kept apart": "SELECT * FROM latest_reading WHERE patient_id = ANY($1::uuid[])"
    " AND kind = ANY('{BLOOD_PRESSURE,WEIGHT}'::vital_kind[])",
}


async def fill(connection: asyncpg.Connection, patients: int) -> list[UUID]:
    """Readings of so many patients, the newest some hours old."""
    chance = random.Random(1)
    owners = [UUID(int=chance.getrandbits(128)) for _ in range(patients)]
    now = datetime.now(UTC)
    rows: list[tuple[Any, ...]] = []
    for number in range(READINGS_OF_A_PATIENT):
        for owner in owners:
            kind = KINDS[number % len(KINDS)]
            at = (
                now - (READINGS_OF_A_PATIENT - number) * timedelta(hours=12) + timedelta(seconds=chance.randrange(9999))
            )
            diastolic = 80.0 if kind is VitalKind.BLOOD_PRESSURE else None
            this = UUID(int=chance.getrandbits(128))
            value = float(chance.randint(100, 160))
            rows.append((owner, this, at, at, value, diastolic, kind.value, "DEVICE", "HOME", at.date(), 0))
    await connection.copy_records_to_table("reading", records=rows, columns=COLUMNS)
    await connection.execute(
        "INSERT INTO latest_reading SELECT DISTINCT ON (patient_id, kind) * FROM reading"
        " ORDER BY patient_id, kind, measured_at DESC, id DESC"
    )
    await connection.execute("VACUUM ANALYZE")
    return owners


async def rolled_up(connection: asyncpg.Connection, owners: list[UUID], kinds: tuple[VitalKind, ...]) -> float:
    """Processor milliseconds of PostgreSQL for a patient's roll-ups after a batch, the best of some rounds."""
    today = datetime.now(UTC).date()
    best = float("inf")
    for _ in range(4):
        started = session_seconds(connection)
        for owner in owners:
            await roll_ups.refresh(connection, owner, kinds, [(kind, today) for kind in KINDS])
        best = min(best, session_seconds(connection) - started)
    return best / len(owners) * 1000


def tell(what: str, found: dict[str, float]) -> None:
    """One line."""
    basis = next(iter(found.values()))
    print(what.ljust(34), *(f"{name}: {each:.3g} ms ({each / basis:.2f})" for name, each in found.items()), sep="  ")


async def main(patients: int) -> None:
    """Start what it needs, measure, stop."""
    with tempfile.TemporaryDirectory() as folder:
        services = Services.start(Path(folder) / "services", fast=True)
        try:
            url = services.environment()["DATABASE_URL"]
            await migrate(url)
            connection = await asyncpg.connect(url)
            owners = await fill(connection, patients)
            last = {name: await timed(connection, query, [(owners,)] * 5) for name, query in LAST.items()}
            fifties = [(owners[first : first + 50],) for first in range(0, patients - 50, 10)]
            two = {name: await timed(connection, query, fifties) for name, query in TWO_KINDS.items()}
            without = await rolled_up(connection, owners[:100], ())
            with_newest = await rolled_up(connection, owners[:100], KINDS)
            await connection.close()
        finally:
            services.stop()
    tell(f"last reading of {patients} patients", last)
    tell("two kinds of 50 patients", two)
    tell("roll-ups after a batch", {"without the newest": without, "with the newest": with_newest})


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
