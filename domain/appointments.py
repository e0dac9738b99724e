"""Appointments: booked, moved, called off and held; PostgreSQL decides who was first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from domain import telemedic, waiting_list
from domain.access import Actor
from domain.appointment_rows import HOLDS, SELECT, WAS_BOOKED, by_id, checked_reason, keep_change, locked, queue
from domain.availability import hours_of_clinicians, soonest
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import AppointmentKind, AppointmentStatus, EventKind, Role
from domain.patients import recorded_patient
from domain.ports import Connection
from domain.rules.slots import Hours, Slot, offset_minutes, slot_at
from domain.rules.states import APPOINTMENT
from domain.unit_of_work import UnitOfWork, new_id
from domain.visit_care import open_care

# Later a patient calls the clinic.
NOTICE = timedelta(hours=2)
FARTHEST_AHEAD = timedelta(days=366)
# Earlier nobody waits for anybody.
COME_BEFORE = timedelta(hours=1)
# Verbs after which patient and clinician meet.
_COMES = frozenset({"check in", "begin"})
# So many other slots, of so many days, are offered to whoever was too late.
OFFERED = 5
OFFERED_WITHIN = timedelta(days=31)


async def _too_late(
    work: UnitOfWork, hours: Hours, clinician_id: UUID, patient_id: UUID, kind: AppointmentKind, after: datetime
) -> Conflict:
    since = max(after, work.at)
    until = since + OFFERED_WITHIN
    offered = await soonest(
        work.connection,
        {clinician_id: hours},
        kind,
        patient_id,
        at=work.at,
        since=since,
        until=until,
        most=OFFERED,
    )
    return Conflict(
        "This time is taken; here are the next ones that are free.",
        freeSlots=[
            {"startsAt": one.starts_at.isoformat(), "endsAt": one.ends_at.isoformat(), "clinicianId": str(clinician_id)}
            for one in offered
        ],
    )


def _slot(work: UnitOfWork, by: Actor, hours: Hours, clinician_id: UUID, starts_at: datetime) -> Slot:
    """The clinician's slot that begins at this moment, whether or not it is taken.

    Raises:
        BadInput: there is none, or it begins too soon or too far ahead.
    """
    # The lead time protects the clinic from its patients, not from itself.
    lead = timedelta(minutes=hours.lead_minutes if by.role is Role.PATIENT else 0)
    if not work.at + lead <= starts_at <= work.at + FARTHEST_AHEAD:
        raise BadInput("startsAt: this is too soon or too far ahead.")
    found = slot_at(hours, clinician_id, starts_at)
    if found is None:
        raise BadInput("startsAt: the clinician has no slot at this time.")
    return found


async def _booked_before(
    connection: Connection, patient_id: UUID, client_id: UUID, asked: tuple[Any, ...]
) -> Mapping[str, Any] | None:
    known = await connection.fetchrow(
        SELECT + " WHERE appointment.patient_id = $1 AND client_id = $2", patient_id, client_id
    )
    if known is None:
        return None
    first = await connection.fetchval(
        "SELECT starts_at FROM appointment_change WHERE appointment_id = $1 AND version = 1", known["id"]
    )
    if (known["clinician_id"], known["kind"], first, known["reason"]) != asked:
        raise Conflict("This clientId was used before for another appointment.")
    return known


async def book(
    work: UnitOfWork,
    by: Actor,
    client_id: UUID,
    patient_id: UUID | None,
    clinician_id: UUID,
    kind: AppointmentKind,
    starts_at: datetime,
    reason: str | None,
) -> Mapping[str, Any]:
    """Book one of the clinician's slots, or a call with one who is on call.

    Raises:
        NotFound: no such patient for `by`, or no such clinician in the patient's clinic.
        BadInput: the clinician has no such slot, or a value cannot be.
        Conflict: clinician or patient have another appointment then (with the next free slots), or the clientId stands
            for something else.
    """
    reason = checked_reason(reason)
    patient_id = await recorded_patient(work.connection, by, patient_id, work.at)
    await queue(work.connection, [clinician_id], patient_id)
    known = await _booked_before(work.connection, patient_id, client_id, (clinician_id, kind, starts_at, reason))
    if known is not None:
        return known
    clinic_id = await work.connection.fetchval("SELECT clinic_id FROM patient WHERE id = $1", patient_id)
    found = await hours_of_clinicians(work.connection, clinic_id, [clinician_id])
    if clinician_id not in found:
        raise NotFound("There is no such clinician who takes appointments.")
    hours = found[clinician_id][0]
    if kind not in hours.kinds:
        raise BadInput("kind: the clinician takes no appointments of this kind.")
    slot = await telemedic.slot_on_call(work, clinic_id, hours, clinician_id, kind, starts_at)
    slot = slot or _slot(work, by, hours, clinician_id, starts_at)
    this = await work.connection.fetchval(
        "INSERT INTO appointment (id, patient_id, clinician_id, client_id, kind, status, starts_at, ends_at,"
        " held_until, time_zone, offset_minutes, reason, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)"
        # Whatever stands in the way: the clinician's time or the patient's.
        " ON CONFLICT DO NOTHING RETURNING id",
        new_id(),
        patient_id,
        clinician_id,
        client_id,
        kind,
        APPOINTMENT.begins[1],
        slot.starts_at,
        slot.ends_at,
        slot.ends_at + timedelta(minutes=hours.buffer_minutes),
        hours.time_zone,
        offset_minutes(slot.starts_at, ZoneInfo(hours.time_zone)),
        reason,
    )
    if this is None:
        raise await _too_late(work, hours, clinician_id, patient_id, kind, starts_at)
    row = await by_id(work.connection, this)
    await keep_change(work, by, row, EventKind.APPOINTMENT_BOOKED, "bookAppointment")
    return row


def _require_notice(work: UnitOfWork, by: Actor, row: Mapping[str, Any], reason: str | None) -> None:
    """A patient may change their mind until some time before; the clinic may at any time, and says why."""
    if by.role is Role.PATIENT:
        if row["starts_at"] - work.at < NOTICE:
            hours = NOTICE // timedelta(hours=1)
            raise Conflict(f"Less than {hours} hours before an appointment only the clinic can change it.")
    elif reason is None:
        raise BadInput("reason: say to the patient why.")


async def reschedule(
    work: UnitOfWork, by: Actor, appointment_id: UUID, expected_version: int, starts_at: datetime, reason: str | None
) -> Mapping[str, Any]:
    """Move an appointment to another slot of the same clinician; what was confirmed is to be confirmed again.

    Raises:
        NotFound: no such appointment for `by`.
        BadInput: the clinician has no such slot, or the clinic gives no reason.
        Conflict: another version than expected, too late, over, or the time is taken (with the next free slots).
    """
    reason = checked_reason(reason)
    row = await locked(work, by, appointment_id, expected_version)
    if row["status"] != APPOINTMENT.begins[1] and not APPOINTMENT.allows("reschedule", row["status"]):
        raise Conflict("Only an appointment that lies ahead can be moved.", currentVersion=row["version"])
    _require_notice(work, by, row, reason)
    await queue(work.connection, [row["clinician_id"]], row["patient_id"])
    found = await hours_of_clinicians(work.connection, row["organisation_id"], [row["clinician_id"]])
    if row["clinician_id"] not in found:
        raise BadInput("startsAt: the clinician takes no appointments any more.")
    hours = found[row["clinician_id"]][0]
    slot = _slot(work, by, hours, row["clinician_id"], starts_at)
    await work.connection.execute("SAVEPOINT before_move")
    try:
        await work.connection.execute(
            "UPDATE appointment SET starts_at = $2, ends_at = $3, held_until = $4, time_zone = $5, status = $6,"
            " change_reason = $7, offset_minutes = $8, version = version + 1 WHERE id = $1",
            appointment_id,
            slot.starts_at,
            slot.ends_at,
            slot.ends_at + timedelta(minutes=hours.buffer_minutes),
            hours.time_zone,
            APPOINTMENT.after("reschedule"),
            reason,
            offset_minutes(slot.starts_at, ZoneInfo(hours.time_zone)),
        )
    except asyncpg.ExclusionViolationError:
        await work.connection.execute("ROLLBACK TO SAVEPOINT before_move")
        kind = AppointmentKind(row["kind"])
        raise await _too_late(work, hours, row["clinician_id"], row["patient_id"], kind, starts_at) from None
    changed = await by_id(work.connection, appointment_id)
    await keep_change(work, by, changed, EventKind.APPOINTMENT_RESCHEDULED, "rescheduleAppointment")
    await waiting_list.offer(work, row)
    return changed


async def _move_on(work: UnitOfWork, row: Mapping[str, Any], verb: str, change_reason: str | None) -> Mapping[str, Any]:
    if not APPOINTMENT.allows(verb, row["status"]):
        raise Conflict("The appointment is not in a state that allows this.", currentVersion=row["version"])
    await work.connection.execute(
        "UPDATE appointment SET status = $2, change_reason = $3, version = version + 1 WHERE id = $1",
        row["id"],
        APPOINTMENT.after(verb),
        change_reason,
    )
    return await by_id(work.connection, row["id"])


async def cancel(
    work: UnitOfWork, by: Actor, appointment_id: UUID, expected_version: int, reason: str | None
) -> Mapping[str, Any]:
    """Call an appointment off; its time is free at once, or held for who waits for it.

    Raises:
        NotFound: no such appointment for `by`.
        BadInput: the clinic gives no reason.
        Conflict: another version than expected, too late, or it does not lie ahead.
    """
    reason = checked_reason(reason)
    row = await locked(work, by, appointment_id, expected_version)
    _require_notice(work, by, row, reason)
    await queue(work.connection, [row["clinician_id"]], None)
    changed = await _move_on(work, row, "cancel", reason)
    await keep_change(work, by, changed, EventKind.APPOINTMENT_CANCELLED, "cancelAppointment")
    await waiting_list.offer(work, row)
    return changed


async def advance(
    work: UnitOfWork, by: Actor, appointment_id: UUID, expected_version: int, verb: str
) -> Mapping[str, Any]:
    """Confirm an appointment, check in, begin it, complete it, or note that the patient did not come.

    Raises:
        NotFound: no such appointment for `by`.
        BadInput: a patient can only confirm and check in; nobody comes long before, or has missed what has not begun.
        Conflict: another version than expected, or a state that does not allow it.
    """
    row = await locked(work, by, appointment_id, expected_version)
    if by.role is Role.PATIENT and verb not in {"confirm", "check in"}:
        raise BadInput("step: patients confirm and check in; the clinic does the rest.")
    if verb in _COMES and work.at < row["starts_at"] - COME_BEFORE:
        raise BadInput(f"step: this can be done at most {COME_BEFORE // timedelta(minutes=1)} minutes before.")
    if verb == "miss" and work.at < row["starts_at"]:
        raise BadInput("step: the appointment has not begun.")
    changed = await _move_on(work, row, verb, None)
    if verb in _COMES:
        await open_care(work, changed)
    # The clinic watches for who waits.
    told = EventKind.PATIENT_CHECKED_IN if verb == "check in" else EventKind.APPOINTMENT_STATUS_CHANGED
    await keep_change(work, by, changed, told, "advanceAppointment")
    return changed


async def page(
    connection: Connection,
    patient_id: UUID,
    *,
    since: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """A patient's appointments that end after `since`, the soonest first, also those that were called off."""
    return await connection.fetch(
        SELECT + f" WHERE appointment.patient_id = $1 AND {WAS_BOOKED} AND ($2::timestamptz IS NULL OR ends_at > $2)"
        " AND ($3::timestamptz IS NULL OR (starts_at, appointment.id) > ($3, $4::uuid))"
        " ORDER BY starts_at, appointment.id LIMIT $5",
        patient_id,
        since,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def next_of(connection: Connection, patient_ids: Sequence[UUID], at: datetime) -> Sequence[Mapping[str, Any]]:
    """The next appointment of each of these patients that has one, or the one that runs now."""
    return await connection.fetch(
        "SELECT DISTINCT ON (patient_id) * FROM (" + SELECT + ") AS ahead"  # noqa: S608 - no value in it
        f" WHERE patient_id = ANY($1::uuid[]) AND ends_at > $2 AND {HOLDS} AND {WAS_BOOKED} AND status <> $3"
        " ORDER BY patient_id, starts_at, id",
        list(patient_ids),
        at,
        AppointmentStatus.COMPLETED,
    )
