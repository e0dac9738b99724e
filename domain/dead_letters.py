"""Reminders that could not be sent: what staff of a clinic see of them, and send once more."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.errors import Conflict, NotFound
from domain.kinds import SendStatus
from domain.ports import Connection
from domain.rules.reminder_times import USEFUL_MINUTES
from domain.unit_of_work import UnitOfWork

_SELECT = (
    "SELECT this.id, reminder.kind, contact.channel, reminder.due_at, this.dead_at, this.attempts, this.last_error,"
    " this.status, reminder.patient_id, account.display_name, contact.ended_at FROM reminder_send AS this"
    " JOIN reminder ON reminder.id = this.reminder_id"
    " JOIN contact_point AS contact ON contact.id = this.contact_point_id"
    " JOIN account ON account.id = contact.account_id AND account.organisation_id = $1"
)


async def page(
    connection: Connection, by: Actor, *, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """What could not be sent to people of the caller's clinic, the newest first; with whom it was for."""
    return await connection.fetch(
        f"{_SELECT} WHERE this.status = 'DEAD'"
        " AND ($2::timestamptz IS NULL OR (this.dead_at, this.id) < ($2, $3::uuid))"
        " ORDER BY this.dead_at DESC, this.id DESC LIMIT $4",
        by.organisation_id,
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )


async def tries_of(connection: Connection, send_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """Every try of these, in order."""
    return await connection.fetch(
        "SELECT * FROM reminder_try WHERE send_id = ANY($1::uuid[]) ORDER BY send_id, attempt", list(send_ids)
    )


async def replay(work: UnitOfWork, by: Actor, send_id: UUID) -> Mapping[str, Any]:
    """Send it once more, under the same id as before.

    Raises:
        NotFound: no such dead letter of the caller's clinic.
        Conflict: it is no dead letter any more, or its contact point has ended.
    """
    row = await work.connection.fetchrow(
        f"{_SELECT} WHERE this.id = $2 FOR UPDATE OF this", by.organisation_id, send_id
    )
    if row is None:
        raise NotFound("There is no such dead letter.")
    if row["status"] != SendStatus.DEAD:
        raise Conflict("This is no dead letter any more.")
    if row["ended_at"] is not None:
        raise Conflict("Nobody is reached there any more; the patient must add a contact point again.")
    await work.connection.execute(
        "UPDATE reminder_send SET status = 'WAITING', due_at = $2, expires_at = $3, lost = 0, leased_until = NULL,"
        " dead_at = NULL WHERE id = $1",
        send_id,
        work.at,
        work.at + timedelta(minutes=USEFUL_MINUTES),
    )
    work.audit("replayDeadLetter", patient_id=row["patient_id"], subject_id=send_id)
    return row
