"""Readings: recording what phones send, and reading it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.errors import BadInput
from domain.kinds import (
    Arm,
    BodyPosition,
    EventKind,
    Measure,
    ReadingSetting,
    ReadingSource,
    VitalKind,
    WorkKind,
)
from domain.patients import recorded_patient
from domain.ports import Connection
from domain.rules import plausibility
from domain.rules.device_names import LONGEST_DEVICE_NAME, is_device_name
from domain.rules.units import UnknownUnit, to_canonical
from domain.unit_of_work import UnitOfWork, new_id

MOST_READINGS_PER_CALL = 500
# A phone's clock may run a little ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class NewReading:
    """One reading as sent: `values` holds value, or systolic, diastolic and perhaps pulse."""

    client_id: UUID
    kind: VitalKind
    measured_at: datetime
    source: ReadingSource
    values: Mapping[str, float]
    unit: str | None = None
    device: str | None = None
    # Where it was taken, if that is known; how it was taken, for a blood pressure.
    setting: ReadingSetting | None = None
    arm: Arm | None = None
    body_position: BodyPosition | None = None
    is_irregular: bool | None = None


@dataclass(frozen=True)
class Rejection:
    """Why the reading at `index` was not kept."""

    index: int
    field: str
    code: str
    message: str


@dataclass(frozen=True)
class Recorded:
    """What became of one call: rows kept, clientIds that were known already, and rejections."""

    accepted: Sequence[Mapping[str, Any]]
    duplicates: Sequence[UUID]
    rejected: Sequence[Rejection]


def _columns(reading: NewReading, at: datetime) -> tuple[dict[str, Any], list[Rejection]]:
    """The row of one reading in canonical units, or the reasons why there is none."""
    problems: list[tuple[str, str, str]] = []
    if reading.measured_at.tzinfo is None:
        problems.append(("measuredAt", "NO_OFFSET", "Say the offset from UTC; without it nobody knows the moment."))
    elif reading.measured_at > at + CLOCK_SKEW:
        problems.append(("measuredAt", "IN_THE_FUTURE", "A reading cannot be measured in the future."))
    elif reading.measured_at < at - timedelta(days=365 * 30):
        problems.append(("measuredAt", "TOO_OLD", "A reading cannot be older than 30 years."))
    if reading.device is not None and not is_device_name(reading.device):
        problems.append(("device", "NOT_A_NAME", f"Give at most {LONGEST_DEVICE_NAME} printable characters."))
    row: dict[str, Any] = {"diastolic": None, "pulse": None, "flags": []}
    try:
        if reading.kind is VitalKind.BLOOD_PRESSURE:
            systolic, diastolic = (
                to_canonical(reading.kind, reading.values[name], reading.unit) for name in ("systolic", "diastolic")
            )
            pulse = reading.values.get("pulse")
            verdict = plausibility.check_blood_pressure(systolic, diastolic, pulse)
            row |= {
                "value": systolic,
                "diastolic": diastolic,
                "pulse": pulse,
                "sent_value": reading.values["systolic"],
            }
        else:
            value = to_canonical(reading.kind, reading.values["value"], reading.unit)
            verdict = plausibility.check_quantity(reading.kind, value)
            row |= {"value": value, "sent_value": reading.values["value"]}
    except UnknownUnit as unknown:
        problems.append(("unit", "UNKNOWN_UNIT", str(unknown)))
    else:
        problems += [(problem.field, problem.code, problem.message) for problem in verdict.problems]
        row["flags"] = list(verdict.flags)
    return row, [Rejection(0, *problem) for problem in problems]


@dataclass
class _Sorted:
    """One call's readings: the rows to keep by clientId, clientIds that came twice, and refusals."""

    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    repeated: list[UUID] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def _sort(readings: Sequence[NewReading], at: datetime) -> _Sorted:
    found = _Sorted()
    first_sent: dict[UUID, object] = {}
    for index, reading in enumerate(readings):
        row, problems = _columns(reading, at)
        if problems:
            found.rejected += [Rejection(index, one.field, one.code, one.message) for one in problems]
        elif reading.client_id not in found.rows:
            first_sent[reading.client_id] = _content(reading)
            offset = reading.measured_at.utcoffset() or timedelta()
            found.rows[reading.client_id] = row | {
                "id": new_id(),
                "client_id": reading.client_id,
                "kind": reading.kind,
                "measured_at": reading.measured_at,
                "offset_minutes": round(offset.total_seconds() / 60),
                "source": reading.source,
                "device": reading.device,
                "sent_unit": reading.unit or "",
            }
        elif _content(reading) == first_sent[reading.client_id]:
            found.repeated.append(reading.client_id)
        else:
            found.rejected.append(_clash(index))
    return found


