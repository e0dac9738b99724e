"""What all that is done with appointments shares: the row, who may touch it, in which order, and what is kept of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain import reminders
from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_REASON = 500

# Of an appointment that takes its clinician's time; the patient's too, unless it is only offered.
HOLDS = "status NOT IN ('CANCELLED', 'NO_SHOW', 'LAPSED')"
# Of what was an appointment at any time: no slot that is or was only offered.
WAS_BOOKED = "status NOT IN ('OFFERED', 'LAPSED')"

SELECT = (
    "SELECT appointment.*, account.display_name AS clinician_name, account.organisation_id FROM appointment"
    " JOIN account ON account.id = appointment.clinician_id"
)


def checked_reason(reason: str | None) -> str | None:
    """A reason without blanks around it, or none.

    Raises:
        BadInput: too long.
    """
    reason = (reason or "").strip()
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise BadInput(f"reason: give at most {LONGEST_REASON} characters.")
    return reason or None


async def by_id(connection: Connection, appointment_id: UUID) -> Mapping[str, Any]:
    """The row of an appointment that exists, with its clinician's name and clinic."""
    row = await connection.fetchrow(SELECT + " WHERE appointment.id = $1", appointment_id)
    assert row is not None
    return row


async def queue(connection: Connection, clinician_ids: Sequence[UUID], patient_id: UUID | None) -> None:
    """Let changes of one clinician's time, then of one patient's, come one after the other.

    Rows are locked before, and changed after it: so nobody who waits here holds what the one ahead waits for.
    """
    for one in [*sorted(set(clinician_ids)), *([patient_id] if patient_id else [])]:
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"appointments of {one}")


async def visible(work: UnitOfWork, by: Actor, appointment_id: UUID, *, lock: bool) -> Mapping[str, Any]:
    """An appointment of a patient whom `by` may see, or with `by`; with `lock` until the transaction ends.

    Raises:
        NotFound: there is none for `by`.
    """
    row = await work.connection.fetchrow(
        SELECT + " JOIN patient ON patient.id = appointment.patient_id WHERE appointment.id = $3"
        f" AND ({visible_patients(by, '$1', '$2')} OR appointment.clinician_id = $4)"
        " AND ($1::timestamptz, $2::uuid) IS NOT NULL" + (" FOR UPDATE OF appointment" if lock else ""),
        work.at,
        visibility_key(by),
        appointment_id,
        by.account_id,
    )
    if row is None:
        raise NotFound("There is no such appointment.")
    return row


async def locked(work: UnitOfWork, by: Actor, appointment_id: UUID, expected_version: int) -> Mapping[str, Any]:
    """The same, locked and as it was expected.

    Raises:
        NotFound: there is none for `by`.
        Conflict: it has another version.
    """
    row = await visible(work, by, appointment_id, lock=True)
    if row["version"] != expected_version:
        raise Conflict("The appointment has changed since you saw it.", currentVersion=row["version"])
    return row


async def keep_change(work: UnitOfWork, by: Actor | None, row: Mapping[str, Any], kind: EventKind, action: str) -> None:
    """Keep what the appointment is now as its version, tell of it, and let the reminders follow it."""
    await work.connection.execute(
        "INSERT INTO appointment_change (id, appointment_id, version, status, starts_at, ends_at, change_reason,"
        " changed_at, changed_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new_id(),
        row["id"],
        row["version"],
        row["status"],
        row["starts_at"],
        row["ends_at"],
        row["change_reason"],
        work.at,
        by.account_id if by else None,
    )
    await reminders.follow_appointments(work, [row["id"]])
    work.tell(kind, patient_id=row["patient_id"], subject_id=row["id"])
    work.audit(action, patient_id=row["patient_id"], subject_id=row["id"])


async def of_patient(
    connection: Connection, patient_id: UUID, since: datetime, until: datetime
) -> Sequence[tuple[datetime, datetime]]:
    """When the patient is at an appointment between two moments."""
    rows = await connection.fetch(
        f"SELECT starts_at, ends_at FROM appointment WHERE patient_id = $1 AND {HOLDS} AND {WAS_BOOKED}"  # noqa: S608 - no value in it
        " AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)",
        patient_id,
        since,
        until,
    )
    return [(row["starts_at"], row["ends_at"]) for row in rows]
