"""The first rule over a patient's fresh pressures."""

from datetime import timedelta
from uuid import UUID

from adapters.runtime import Runtime
from domain import alerts, readings
from domain.kinds import AlertSeverity, VitalKind
from domain.rules.blood_pressure import CRISIS, PressureReading, confirmed_crisis
from domain.unit_of_work import UnitOfWork, lone_connection
from workers.effects import Effect


async def analyse(runtime: Runtime, patient_id: UUID) -> Effect:
    """Raise an alert when two readings confirm a crisis."""
    now = runtime.now()
    async with lone_connection(runtime.pool) as connection:
        rows = await readings.page(
            connection,
            patient_id,
            VitalKind.BLOOD_PRESSURE,
            since=now - timedelta(seconds=CRISIS.live_within_seconds + CRISIS.confirm_within_seconds),
            until=None,
            before=None,
            limit=500,
        )
    pressures = [
        PressureReading(
            row["id"], row["measured_at"], row["received_at"], row["value"], row["diastolic"], row["source"]
        )
        for row in rows
    ]
    found = confirmed_crisis(pressures)

    async def raise_it(work: UnitOfWork) -> None:
        if found is not None:
            await alerts.raise_alert(
                work,
                patient_id=patient_id,
                rule=CRISIS.id,
                rule_version=CRISIS.version,
                severity=AlertSeverity(CRISIS.severity),
                title="Very high blood pressure, confirmed by a second reading",
                explanation=found.sentence(),
                reading_id=found.second.id,
            )

    return raise_it
