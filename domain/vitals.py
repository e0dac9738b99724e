"""Readings: recording what phones send, each once, and correcting it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import daily_summaries
from domain.access import Actor
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind, ReadingSource, VitalKind, WorkKind
from domain.new_readings import CLOCK_SKEW, NewReading, Owner, Rejection, clash, sort
from domain.patients import recorded_patient
from domain.ports import Connection
from domain.rules.identity import PRIORITY
from domain.unit_of_work import UnitOfWork

__all__ = ["CLOCK_SKEW", "MOST_READINGS_PER_CALL", "NewReading", "Recorded", "Rejection", "correct", "record"]

MOST_READINGS_PER_CALL = 500
USUAL_WEIGHT_WITHIN = timedelta(days=90)


@dataclass(frozen=True)
class Recorded:
    """What became of one call: rows kept, clientIds that were known already, and rejections."""

    accepted: Sequence[Mapping[str, Any]]
    duplicates: Sequence[UUID]
    rejected: Sequence[Rejection]


async def _owner(work: UnitOfWork, patient_id: UUID, *, with_weight: bool) -> Owner:
    # Whatever is recorded for one patient queues up here: clientIds and summaries have no other guard.
    row = await work.connection.fetchrow(
        "SELECT time_zone, pg_advisory_xact_lock(hashtextextended('readings of ' || id::text, 0)) AS locked"
        " FROM patient WHERE id = $1",
        patient_id,
    )
    assert row is not None
    usual = None
    if with_weight:
        usual = await work.connection.fetchval(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FROM (SELECT value FROM reading"
            " WHERE patient_id = $1 AND kind = 'WEIGHT' AND measured_at > $2 AND superseded_by IS NULL"
            " ORDER BY measured_at DESC LIMIT 7) AS newest",
            patient_id,
            work.at - USUAL_WEIGHT_WITHIN,
        )
    return Owner(patient_id, ZoneInfo(row["time_zone"]), usual)


async def record(work: UnitOfWork, by: Actor, patient_id: UUID | None, readings: Sequence[NewReading]) -> Recorded:
    """Keep the plausible readings of one patient, each once: known by its clientId, or by what it says.

    Raises:
        BadInput: no reading, or more than `MOST_READINGS_PER_CALL`.
        NotFound: the patient is not visible to `by`.
    """
    if not 1 <= len(readings) <= MOST_READINGS_PER_CALL:
        raise BadInput(f"Send 1 to {MOST_READINGS_PER_CALL} readings at a time.")
    owner_id = await recorded_patient(work.connection, by, patient_id, work.at)
    with_weight = any(reading.kind is VitalKind.WEIGHT for reading in readings)
    owner = await _owner(work, owner_id, with_weight=with_weight)
    sent = sort(readings, work.at, owner, by)
    clashes, duplicates = await _known(work.connection, owner_id, sent.rows)
    fresh = {row["id"]: row for row in reversed(sent.rows.values()) if row["client_id"] not in clashes | duplicates}
    accepted = await _insert(work, owner_id, list(reversed(fresh.values())))
    kept = {row["client_id"] for row in accepted}
    if accepted:
        days = [(VitalKind(row["kind"]), row["local_day"]) for row in accepted]
        await daily_summaries.refresh(work.connection, owner_id, days)
        work.tell(EventKind.READINGS_RECORDED, patient_id=owner_id, subject_id=accepted[-1]["id"])
        work.ask(WorkKind.ANALYSE_VITALS, owner_id)
    work.audit("recordVitals", patient_id=owner_id)
    rejected = sent.rejected + [clash(index) for index, one in enumerate(readings) if one.client_id in clashes]
    known = [client_id for client_id in sent.rows if client_id not in kept | clashes]
    return Recorded(
        accepted,
        known + [client_id for client_id in sent.repeated if client_id not in clashes],
        sorted(rejected, key=lambda one: one.index),
    )


async def _known(
    connection: Connection, owner: UUID, rows: Mapping[UUID, Mapping[str, Any]]
) -> tuple[set[UUID], set[UUID]]:
    """The clientIds that stand for another reading, and those that stand for this one."""
    stored = await connection.fetch(
        "SELECT client_id, id FROM reading WHERE patient_id = $1 AND client_id = ANY($2::uuid[])", owner, list(rows)
    )
    clashes = {row["client_id"] for row in stored if row["id"] != rows[row["client_id"]]["id"]}
    return clashes, {row["client_id"] for row in stored} - clashes


async def _insert(work: UnitOfWork, owner: UUID, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The rows that are new; one that is known by what it says only lends what it knows better."""
    if not rows:
        return []
    written = await work.connection.fetch(
        "INSERT INTO reading (patient_id, received_at, id, client_id, kind, measured_at, local_day, offset_minutes,"
        " source, setting, device, value, diastolic, pulse, flags, sent, circumstances)"
        " SELECT $1, $2, id, client_id, kind::vital_kind, measured_at, local_day, offset_minutes,"
        " source::reading_source, setting::reading_setting, device, value, diastolic, pulse,"
        " string_to_array(flags, ','), sent::jsonb, circumstances::jsonb"
        " FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::date[], $8::int[], $9::text[],"
        " $10::text[], $11::text[], $12::float8[], $13::float8[], $14::float8[], $15::text[], $16::text[], $17::text[])"
        " AS sent (id, client_id, kind, measured_at, local_day, offset_minutes, source, setting, device, value,"
        " diastolic, pulse, flags, sent, circumstances)"
        " ON CONFLICT (patient_id, kind, measured_at, id) DO UPDATE SET source = excluded.source,"
        " device = coalesce(excluded.device, reading.device), pulse = coalesce(reading.pulse, excluded.pulse),"
        " circumstances = coalesce(reading.circumstances, excluded.circumstances)"
        " WHERE array_position($18::text[], excluded.source::text) < array_position($18::text[], reading.source::text)"
        " RETURNING *",
        owner,
        work.at,
        *(
            [row[name] for row in rows]
            for name in (
                "id",
                "client_id",
                "kind",
                "measured_at",
                "local_day",
                "offset_minutes",
                "source",
                "setting",
                "device",
                "value",
                "diastolic",
                "pulse",
                "flags",
                "sent",
                "circumstances",
            )
        ),
        sorted((source.value for source in PRIORITY), key=lambda name: PRIORITY[ReadingSource(name)]),
    )
    new = {row["client_id"] for row in rows}
    return [row for row in written if row["received_at"] == work.at and row["client_id"] in new]


