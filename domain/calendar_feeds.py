"""Addresses under which calendars read a patient's appointments: unguessable, one at a time, revocable."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.errors import NotFound
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id

RANDOM_BYTES = 32
# What lies further back, calendars have.
KEPT = timedelta(days=92)

# With the change that made the version; what was only offered has none.
_ENTRIES = (
    "SELECT booked.id, booked.kind, booked.status, booked.starts_at, booked.ends_at, booked.time_zone, booked.version,"
    " booked.clinician_id, change.changed_at, account.display_name AS clinician_name, patient.locale"
    " FROM appointment AS booked JOIN account ON account.id = booked.clinician_id"
    " JOIN patient ON patient.id = booked.patient_id"
    " JOIN appointment_change AS change ON change.appointment_id = booked.id AND change.version = booked.version"
)


def _own(by: Actor) -> UUID:
    assert by.patient_id is not None, "a patient has a record"
    return by.patient_id


async def key_of(connection: Connection, patient_id: UUID) -> str | None:
    """The key in the patient's address; None without one."""
    key: str | None = await connection.fetchval(
        "SELECT key FROM calendar_feed WHERE patient_id = $1 AND revoked_at IS NULL", patient_id
    )
    return key


async def revoke(work: UnitOfWork, by: Actor) -> None:
    """Let the caller's address work no more."""
    # Two changes at once come one after the other.
    await work.connection.execute("SELECT FROM patient WHERE id = $1 FOR NO KEY UPDATE", _own(by))
    await work.connection.execute(
        "UPDATE calendar_feed SET revoked_at = $2 WHERE patient_id = $1 AND revoked_at IS NULL", by.patient_id, work.at
    )
    work.audit("revokeCalendarUrl", patient_id=by.patient_id)


async def renew(work: UnitOfWork, by: Actor) -> str:
    """A new key for the caller's appointments; the earlier one works no more."""
    await revoke(work, by)
    key, this = secrets.token_urlsafe(RANDOM_BYTES), new_id()
    await work.connection.execute(
        "INSERT INTO calendar_feed (id, patient_id, key, made_at) VALUES ($1, $2, $3, $4)",
        this,
        by.patient_id,
        key,
        work.at,
    )
    work.audit("renewCalendarUrl", patient_id=by.patient_id, subject_id=this)
    return key


async def appointments(work: UnitOfWork, key: str) -> Sequence[Mapping[str, Any]]:
    """What a calendar with this key shows: appointments with the clinician's name, also those called off.

    Raises:
        NotFound: nobody has this key, or not any more.
    """
    # PostgreSQL takes no text with a zero in it.
    patient_id = "\0" not in key and await work.connection.fetchval(
        "SELECT patient_id FROM calendar_feed WHERE key = $1 AND revoked_at IS NULL", key
    )
    if not patient_id:
        raise NotFound("There is no such calendar.")
    work.audit("calendar", patient_id=patient_id)
    return await work.connection.fetch(
        _ENTRIES + " WHERE booked.patient_id = $1 AND booked.ends_at > $2 ORDER BY booked.starts_at, booked.id",
        patient_id,
        work.at - KEPT,
    )


async def entries(connection: Connection, appointment_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """What a calendar shows of these appointments, by id."""
    rows = await connection.fetch(_ENTRIES + " WHERE booked.id = ANY($1::uuid[])", list(appointment_ids))
    return {row["id"]: row for row in rows}
