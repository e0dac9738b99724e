"""Someone to see at once: whoever is on call takes calls between their other appointments, else the next free slot."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor
from domain.appointment_rows import HOLDS, of_patient
from domain.availability import hours_of_clinicians, soonest
from domain.errors import BadInput
from domain.kinds import AppointmentKind
from domain.ports import Connection
from domain.rules.slots import Hours, Slot
from domain.unit_of_work import UnitOfWork

# Later than so, one books a slot like any other.
ON_CALL_AHEAD = timedelta(hours=2)
# Calls begin at whole five minutes, a moment after they are asked for.
START_EVERY = timedelta(minutes=5)
TO_BOOK_IT = timedelta(minutes=1)
# First near, then farther: most days have a slot.
SLOTS_WITHIN = (timedelta(days=2), timedelta(days=8), timedelta(days=31))
_REMOTE = frozenset({AppointmentKind.VIDEO, AppointmentKind.PHONE})


async def on_call(
    connection: Connection, clinic_id: UUID, since: datetime, until: datetime
) -> Sequence[Mapping[str, Any]]:
    """Shifts of the clinic that have begun before `until` and end after `since`, the first one first."""
    return await connection.fetch(
        "SELECT clinician_id, display_name, starts_at, ends_at FROM on_call_shift"
        " JOIN account ON account.id = clinician_id"
        " WHERE clinic_id = $1 AND starts_at <= $3 AND ends_at > $2 AND starts_at < ends_at"
        " AND account.ended_at IS NULL"
        " ORDER BY starts_at, clinician_id",
        clinic_id,
        since,
        until,
    )


def _starts(since: datetime, until: datetime) -> Sequence[datetime]:
    """The whole five minutes from one moment on, before another."""
    epoch = datetime.fromtimestamp(0, UTC)
    first = epoch + -((epoch - since) // START_EVERY) * START_EVERY
    return [first + number * START_EVERY for number in range(max(0, -((first - until) // START_EVERY)))]


def _slot(hours: Hours, clinician_id: UUID, starts_at: datetime) -> Slot:
    return Slot(starts_at, starts_at + timedelta(minutes=hours.slot_minutes), clinician_id)


async def slot_on_call(
    work: UnitOfWork, clinic_id: UUID, hours: Hours, clinician_id: UUID, kind: AppointmentKind, starts_at: datetime
) -> Slot | None:
    """The call that begins at this moment with a clinician who is on call then, taken or not; None where there is none.

    Only calls can be so, and only soon.
    """
    if (
        kind not in _REMOTE
        or not work.at <= starts_at <= work.at + ON_CALL_AHEAD
        or starts_at not in _starts(starts_at, starts_at + START_EVERY)
    ):
        return None
    shifts = await on_call(work.connection, clinic_id, starts_at, starts_at)
    return _slot(hours, clinician_id, starts_at) if clinician_id in {row["clinician_id"] for row in shifts} else None


async def _soonest_on_call(
    work: UnitOfWork, clinic_id: UUID, kind: AppointmentKind, patient_id: UUID | None
) -> tuple[Slot, str] | None:
    since, until = work.at + TO_BOOK_IT, work.at + ON_CALL_AHEAD
    shifts = await on_call(work.connection, clinic_id, since, until)
    hours = await hours_of_clinicians(work.connection, clinic_id, [row["clinician_id"] for row in shifts])
    taken = await work.connection.fetch(
        "SELECT clinician_id, starts_at, held_until FROM appointment WHERE clinician_id = ANY($1::uuid[])"  # noqa: S608 - no value in it
        f" AND {HOLDS} AND tstzrange(starts_at, held_until) && tstzrange($2, $3)",
        list(hours),
        since,
        until + timedelta(days=1),
    )
    busy = await of_patient(work.connection, patient_id, since, until + timedelta(days=1)) if patient_id else ()
    found = []
    for shift in shifts:
        each, name = hours.get(shift["clinician_id"], (None, ""))
        if each is None or kind not in each.kinds:
            continue
        for starts_at in _starts(max(since, shift["starts_at"]), min(until, shift["ends_at"])):
            slot = _slot(each, shift["clinician_id"], starts_at)
            held = slot._replace(ends_at=slot.ends_at + timedelta(minutes=each.buffer_minutes))
            theirs = (row for row in taken if row["clinician_id"] == slot.clinician_id)
            if not any(held.overlaps(row["starts_at"], row["held_until"]) for row in theirs) and not any(
                slot.overlaps(*one) for one in busy
            ):
                found.append((slot, name))
                break
    return min(found, default=None)


async def next_telemedic(work: UnitOfWork, by: Actor, kind: AppointmentKind) -> tuple[Slot, str] | None:
    """The soonest call with anyone of the clinic, with the clinician's name: on call, or in a slot.

    Raises:
        BadInput: nobody is seen in person at once.
    """
    if kind not in _REMOTE:
        raise BadInput("kind: a telemedic is seen by video or by phone.")
    clinic_id = by.organisation_id
    known = await hours_of_clinicians(work.connection, clinic_id)
    hours = {one: each for one, (each, _) in known.items()}
    slots: Sequence[Slot] = ()
    for span in SLOTS_WITHIN:
        slots = slots or await soonest(
            work.connection, hours, kind, by.patient_id, at=work.at, since=work.at, until=work.at + span, most=1
        )
    found = [(slot, known[slot.clinician_id][1]) for slot in slots]
    at_once = await _soonest_on_call(work, clinic_id, kind, by.patient_id)
    return min([*found, *([at_once] if at_once else [])], default=None)
