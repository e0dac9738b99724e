"""What may change a patient's vitals: kept, so that a change it accounts for is reported as such and rings nobody."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.errors import BadInput, Conflict
from domain.kinds import EventKind, VitalEventKind, WorkKind
from domain.new_readings import CLOCK_SKEW
from domain.patients import require_visible
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_LABEL = 100
OLDEST = timedelta(days=365 * 2)


def _checked(label: str, at: datetime, now: datetime) -> str:
    label = label.strip()
    if not (1 <= len(label) <= LONGEST_LABEL and label.isprintable()):
        raise BadInput(f"label: give 1 to {LONGEST_LABEL} printable characters, such as ramipril 5 mg to 10 mg.")
    if not now - OLDEST <= at <= now + CLOCK_SKEW:
        raise BadInput("at: a change lies in the past, at most two years back.")
    return label


async def record_medication_change(
    work: UnitOfWork, by: Actor, client_id: UUID, patient_id: UUID, at: datetime, label: str
) -> Mapping[str, Any]:
    """Keep that medication changed, and take the patient's vitals in anew from then on.

    Raises:
        NotFound: no such patient for `by`.
        BadInput: the label is empty or too long, or the moment is not in the last two years.
        Conflict: the clientId stands for something else already.
    """
    label = _checked(label, at, work.at)
    await require_visible(work.connection, by, patient_id, work.at)
    row = await keep_medication_change(work, by, client_id, patient_id, at, label)
    if (row["at"], row["label"]) != (at, label):
        raise Conflict("This clientId was used before for another change.")
    work.audit("recordMedicationChange", patient_id=patient_id, subject_id=row["id"])
    return row


async def keep_medication_change(
    work: UnitOfWork, by: Actor, client_id: UUID, patient_id: UUID, at: datetime, label: str
) -> Mapping[str, Any]:
    """The change that this clientId stands for; a new one is kept, also one that is still to come."""
    this = new_id()
    row = await work.connection.fetchrow(
        "INSERT INTO vital_event (id, patient_id, client_id, kind, at, label, recorded_at, recorded_by_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (patient_id, client_id) DO UPDATE SET id = vital_event.id"
        " RETURNING *",
        this,
        patient_id,
        client_id,
        VitalEventKind.MEDICATION_CHANGE,
        at,
        label,
        work.at,
        by.account_id,
    )
    assert row is not None
    if row["id"] == this:
        # The series change their minds about what came after it.
        await work.connection.execute(
            "INSERT INTO vital_unread (patient_id, kind, since)"
            " SELECT patient_id, kind, $2 FROM latest_reading"
            " WHERE patient_id = $1 AND $2::timestamptz <= $3::timestamptz",
            patient_id,
            at,
            work.at + CLOCK_SKEW,
        )
        work.tell(EventKind.MEDICATION_CHANGED, patient_id=patient_id, subject_id=this)
        work.ask(WorkKind.ANALYSE_VITALS, patient_id)
    return row


async def marks(work: UnitOfWork, patient_id: UUID, since: datetime) -> Sequence[tuple[float, str]]:
    """Seconds since 1970 and label of what happened from a moment until now, oldest first."""
    rows = await work.connection.fetch(
        "SELECT at, label FROM vital_event WHERE patient_id = $1 AND at BETWEEN $2 AND $3 ORDER BY at, id",
        patient_id,
        since,
        work.at + CLOCK_SKEW,
    )
    return [(row["at"].timestamp(), row["label"]) for row in rows]
