"""One patient's vitals analysed: guideline rules first, then what the statistics find; neither waits for the other."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain import alerts, findings, vital_changes, vital_filters
from domain.kinds import AlertSeverity, VitalKind
from domain.ports import Connection
from domain.rules.blood_pressure import CRISIS, ConfirmedCrisis, PressureReading, confirmed_crisis
from domain.rules.heart_failure_weight import WEIGHT_GAIN, WeightGain, WeightReading, weight_gain
from domain.unit_of_work import UnitOfWork

MOST_READINGS = 500


@dataclass(frozen=True)
class Guidelines:
    """What the rules of guidelines find in the freshest readings."""

    crisis: ConfirmedCrisis | None
    gain: WeightGain | None


async def guidelines(connection: Connection, patient_id: UUID, now: datetime) -> Guidelines:
    """Hold the rules to the readings that can still ring, read by one statement."""
    rows = await connection.fetch(
        "SELECT conditions, fresh.* FROM patient CROSS JOIN (VALUES ('BLOOD_PRESSURE'::vital_kind, $2::timestamptz),"
        " ('WEIGHT', $3)) AS wanted (wanted_kind, since) CROSS JOIN LATERAL (SELECT id, kind::text AS kind,"
        " measured_at, received_at, value, diastolic, source::text AS source FROM reading"
        " WHERE reading.patient_id = patient.id AND kind = wanted_kind AND measured_at >= since"
        " AND superseded_by IS NULL ORDER BY measured_at DESC, id DESC LIMIT $4) AS fresh WHERE patient.id = $1",
        patient_id,
        now - timedelta(seconds=CRISIS.live_within_seconds + CRISIS.confirm_within_seconds),
        now - timedelta(seconds=WEIGHT_GAIN.live_within_seconds + WEIGHT_GAIN.within_seconds),
        MOST_READINGS,
    )
    pressures = [
        PressureReading(
            row["id"], row["measured_at"], row["received_at"], row["value"], row["diastolic"], row["source"]
        )
        for row in rows
        if row["kind"] == VitalKind.BLOOD_PRESSURE
    ]
    weights = [
        WeightReading(row["id"], row["measured_at"], row["received_at"], row["value"], row["source"])
        for row in rows
        if row["kind"] == VitalKind.WEIGHT
    ]
    conditions = rows[0]["conditions"] if rows else ()
    return Guidelines(confirmed_crisis(pressures), weight_gain(conditions, weights))


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
