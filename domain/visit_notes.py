"""Notes of visits: what the clinician found and what came of it; amended by a later version, never changed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.appointment_rows import visible
from domain.errors import BadInput, Conflict, Forbidden
from domain.kinds import AppointmentStatus, EventKind, VisitOutcome
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_TEXT = 10_000
MOST_CHANGES = 20
# Nothing can be said of what has not begun.
_HELD = frozenset({AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED})

_SELECT = (
    "SELECT visit_note.*, account.display_name AS written_by_name, appointment.patient_id FROM visit_note"
    " JOIN account ON account.id = written_by_id JOIN appointment ON appointment.id = appointment_id"
)


async def write(
    work: UnitOfWork,
    by: Actor,
    appointment_id: UUID,
    client_id: UUID,
    expected_version: int,
    outcome: VisitOutcome,
    text: str,
    medication_change_ids: Sequence[UUID],
) -> Mapping[str, Any]:
    """Write the note of one's own visit, or amend it.

    Raises:
        NotFound: no such appointment for `by`.
        Forbidden: the visit is another clinician's.
        BadInput: the text cannot be, or a change is none of the patient's medication.
        Conflict: the visit has not begun, there is another version than expected, or the clientId stands for another.
    """
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_TEXT or "\0" in text:
        raise BadInput(f"text: give 1 to {LONGEST_TEXT} characters.")
    changes = [*dict.fromkeys(medication_change_ids)]
    if len(changes) > MOST_CHANGES:
        raise BadInput(f"medicationChangeIds: give at most {MOST_CHANGES}.")
    row = await visible(work, by, appointment_id, lock=True)
    if row["clinician_id"] != by.account_id:
        raise Forbidden("The clinician of the visit writes its note.")
    known = await work.connection.fetchrow(
        _SELECT + " WHERE appointment_id = $1 AND visit_note.client_id = $2", appointment_id, client_id
    )
    if known is not None:
        if (known["outcome"], known["text"], known["medication_change_ids"]) != (outcome, text, changes):
            raise Conflict("This clientId was used before for another note.")
        return known
    if row["status"] not in _HELD:
        raise Conflict("Begin the visit before you write of it.")
    version = await work.connection.fetchval(
        "SELECT coalesce(max(version), 0) FROM visit_note WHERE appointment_id = $1", appointment_id
    )
    if version != expected_version:
        raise Conflict("The note has changed since you saw it.", currentVersion=version)
    found = await work.connection.fetchval(
        "SELECT count(*) FROM vital_event WHERE id = ANY($1::uuid[]) AND patient_id = $2", changes, row["patient_id"]
    )
    if found != len(changes):
        raise BadInput("medicationChangeIds: one of them is no change of this patient's medication.")
    this = new_id()
    await work.connection.execute(
        "INSERT INTO visit_note (id, appointment_id, version, client_id, outcome, text, medication_change_ids,"
        " written_at, written_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        this,
        appointment_id,
        version + 1,
        client_id,
        outcome,
        text,
        changes,
        work.at,
        by.account_id,
    )
    work.tell(EventKind.VISIT_NOTE_WRITTEN, patient_id=row["patient_id"], subject_id=appointment_id)
    work.audit("writeVisitNote", patient_id=row["patient_id"], subject_id=this)
    written = await work.connection.fetchrow(_SELECT + " WHERE visit_note.id = $1", this)
    assert written is not None
    return written


async def of_appointments(connection: Connection, appointment_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """The notes of these appointments, the newest version first."""
    return await connection.fetch(
        _SELECT + " WHERE appointment_id = ANY($1::uuid[]) ORDER BY appointment_id, version DESC", list(appointment_ids)
    )


async def medication_changes(connection: Connection, ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """Changes of medication by id."""
    rows = await connection.fetch("SELECT * FROM vital_event WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: row for row in rows}
