"""Video calls: who may enter which one and when, and who is in it; a visit's own state is another thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.appointment_rows import visible
from domain.errors import Conflict, Forbidden
from domain.kinds import AppointmentKind, AppointmentStatus, EventKind, Role
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork, new_id
from domain.visit_care import open_care

OPENS_BEFORE = timedelta(minutes=15)
CLOSES_AFTER = timedelta(minutes=30)
# A link that leaks is of no use soon; whoever is in a call already stays in it.
LINK_LIVES = timedelta(minutes=10)
# Of visits to which one may still come.
_OPEN = frozenset(
    {
        AppointmentStatus.BOOKED,
        AppointmentStatus.CONFIRMED,
        AppointmentStatus.CHECKED_IN,
        AppointmentStatus.IN_PROGRESS,
    }
)


class CallStatus(StrEnum):
    """Who is in a call."""

    NOT_OPEN = "NOT_OPEN"
    EMPTY = "EMPTY"
    PATIENT_WAITS = "PATIENT_WAITS"
    CLINICIAN_WAITS = "CLINICIAN_WAITS"
    RUNNING = "RUNNING"
    ENDED = "ENDED"


@dataclass(frozen=True)
class CallPass:
    """With what someone enters a call: whose it is, and from when until when it holds."""

    appointment_id: UUID
    account_id: UUID
    display_name: str
    is_host: bool
    opens_at: datetime
    expires_at: datetime


def window(row: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """From when until when the call of an appointment can be entered."""
    return row["starts_at"] - OPENS_BEFORE, row["ends_at"] + CLOSES_AFTER


def call_pass(row: Mapping[str, Any], by: Actor, at: datetime) -> CallPass | None:
    """The pass of one of the two of a video appointment, while its call is open; else None.

    The patient's name is not in it: a link passes through hands that need not know who is ill.
    """
    opens, closes = window(row)
    is_host = by.role is Role.CLINICIAN and row["clinician_id"] == by.account_id
    is_guest = by.role is Role.PATIENT and row["patient_id"] == by.patient_id
    if row["kind"] != AppointmentKind.VIDEO or row["status"] not in _OPEN or not opens <= at < closes:
        return None
    if not (is_host or is_guest):
        return None
    name = by.display_name if is_host else "Patient"
    return CallPass(row["id"], by.account_id, name, is_host, opens, min(at + LINK_LIVES, closes))


async def enter(work: UnitOfWork, by: Actor, appointment_id: UUID) -> Mapping[str, Any]:
    """Note that one of the two is in the call, and tell of it; who is in it already stays so.

    Raises:
        NotFound: no such appointment for `by`.
        Forbidden: `by` is neither of the two.
        Conflict: it has no call that is open.
    """
    row = await visible(work, by, appointment_id, lock=True)
    if by.account_id != row["clinician_id"] and by.patient_id != row["patient_id"]:
        raise Forbidden("Only the two who meet may enter the call.")
    if call_pass(row, by, work.at) is None:
        minutes = OPENS_BEFORE // timedelta(minutes=1)
        raise Conflict(f"A video call is open from {minutes} minutes before the appointment until it is over.")
    entered = await work.connection.fetchval(
        "INSERT INTO call_presence (id, appointment_id, account_id, entered_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING RETURNING true",
        new_id(),
        appointment_id,
        by.account_id,
        work.at,
    )
    if entered:
        await open_care(work, row)
        _tell(work, row, "enterCall")
    return row


async def leave(work: UnitOfWork, by: Actor, appointment_id: UUID) -> Mapping[str, Any]:
    """Note that one of the two is in the call no more; who was not in it changes nothing.

    Raises:
        NotFound: no such appointment for `by`.
    """
    row = await visible(work, by, appointment_id, lock=True)
    left = await work.connection.fetchval(
        "UPDATE call_presence SET left_at = $3 WHERE appointment_id = $1 AND account_id = $2 AND left_at IS NULL"
        " RETURNING true",
        appointment_id,
        by.account_id,
        work.at,
    )
    if left:
        _tell(work, row, "leaveCall")
    return row


def _tell(work: UnitOfWork, row: Mapping[str, Any], action: str) -> None:
    work.tell(EventKind.CALL_CHANGED, patient_id=row["patient_id"], subject_id=row["id"])
    work.audit(action, patient_id=row["patient_id"], subject_id=row["id"])


async def present(connection: Connection, appointment_ids: Sequence[UUID]) -> Mapping[UUID, frozenset[Role]]:
    """Who is in the calls of these appointments, by id; nobody where there is none."""
    rows = await connection.fetch(
        "SELECT appointment_id, array_agg(account.role::text) AS roles FROM call_presence"
        " JOIN account ON account.id = account_id WHERE appointment_id = ANY($1::uuid[]) AND left_at IS NULL"
        " GROUP BY appointment_id",
        list(appointment_ids),
    )
    return {row["appointment_id"]: frozenset(Role(one) for one in row["roles"]) for row in rows}


def call_status(row: Mapping[str, Any], roles: frozenset[Role], at: datetime) -> CallStatus:
    """How far a call is; when its time is over or the visit called off it has ended, whoever forgot to leave it."""
    opens, closes = window(row)
    if row["status"] not in _OPEN or at >= closes:
        return CallStatus.ENDED
    if at < opens:
        return CallStatus.NOT_OPEN
    return {
        frozenset(): CallStatus.EMPTY,
        frozenset({Role.PATIENT}): CallStatus.PATIENT_WAITS,
        frozenset({Role.CLINICIAN}): CallStatus.CLINICIAN_WAITS,
    }.get(roles, CallStatus.RUNNING)
