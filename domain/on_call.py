"""Who is on call for a clinic: told of alerts that the care team leaves open."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain import invitations
from domain.access import Actor
from domain.care_teams import CLOCK_TOLERANCE
from domain.errors import BadInput, Conflict, Forbidden, NotFound
from domain.kinds import OrganisationKind
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_SHIFT = timedelta(days=31)
FARTHEST_AHEAD = timedelta(days=366)
_SELECT = "SELECT on_call_shift.*, display_name FROM on_call_shift JOIN account ON account.id = clinician_id"


async def add(
    work: UnitOfWork, by: Actor, client_id: UUID, clinician_id: UUID, starts_at: datetime, ends_at: datetime
) -> Mapping[str, Any]:
    """Put a clinician on call for the caller's clinic; several may be so at once.

    Raises:
        Forbidden: the caller's organisation is no clinic.
        BadInput: the shift ends before it begins, is too long, in the past or too far ahead.
        NotFound: there is no such clinician in the clinic.
        Conflict: the clientId stands for another shift.
    """
    if await invitations.organisation_kind(work.connection, by) is not OrganisationKind.CLINIC:
        raise Forbidden("Only a clinic has somebody on call.")
    if not starts_at < ends_at <= starts_at + LONGEST_SHIFT:
        raise BadInput(f"endsAt: a shift ends after it begins, and within {LONGEST_SHIFT.days} days.")
    known = await work.connection.fetchrow(
        _SELECT + " WHERE clinic_id = $1 AND client_id = $2", by.organisation_id, client_id
    )
    asked = (clinician_id, starts_at, ends_at)
    if known is not None:
        if (known["clinician_id"], known["starts_at"], known["ends_at"]) != asked:
            raise Conflict("This clientId was used before for another shift.")
        return known
    if not work.at - CLOCK_TOLERANCE <= starts_at <= work.at + FARTHEST_AHEAD:
        raise BadInput("startsAt: a shift cannot begin in the past, nor more than a year ahead.")
    row = await work.connection.fetchrow(
        "WITH added AS (INSERT INTO on_call_shift (id, clinic_id, clinician_id, client_id, starts_at, ends_at, set_at,"
        " set_by_id) SELECT $1, $2::uuid, id, $4, $5, $6, $7, $8 FROM account WHERE id = $3 AND organisation_id = $2"
        " AND role = 'CLINICIAN' AND ended_at IS NULL RETURNING *)"
        " SELECT added.*, display_name FROM added JOIN account ON account.id = clinician_id",
        new_id(),
        by.organisation_id,
        clinician_id,
        client_id,
        starts_at,
        ends_at,
        work.at,
        by.account_id,
    )
    if row is None:
        raise NotFound("There is no such clinician.")
    work.audit("addOnCallShift", subject_id=row["id"])
    return row


async def end(work: UnitOfWork, by: Actor, shift_id: UUID) -> Mapping[str, Any]:
    """End a shift now, or call it off before it begins; what has ended stays as it is.

    Raises:
        NotFound: there is no such shift of the caller's clinic.
    """
    changed = await work.connection.execute(
        "UPDATE on_call_shift SET ends_at = greatest($3, starts_at) WHERE id = $1 AND clinic_id = $2 AND ends_at > $3",
        shift_id,
        by.organisation_id,
        work.at,
    )
    row = await work.connection.fetchrow(
        _SELECT + " WHERE on_call_shift.id = $1 AND clinic_id = $2", shift_id, by.organisation_id
    )
    if row is None:
        raise NotFound("There is no such shift.")
    if changed != "UPDATE 0":
        work.audit("endOnCallShift", subject_id=shift_id)
    return row


async def page(
    connection: Connection, by: Actor, *, since: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """The shifts of the caller's clinic that are not over by a moment, the first one first, beyond the `after` key."""
    return await connection.fetch(
        _SELECT + " WHERE clinic_id = $1 AND ends_at > $2 AND starts_at < ends_at"
        " AND ($3::timestamptz IS NULL OR (starts_at, on_call_shift.id) > ($3, $4::uuid))"
        " ORDER BY starts_at, on_call_shift.id LIMIT $5",
        by.organisation_id,
        since,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
