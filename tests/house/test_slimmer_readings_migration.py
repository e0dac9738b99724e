"""Readings change their shape and nothing else, there and back; the newest of each kind are kept apart."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from dev.services import Services
from tests.house.test_migrations import run

TORTOISE = ("-m", "tortoise", "-c", "adapters.database.TORTOISE_ORM")
INSERT = (
    "INSERT INTO reading (patient_id, kind, measured_at, id, client_id, received_at, local_day, value, diastolic,"
    " pulse, offset_minutes, source, setting, device, flags, sent, circumstances, superseded_by, superseded_at)"
    " VALUES ($1, $2, $3, $4, $5, $3, $3::timestamptz::date, $6, $7, 64, 60, 'DEVICE', 'OFFICE', 'Cuff',"
    """ '{UNUSUAL_PULSE}', '{"unit": "kPa"}', '{"arm": "LEFT"}', $8, $9)"""
)
ALL = (
    "SELECT patient_id, kind, measured_at, id, client_id, received_at, local_day, value, diastolic, pulse,"
    " offset_minutes, source, setting, device, flags, sent, circumstances, superseded_by, superseded_at"
    " FROM {} ORDER BY kind::text, measured_at"
)
# In the partition of the past, across the turn of a year, and in the newest.
MOMENTS = [
    datetime(1999, 5, 1, tzinfo=UTC),
    datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2025, 1, 1, tzinfo=UTC),
    datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
]


async def test_every_reading_is_the_same_there_and_back(services: Services) -> None:
    admin = await asyncpg.connect(services.environment()["DATABASE_URL"])
    await admin.execute("CREATE DATABASE slimmer")
    try:
        run(services, "slimmer", *TORTOISE, "upgrade", "cuore", "0008_events_of_device_tokens")
        connection = await asyncpg.connect(services.environment("slimmer")["DATABASE_URL"])
        patient, right = uuid4(), uuid4()
        for at in MOMENTS:
            is_wrong = at == MOMENTS[-1]
            superseded = (right, at) if is_wrong else (None, None)
            await connection.execute(INSERT, patient, "BLOOD_PRESSURE", at, uuid4(), uuid4(), 128.5, 82.0, *superseded)
        await connection.execute(INSERT, patient, "WEIGHT", MOMENTS[0], uuid4(), None, 81.2, None, None, None)
        before = await connection.fetch(ALL.format("reading"))
        await connection.close()

        run(services, "slimmer", "-m", "adapters.migrate")
        connection = await asyncpg.connect(services.environment("slimmer")["DATABASE_URL"])
        assert await connection.fetch(ALL.format("reading")) == before
        # The pressure of 2026 was corrected away.
        assert await connection.fetch(ALL.format("latest_reading")) == [before[2], before[4]]
        places = await connection.fetch("SELECT tableoid::regclass::text AS place FROM reading ORDER BY measured_at")
        assert [row["place"] for row in places] == ["reading_past"] * 2 + [
            f"reading_{year}" for year in (2024, 2025, 2026)
        ]
        await connection.close()

        run(services, "slimmer", *TORTOISE, "downgrade", "cuore", "0008_events_of_device_tokens")
        connection = await asyncpg.connect(services.environment("slimmer")["DATABASE_URL"])
        assert await connection.fetch(ALL.format("reading")) == before
        assert await connection.fetchval("SELECT to_regclass('latest_reading')") is None
        await connection.close()
    finally:
        await admin.execute("DROP DATABASE slimmer WITH (FORCE)")
        await admin.close()
