"""What becomes of appointments when the law on a zone's clocks changes: they stay at the time that the clock shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from domain.appointment_rows import SELECT, by_id, keep_change, queue
from domain.kinds import EventKind
from domain.ports import Connection
from domain.rules.slots import kept_on_the_clock, offset_minutes
from domain.unit_of_work import UnitOfWork

# Of what lies ahead and takes someone's time.
_AHEAD = "status IN ('BOOKED', 'CONFIRMED', 'OFFERED') AND starts_at > $1"


def _moved(row: Mapping[str, Any]) -> datetime:
    return kept_on_the_clock(row["starts_at"], row["offset_minutes"], ZoneInfo(row["time_zone"]))


async def affected(connection: Connection, at: datetime) -> Sequence[UUID]:
    """Appointments ahead whose clock shows another time by now than was promised.

    In an order in which none is moved to where another one still stands: what moves later from the last on, what moves
    earlier from the first on.
    """
    rows = await connection.fetch(
        f"SELECT id, starts_at, time_zone, offset_minutes FROM appointment WHERE {_AHEAD} ORDER BY starts_at",  # noqa: S608 - no value in it
        at,
    )
    moves = [(row["id"], _moved(row) - row["starts_at"]) for row in rows]
    later = [one for one, by in moves if by.total_seconds() > 0]
    earlier = [one for one, by in moves if by.total_seconds() < 0]
    return [*reversed(later), *earlier]


async def keep_on_the_clock(work: UnitOfWork, appointment_id: UUID) -> bool:
    """Move an appointment to the moment at which the clock shows what was promised, unless it stands there.

    Returns:
        Whether it could be kept; where somebody has another appointment by then it stays at its moment, for the clinic
        to settle.
    """
    row = await work.connection.fetchrow(
        SELECT + f" WHERE appointment.id = $2 AND {_AHEAD} FOR UPDATE OF appointment", work.at, appointment_id
    )
    if row is None or _moved(row) == row["starts_at"]:
        return True
    await queue(work.connection, [row["clinician_id"]], row["patient_id"])
    starts_at = _moved(row)
    shift = starts_at - row["starts_at"]
    await work.connection.execute("SAVEPOINT before_move")
    try:
        await work.connection.execute(
            "UPDATE appointment SET starts_at = $2, ends_at = $3, held_until = $4, offset_minutes = $5,"
            # An offer is no version of an appointment yet.
            " version = CASE WHEN status = 'OFFERED' THEN version ELSE version + 1 END WHERE id = $1",
            appointment_id,
            starts_at,
            row["ends_at"] + shift,
            row["held_until"] + shift,
            offset_minutes(starts_at, ZoneInfo(row["time_zone"])),
        )
    except asyncpg.ExclusionViolationError:
        await work.connection.execute("ROLLBACK TO SAVEPOINT before_move")
        return False
    changed = await by_id(work.connection, appointment_id)
    if changed["version"]:
        await keep_change(work, None, changed, EventKind.APPOINTMENT_RESCHEDULED, "keepOnTheClock")
    return True
