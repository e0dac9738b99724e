"""Whom a clinician meets when: the day as the clinic sees it, also of patients who are not in the clinician's care."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.appointment_rows import WAS_BOOKED
from domain.errors import BadInput, Forbidden
from domain.kinds import Role
from domain.unit_of_work import UnitOfWork

LONGEST_SPAN = timedelta(days=31)


async def agenda(
    work: UnitOfWork,
    by: Actor,
    *,
    clinician_id: UUID | None,
    since: datetime,
    until: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """Appointments of a clinician, or of the whole clinic for its front desk, that run between two moments.

    Each row has the patient's name; a clinician sees their own appointments only.

    Raises:
        Forbidden: a clinician asks for another's.
        BadInput: the span cannot be.
    """
    if not timedelta(0) < until - since <= LONGEST_SPAN:
        raise BadInput(f"to: give a moment after from, at most {LONGEST_SPAN.days} days later.")
    if by.role is Role.CLINICIAN:
        if clinician_id not in (None, by.account_id):
            raise Forbidden("You may see your own agenda only.")
        clinician_id = by.account_id
    return await work.connection.fetch(
        "SELECT appointment.*, account.display_name AS clinician_name, patient.display_name AS patient_name"  # noqa: S608 - no value in it
        " FROM appointment JOIN account ON account.id = appointment.clinician_id"
        " JOIN patient ON patient.id = appointment.patient_id"
        f" WHERE account.organisation_id = $1 AND ($2::uuid IS NULL OR appointment.clinician_id = $2) AND {WAS_BOOKED}"
        " AND appointment.ends_at > $3 AND appointment.starts_at < $4"
        " AND ($5::timestamptz IS NULL OR (appointment.starts_at, appointment.id) > ($5, $6::uuid))"
        " ORDER BY appointment.starts_at, appointment.id LIMIT $7",
        by.organisation_id,
        clinician_id,
        since,
        until,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
