"""One patient's vitals analysed: guideline rules first, then what the statistics find; neither waits for the other."""

from datetime import datetime, timedelta
from uuid import UUID

from domain import alerts, findings, readings, vital_changes, vital_filters
from domain.kinds import AlertSeverity, VitalKind
from domain.ports import Connection
from domain.rules.blood_pressure import CRISIS, ConfirmedCrisis, PressureReading, confirmed_crisis
from domain.rules.heart_failure_weight import WEIGHT_GAIN, WeightGain, WeightReading, weight_gain
from domain.unit_of_work import UnitOfWork

MOST_READINGS = 500


async def crisis(connection: Connection, patient_id: UUID, now: datetime) -> ConfirmedCrisis | None:
    """Two fresh pressures that confirm a crisis."""
    rows = await readings.page(
        connection,
        patient_id,
        VitalKind.BLOOD_PRESSURE,
        since=now - timedelta(seconds=CRISIS.live_within_seconds + CRISIS.confirm_within_seconds),
        until=None,
        before=None,
        limit=MOST_READINGS,
    )
    return confirmed_crisis(
        [
            PressureReading(
                row["id"], row["measured_at"], row["received_at"], row["value"], row["diastolic"], row["source"]
            )
            for row in rows
        ]
    )


async def fast_weight_gain(connection: Connection, patient_id: UUID, now: datetime) -> WeightGain | None:
    """A fresh weight that is far above those of the days before, where heart failure is recorded."""
    conditions = await connection.fetchval("SELECT conditions FROM patient WHERE id = $1", patient_id)
    if WEIGHT_GAIN.condition not in (conditions or ()):
        return None
    rows = await readings.page(
        connection,
        patient_id,
        VitalKind.WEIGHT,
        since=now - timedelta(seconds=WEIGHT_GAIN.live_within_seconds + WEIGHT_GAIN.within_seconds),
        until=None,
        before=None,
        limit=MOST_READINGS,
    )
    weights = [
        WeightReading(row["id"], row["measured_at"], row["received_at"], row["value"], row["source"]) for row in rows
    ]
    return weight_gain(conditions, weights)


async def raise_crisis(work: UnitOfWork, patient_id: UUID, found: ConfirmedCrisis) -> None:
    """The alert of a confirmed crisis."""
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


async def raise_weight_gain(work: UnitOfWork, patient_id: UUID, found: WeightGain) -> None:
    """The alert of a weight that rises fast."""
    await alerts.raise_alert(
        work,
        patient_id=patient_id,
        rule=WEIGHT_GAIN.id,
        rule_version=WEIGHT_GAIN.version,
        severity=AlertSeverity(WEIGHT_GAIN.severity),
        title="Fast weight gain in heart failure",
        explanation=found.sentence(),
        reading_id=found.latest.id,
    )


async def take_in(work: UnitOfWork, patient_id: UUID) -> None:
    """Take in whatever the patient's readings say that the analysis has not seen, and tell what it finds."""
    await vital_filters.take_turn(work.connection, [patient_id])
    unread = await vital_filters.take_unread(work.connection, [patient_id])
    if unread:
        analysed = await vital_filters.take_on(work.connection, unread)
        written = await findings.write(work, analysed)
        await vital_changes.tell(work, patient_id, written.new)
