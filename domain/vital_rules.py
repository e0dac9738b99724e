"""Rules of guidelines and limits of the patient's own, held to the freshest readings of one patient.

What they need is read by two statements, and by a third where fibrillation is fast; what was found is raised, and what
has ended is closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from domain import alert_life, alerts, missed_medicines, outbox, rule_overrides
from domain.kinds import AlertSeverity, Measure, VitalKind, WorkKind
from domain.ports import Connection
from domain.rules.blood_pressure import (
    CRISIS,
    TOPIC,
    UNCONFIRMED,
    WITH_SYMPTOMS,
    PressureReading,
    confirmed_crisis,
    unconfirmed_crisis,
)
from domain.rules.cross_signals import (
    AFTER_DOSE,
    WITHOUT_ANTICOAGULANT,
    Signals,
    after_dose,
    congestion,
    fast_irregular,
    without_anticoagulant,
)
from domain.rules.heart_failure_weight import WEIGHT_GAIN, WeightReading, weight_gain
from domain.rules.limit_checks import Crossed, Sample, Seen, Symptom, back_within, crossed, told_symptoms
from domain.rules.limit_rules import DANGER, MILD
from domain.rules.medication_safety import ANTICOAGULANTS
from domain.rules.no_data import NO_DATA
from domain.rules.overrides import Override, quiet_days
from domain.unit_of_work import UnitOfWork

MOST_READINGS = 500
SYMPTOMS = (VitalKind.BREATHLESSNESS, VitalKind.CHEST_PAIN, VitalKind.DIZZINESS, VitalKind.SWELLING)
_DAY = timedelta(days=1)
# How far back the rules look, in days; the others only for a few, to see whether what an alert was raised for is over.
_DAYS = {
    VitalKind.BLOOD_PRESSURE: 9,
    VitalKind.WEIGHT: 4,
    VitalKind.RESTING_HEART_RATE: 9,
}
_OTHER_DAYS = 4
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ring:
    """An alert to raise."""

    rule: str
    version: int
    topic: str
    severity: AlertSeverity
    title: str
    explanation: str
    reading_id: UUID
    # For how long it stays quiet when somebody has resolved it, unless it is worse.
    quiet_days: float = 0


@dataclass(frozen=True)
class Found:
    """What is to be raised, worst first; which open alerts have ended; and when to look again though nothing came."""

    rings: Sequence[Ring] = ()
    ended: Sequence[UUID] = ()
    look_again_at: datetime | None = None


async def find(connection: Connection, patient_id: UUID, now: datetime) -> Found:
    """Hold all rules to the readings that can still ring."""
    about = await connection.fetchrow(
        "SELECT conditions, (SELECT max(at) FROM vital_event WHERE vital_event.patient_id = patient.id"
        " AND kind = 'MEDICATION_CHANGE' AND at BETWEEN $2 AND $3) AS changed_at,"
        " (SELECT coalesce(json_agg(held), '[]') FROM (SELECT DISTINCT ON (measure) measure, low, high FROM vital_limit"
        " WHERE vital_limit.patient_id = patient.id ORDER BY measure, version DESC) AS held) AS own,"
        " (SELECT coalesce(json_agg(open), '[]') FROM (SELECT id, topic, severity, raised_at FROM alert"
        " WHERE alert.patient_id = patient.id AND status IN ('OPEN', 'SNOOZED')) AS open) AS open,"
        " (SELECT coalesce(json_agg(held), '[]') FROM (SELECT DISTINCT ON (rule) * FROM rule_override"
        " WHERE rule_override.patient_id = patient.id ORDER BY rule, version DESC) AS held WHERE expires_at > $3)"
        " AS overrides"
        " FROM patient WHERE id = $1",
        patient_id,
        now - timedelta(days=AFTER_DOSE.days_after),
        now,
    )
    if about is None:
        return Found()
    days = dict.fromkeys(VitalKind, _OTHER_DAYS) | _DAYS
    if about["changed_at"] is not None:
        days[VitalKind.BLOOD_PRESSURE] = AFTER_DOSE.days_before + AFTER_DOSE.days_after
    rows = await connection.fetch(
        # Where the newest reading is older than that, none is looked for; and none of a day's steps.
        "SELECT fresh.* FROM unnest($2::text[], $3::timestamptz[]) AS wanted (kind, since) JOIN latest_reading"
        " AS latest ON latest.patient_id = $1 AND latest.kind = wanted.kind::vital_kind AND latest.measured_at >= since"
        " CROSS JOIN LATERAL (SELECT id, kind::text AS kind, measured_at, received_at, local_day, value, diastolic,"
        " pulse, source::text AS source, (circumstances ->> 'isIrregular')::boolean AS is_irregular,"
        # HR-REST: who has walked in the twelve minutes before is not at rest.
        " kind = 'HEART_RATE' AND EXISTS (SELECT FROM reading AS steps WHERE steps.patient_id = $1"
        " AND steps.kind = 'STEPS' AND steps.value > 0 AND steps.superseded_by IS NULL"
        " AND steps.measured_at > reading.measured_at - interval '12 minutes'"
        " AND steps.measured_at <= reading.measured_at) AS is_moving"
        " FROM reading WHERE reading.patient_id = $1 AND reading.kind = wanted.kind::vital_kind"
        " AND reading.measured_at >= since AND reading.measured_at <= latest.measured_at AND superseded_by IS NULL"
        " ORDER BY measured_at DESC, id DESC LIMIT $4) AS fresh",
        patient_id,
        [kind.value for kind in days if kind is not VitalKind.STEPS],
        [now - timedelta(days=days[kind]) for kind in days if kind is not VitalKind.STEPS],
        MOST_READINGS,
    )
    overrides = {row["rule"]: rule_overrides.override_of(row) for row in orjson.loads(about["overrides"])}
    seen = _seen(rows, about["conditions"], orjson.loads(about["own"]), overrides)
    pressures = [
        PressureReading(
            row["id"], row["measured_at"], row["received_at"], row["value"], row["diastolic"], row["source"]
        )
        for row in rows
        if row["kind"] == VitalKind.BLOOD_PRESSURE
        and now - row["measured_at"] <= timedelta(seconds=CRISIS.live_within_seconds + CRISIS.confirm_within_seconds)
    ]
    crisis, look_again_at = _crisis(pressures, seen, now)
    irregular = [_sample(row, row["pulse"]) for row in rows if row["is_irregular"] and row["pulse"] is not None]
    fast = fast_irregular(irregular, seen.conditions, now)
    if fast is not None:
        since = now - timedelta(hours=WITHOUT_ANTICOAGULANT.missed_within_hours)
        doses, names = await missed_medicines.missed(connection, patient_id, ANTICOAGULANTS, since, now)
        fast = without_anticoagulant(fast, doses, names)
    signals = (
        fast,
        after_dose(seen.samples.get(Measure.SYSTOLIC, ()), about["changed_at"], now),
    )
    rings = [
        *crisis,
        *_weight(rows, seen, now),
        # They tell more than the limit that the same reading reaches.
        *(_of_signals(one) for one in signals if one is not None),
        *(_of_limit(one, overrides) for one in crossed(seen, now)),
    ]
    order = list(AlertSeverity)
    rings.sort(key=lambda one: order.index(one.severity))
    rung = {one.topic for one in rings}
    ended = [
        UUID(alert["id"])
        for alert in orjson.loads(about["open"])
        if alert["topic"] not in rung and _has_ended(alert, rows, seen, now)
    ]
    return Found(rings, ended, look_again_at)


def _sample(row: Row, value: float) -> Sample:
    return Sample(row["id"], row["measured_at"], row["received_at"], row["local_day"], value, row["source"])


def _seen(
    rows: Sequence[Row], conditions: Sequence[str], limits: Sequence[Row], overrides: Mapping[str, Override]
) -> Seen:
    samples: dict[Measure, list[Sample]] = {}
    symptoms = []
    for row in rows:
        kind, value = VitalKind(row["kind"]), row["value"]
        if kind is VitalKind.BLOOD_PRESSURE:
            samples.setdefault(Measure.SYSTOLIC, []).append(_sample(row, value))
            samples.setdefault(Measure.DIASTOLIC, []).append(_sample(row, row["diastolic"]))
            if row["pulse"] is not None:
                samples.setdefault(Measure.RESTING_HEART_RATE, []).append(_sample(row, row["pulse"]))
        elif kind is VitalKind.HEART_RATE:
            if not row["is_moving"]:
                samples.setdefault(Measure.RESTING_HEART_RATE, []).append(_sample(row, value))
        else:
            samples.setdefault(Measure(kind.value), []).append(_sample(row, value))
        if kind in SYMPTOMS:
            symptoms.append(Symptom(kind, _sample(row, value)))
    own: dict[tuple[Measure, bool], float] = {}
    # A limit of the pulse is held against the pulse at rest; one that says so itself comes last and holds.
    for limit in sorted(limits, key=lambda one: one["measure"] == Measure.RESTING_HEART_RATE):
        measure = Measure(limit["measure"])
        measure = Measure.RESTING_HEART_RATE if measure is Measure.HEART_RATE else measure
        for bound, is_high in ((limit["low"], False), (limit["high"], True)):
            if bound is not None:
                own[measure, is_high] = bound
    return Seen(samples, symptoms, conditions, own, overrides)


def _crisis(pressures: Sequence[PressureReading], seen: Seen, now: datetime) -> tuple[Sequence[Ring], datetime | None]:
    rings = []
    worst = confirmed_crisis(pressures, WITH_SYMPTOMS)
    felt = told_symptoms(seen.symptoms, DANGER, worst.second.measured_at, now) if worst else []
    if worst is not None and felt:
        title = "Very high blood pressure with symptoms"
        words = f"{worst.sentence()} Symptoms: {', '.join(felt)}."
        rings.append(_of_crisis(WITH_SYMPTOMS.id, WITH_SYMPTOMS.severity, title, words, worst.second.id))
    crisis = confirmed_crisis(pressures)
    if crisis is not None:
        title = "Very high blood pressure, confirmed by a second reading"
        rings.append(_of_crisis(CRISIS.id, CRISIS.severity, title, crisis.sentence(), crisis.second.id))
    lonely = unconfirmed_crisis(pressures)
    if lonely is None:
        return rings, None
    if lonely.rings_at > now:
        return rings, lonely.rings_at
    title = "Very high blood pressure, not confirmed by a second reading"
    rings.append(_of_crisis(UNCONFIRMED.id, UNCONFIRMED.severity, title, lonely.sentence(), lonely.reading.id))
    return rings, None


def _of_crisis(rule: str, severity: str, title: str, words: str, reading_id: UUID) -> Ring:
    return Ring(rule, CRISIS.version, TOPIC, AlertSeverity(severity), title, words, reading_id)


def _weight(rows: Sequence[Row], seen: Seen, now: datetime) -> Sequence[Ring]:
    signals = congestion(seen, now)
    if signals is not None:
        return [_of_signals(signals)]
    weights = [
        WeightReading(row["id"], row["measured_at"], row["received_at"], row["value"], row["source"])
        for row in rows
        if row["kind"] == VitalKind.WEIGHT
    ]
    override = seen.overrides.get(WEIGHT_GAIN.id, Override())
    limit = WEIGHT_GAIN.gain_more_than if override.limit is None else override.limit
    gain = (
        None if override.is_off else weight_gain(seen.conditions, weights, replace(WEIGHT_GAIN, gain_more_than=limit))
    )
    if gain is None:
        return []
    return [
        Ring(
            WEIGHT_GAIN.id,
            WEIGHT_GAIN.version,
            WEIGHT_GAIN.id,
            AlertSeverity(WEIGHT_GAIN.severity),
            "Fast weight gain in heart failure",
            gain.sentence(),
            gain.latest.id,
        )
    ]


def _of_limit(one: Crossed, overrides: Mapping[str, Override]) -> Ring:
    rule = one.rule
    days = quiet_days(rule.id, one.severity, overrides)
    return Ring(rule.id, rule.version, rule.topic, one.severity, rule.title, one.sentence(), one.samples[-1].id, days)


def _of_signals(one: Signals) -> Ring:
    rule = one.rule
    days = quiet_days(rule.id, rule.severity, {})
    return Ring(rule.id, rule.version, rule.topic, rule.severity, rule.title, one.sentence, one.last.id, days)


def _has_ended(alert: Row, rows: Sequence[Row], seen: Seen, now: datetime) -> bool:
    """Whether what a mild alert was raised for is over."""
    if AlertSeverity(alert["severity"]) not in MILD:
        return False
    raised_at = datetime.fromisoformat(alert["raised_at"])
    if alert["topic"] == NO_DATA.id:
        return any(row["received_at"] > raised_at for row in rows)
    return now - raised_at >= _DAY and back_within(alert["topic"], seen, now)


async def tell(work: UnitOfWork, patient_id: UUID, found: Found) -> None:
    """Raise what was found, close what has ended, and see to it that the rules are held again in time."""
    for one in found.rings:
        await alerts.raise_alert(
            work,
            patient_id=patient_id,
            rule=one.rule,
            rule_version=one.version,
            severity=one.severity,
            title=one.title,
            explanation=one.explanation,
            reading_id=one.reading_id,
            topic=one.topic,
            quiet_after_resolved=timedelta(days=one.quiet_days),
        )
    if found.ended:
        await alert_life.close(work, found.ended)
    if found.look_again_at is not None:
        await outbox.ask_later(work.connection, WorkKind.ANALYSE_VITALS, patient_id, work.at, found.look_again_at)