async def correct(
    work: UnitOfWork, by: Actor, patient_id: UUID | None, reading_id: UUID, right: NewReading
) -> Mapping[str, Any]:
    """Put a right reading in the place of a wrong one, which stays in history and is seen by those who ask for it.

    Raises:
        NotFound: there is no such reading of a patient who is visible to `by`.
        BadInput: another kind than the wrong one's, a value that cannot be, or nothing changed.
        Conflict: it was corrected already, or the right reading is there already.
    """
    owner_id = await recorded_patient(work.connection, by, patient_id, work.at)
    owner = await _owner(work, owner_id, with_weight=right.kind is VitalKind.WEIGHT)
    wrong = await work.connection.fetchrow(
        "SELECT * FROM reading WHERE patient_id = $1 AND id = $2", owner_id, reading_id
    )
    if wrong is None:
        raise NotFound("There is no such reading.")
    if wrong["kind"] != right.kind.value:
        raise BadInput("value: a correction has the kind of what it corrects.")
    sent = sort([replace(right, source=ReadingSource.CORRECTION)], work.at, owner, by)
    if sent.rejected:
        first = sent.rejected[0]
        raise BadInput(f"{first.field}: {first.message}")
    (row,) = sent.rows.values()
    if wrong["superseded_by"] is not None:
        if wrong["superseded_by"] != row["id"]:
            raise Conflict("This reading was corrected before.")
        return await _one(work.connection, owner_id, row["id"])
    if row["id"] == reading_id:
        raise BadInput("value: this is what the reading says already.")
    accepted = await _insert(work, owner_id, [row])
    if not accepted:
        raise Conflict("The patient has this reading already.")
    await work.connection.execute(
        "UPDATE reading SET superseded_by = $4, superseded_at = $5"
        " WHERE patient_id = $1 AND kind = $2::text::vital_kind AND measured_at = $3 AND id = $6",
        owner_id,
        wrong["kind"],
        wrong["measured_at"],
        row["id"],
        work.at,
        reading_id,
    )
    days = [(right.kind, wrong["local_day"]), (right.kind, row["local_day"])]
    await daily_summaries.refresh(work.connection, owner_id, days)
    work.tell(EventKind.READINGS_RECORDED, patient_id=owner_id, subject_id=row["id"])
    work.ask(WorkKind.ANALYSE_VITALS, owner_id)
    work.audit("correctReading", patient_id=owner_id, subject_id=reading_id)
    return accepted[0]


async def _one(connection: Connection, owner: UUID, reading_id: UUID) -> Mapping[str, Any]:
    row = await connection.fetchrow("SELECT * FROM reading WHERE patient_id = $1 AND id = $2", owner, reading_id)
    assert row is not None
    return row