async def record(work: UnitOfWork, by: Actor, patient_id: UUID | None, readings: Sequence[NewReading]) -> Recorded:
    """Keep the plausible readings of one patient; the same clientId again is a duplicate, not a second reading.

    Raises:
        BadInput: no reading, or more than `MOST_READINGS_PER_CALL`.
        NotFound: the patient is not visible to `by`.
    """
    if not 1 <= len(readings) <= MOST_READINGS_PER_CALL:
        raise BadInput(f"Send 1 to {MOST_READINGS_PER_CALL} readings at a time.")
    owner = await recorded_patient(work.connection, by, patient_id, work.at)
    sent = _sort(readings, work.at)
    accepted = await _insert(work, owner, list(sent.rows.values()))
    kept = {row["client_id"] for row in accepted}
    duplicates = [client_id for client_id in sent.rows if client_id not in kept]
    clashes = await _clashes(work.connection, owner, [sent.rows[client_id] for client_id in duplicates])
    rejected = sent.rejected + [_clash(index) for index, reading in enumerate(readings) if reading.client_id in clashes]
    if accepted:
        work.tell(EventKind.READINGS_RECORDED, patient_id=owner, subject_id=accepted[-1]["id"])
        work.ask(WorkKind.ANALYSE_VITALS, owner)
    work.audit("recordVitals", patient_id=owner)
    return Recorded(
        accepted,
        [one for one in duplicates if one not in clashes] + [one for one in sent.repeated if one not in clashes],
        sorted(rejected, key=lambda one: one.index),
    )


def _content(reading: NewReading) -> object:
    return reading.kind, reading.measured_at, sorted(reading.values.items()), reading.unit


def _clash(index: int) -> Rejection:
    return Rejection(index, "clientId", "CONFLICT", "This clientId was used before for another reading.")


async def _insert(work: UnitOfWork, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return await work.connection.fetch(
        "INSERT INTO reading (id, patient_id, client_id, kind, measured_at, offset_minutes, received_at, source,"
        " device, value, diastolic, pulse, sent_value, sent_unit, flags)"
        " SELECT id, $1, client_id, kind, measured_at, offset_minutes, $2, source, device, value, diastolic, pulse,"
        " sent_value, sent_unit, coalesce(string_to_array(nullif(flags, ''), ','), '{}')"
        " FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::int[], $8::text[], $9::text[],"
        " $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::text[], $15::text[])"
        " AS sent (id, client_id, kind, measured_at, offset_minutes, source, device, value, diastolic, pulse,"
        " sent_value, sent_unit, flags)"
        " ON CONFLICT (patient_id, client_id) DO NOTHING RETURNING *",
        owner,
        work.at,
        *(
            [row[name] for row in rows]
            for name in (
                "id",
                "client_id",
                "kind",
                "measured_at",
                "offset_minutes",
                "source",
                "device",
                "value",
                "diastolic",
                "pulse",
                "sent_value",
                "sent_unit",
            )
        ),
        [",".join(row["flags"]) for row in rows],
    )


async def _clashes(connection: Connection, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Those clientIds whose stored reading is not what was sent now."""
    if not rows:
        return set()
    stored = await connection.fetch(
        "SELECT client_id, kind, measured_at, value, diastolic, pulse FROM reading"
        " WHERE patient_id = $1 AND client_id = ANY($2::uuid[])",
        owner,
        [row["client_id"] for row in rows],
    )
    same = ("kind", "measured_at", "value", "diastolic", "pulse")
    sent = {row["client_id"]: tuple(row[name] for name in same) for row in rows}
    return {row["client_id"] for row in stored if tuple(row[name] for name in same) != sent[row["client_id"]]}


async def page(
    connection: Connection,
    patient_id: UUID,
    kind: VitalKind,
    *,
    since: datetime | None,
    until: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """Readings newest first, older than the `before` key, at most `limit`; `since` counts, `until` does not."""
    return await connection.fetch(
        "SELECT * FROM reading WHERE patient_id = $1 AND kind = $2"
        " AND ($3::timestamptz IS NULL OR measured_at >= $3) AND ($4::timestamptz IS NULL OR measured_at < $4)"
        " AND ($5::timestamptz IS NULL OR (measured_at, id) < ($5, $6::uuid))"
        " ORDER BY measured_at DESC, id DESC LIMIT $7",
        patient_id,
        kind,
        since,
        until,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )


async def latest(
    connection: Connection, patient_ids: Sequence[UUID], kinds: Sequence[VitalKind]
) -> Sequence[Mapping[str, Any]]:
    """The newest reading of each kind of each patient, in one statement."""
    return await connection.fetch(
        "SELECT newest.* FROM unnest($1::uuid[]) AS owner (id) CROSS JOIN unnest($2::text[]) AS wanted (kind)"
        " CROSS JOIN LATERAL (SELECT * FROM reading WHERE reading.patient_id = owner.id"
        " AND reading.kind = wanted.kind ORDER BY measured_at DESC, reading.id DESC LIMIT 1) AS newest",
        list(patient_ids),
        list(kinds),
    )


async def measure_values(
    connection: Connection, patient_id: UUID, measure: Measure, since: datetime, until: datetime
) -> tuple[list[float], list[float]]:
    """Times in seconds since 1970 and values of one measure, oldest first."""
    kind, column = {
        Measure.SYSTOLIC: (VitalKind.BLOOD_PRESSURE, "value"),
        Measure.DIASTOLIC: (VitalKind.BLOOD_PRESSURE, "diastolic"),
    }.get(measure, (measure.value, "value"))
    rows = await connection.fetch(
        f"SELECT extract(epoch FROM measured_at)::float8 AS seconds, {column} AS number FROM reading"  # noqa: S608 - a column of ours
        " WHERE patient_id = $1 AND kind = $2 AND measured_at >= $3 AND measured_at < $4 ORDER BY measured_at, id",
        patient_id,
        kind,
        since,
        until,
    )
    return [row["seconds"] for row in rows], [row["number"] for row in rows]
