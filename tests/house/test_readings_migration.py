"""Readings that were kept before the table was cut into years are all there afterwards, known by what they say."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg

from dev.services import Services
from domain.kinds import VitalKind
from domain.rules.identity import reading_id
from tests.house.test_migrations import run

TORTOISE = ("-m", "tortoise", "-c", "adapters.database.TORTOISE_ORM")
OLD = (
    "INSERT INTO reading (id, patient_id, client_id, kind, measured_at, offset_minutes, received_at, source, device,"
    " value, diastolic, pulse, sent_value, sent_unit, flags)"
    " VALUES ($1, $2, $3, $4, $5, $6, $5, 'DEVICE', 'Cuff', $7, $8, $9, $10, $11, $12)"
)
AT = datetime(2026, 3, 28, 23, 30, 15, 123456, tzinfo=UTC)


async def test_what_was_kept_before_is_there_after_and_again_on_the_way_back(services: Services) -> None:
    admin = await asyncpg.connect(services.environment()["DATABASE_URL"])
    await admin.execute("CREATE DATABASE readings_of_before")
    try:
        run(services, "readings_of_before", *TORTOISE, "upgrade", "cuore", "0003_how_people_join")
        connection = await asyncpg.connect(services.environment("readings_of_before")["DATABASE_URL"])
        clinic, patient = uuid4(), uuid4()
        await connection.execute("INSERT INTO organisation VALUES ($1, 'CLINIC', 'Heart Clinic')", clinic)
        await connection.execute(
            "INSERT INTO patient (id, clinic_id, display_name, birth_date, time_zone, locale, conditions, created_at)"
            " VALUES ($1, $2, 'Ada Prova', '1958-03-02', 'Europe/Rome', 'it-IT', '{}', now())",
            patient,
            clinic,
        )
        pressure, weight, alert = uuid4(), uuid4(), uuid4()
        await connection.execute(
            OLD, pressure, patient, uuid4(), "BLOOD_PRESSURE", AT, 0, 128.5, 82.0, 66.0, 128.5, "", ["UNUSUAL_PULSE"]
        )
        await connection.execute(
            OLD, weight, patient, uuid4(), "WEIGHT", AT, 60, 81.193034, None, None, 179.0, "[lb_av]", []
        )
        await connection.execute(
            "INSERT INTO alert (id, patient_id, rule, rule_version, severity, status, title, explanation, raised_at,"
            " version) VALUES ($1, $2, 'BP-CRISIS-3', 1, 'URGENT', 'OPEN', 't', 'e', now(), 1)",
            alert,
            patient,
        )
        await connection.execute("INSERT INTO alert_occurrence VALUES ($1, $2, now(), $3)", uuid4(), pressure, alert)
        await connection.close()

        run(services, "readings_of_before", "-m", "adapters.migrate")
        connection = await asyncpg.connect(services.environment("readings_of_before")["DATABASE_URL"])
        rows = {row["kind"]: row for row in await connection.fetch("SELECT * FROM reading")}
        ids: dict[str, UUID] = {
            "BLOOD_PRESSURE": reading_id(patient, VitalKind.BLOOD_PRESSURE, AT, 128.5, 82.0),
            "WEIGHT": reading_id(patient, VitalKind.WEIGHT, AT, 81.193034, None),
        }
        assert {kind: row["id"] for kind, row in rows.items()} == ids
        assert await connection.fetchval("SELECT reading_id FROM alert_occurrence") == ids["BLOOD_PRESSURE"]
        assert (rows["BLOOD_PRESSURE"]["flags"], rows["WEIGHT"]["flags"]) == (["UNUSUAL_PULSE"], None)
        assert (rows["BLOOD_PRESSURE"]["sent"], rows["WEIGHT"]["sent"]) == (None, '{"unit": "[lb_av]", "value": 179}')
        # Without an offset the patient's zone tells the day, in which the clocks were about to change.
        assert {kind: str(row["local_day"]) for kind, row in rows.items()} == dict.fromkeys(ids, "2026-03-29")
        summed = await connection.fetch("SELECT measure, readings, median FROM daily_summary ORDER BY measure::text")
        assert [tuple(row) for row in summed] == [
            ("DIASTOLIC", 1, 82.0),
            ("SYSTOLIC", 1, 128.5),
            ("WEIGHT", 1, 81.193034),
        ]
        await connection.close()

        run(services, "readings_of_before", *TORTOISE, "downgrade", "cuore", "0003_how_people_join")
        connection = await asyncpg.connect(services.environment("readings_of_before")["DATABASE_URL"])
        back = await connection.fetch("SELECT kind, value, sent_value, sent_unit, flags FROM reading ORDER BY kind")
        assert [tuple(row) for row in back] == [
            ("BLOOD_PRESSURE", 128.5, 128.5, "", ["UNUSUAL_PULSE"]),
            ("WEIGHT", 81.193034, 179.0, "[lb_av]", []),
        ]
        await connection.close()
    finally:
        await admin.execute("DROP DATABASE readings_of_before WITH (FORCE)")
        await admin.close()
