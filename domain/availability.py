"""When clinicians take appointments: set by themselves or their clinic, and the free slots that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

import orjson

from domain.access import Actor
from domain.appointment_rows import HOLDS, of_patient
from domain.errors import BadInput, Forbidden, NotFound
from domain.kinds import AbsenceKind, AppointmentKind, Role, Weekday
from domain.new_patients import time_zones
from domain.patients import recorded_patient
from domain.ports import Connection
from domain.rules.slots import Absence, Hours, Slot, WeeklyHours, check, slots
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_SPAN = timedelta(days=62)
MOST_SLOTS = 1000


def _hours_of(row: Mapping[str, Any]) -> Hours:
    return Hours(
        row["time_zone"],
        [
            WeeklyHours(Weekday(one["weekday"]), time.fromisoformat(one["begins"]), time.fromisoformat(one["ends"]))
            for one in orjson.loads(row["weekly"])
        ],
        [
            Absence(AbsenceKind(one["kind"]), date.fromisoformat(one["first_day"]), date.fromisoformat(one["last_day"]))
            for one in orjson.loads(row["absences"])
        ],
        [AppointmentKind(one) for one in row["kinds"]],
        row["slot_minutes"],
        row["buffer_minutes"],
        row["lead_minutes"],
    )


async def set_availability(work: UnitOfWork, by: Actor, clinician_id: UUID, hours: Hours) -> Mapping[str, Any]:
    """Let `hours` take the place of what held for the clinician before; what is booked stays as it is.

    Returns:
        The clinician's account. The same hours again change nothing.

    Raises:
        Forbidden: a clinician may set only their own.
        NotFound: no such clinician in the caller's clinic.
        BadInput: a value cannot be.
    """
    if by.role is Role.CLINICIAN and clinician_id != by.account_id:
        raise Forbidden("You may set your own availability only.")
    if hours.time_zone not in time_zones():
        raise BadInput("timeZone: give an IANA time zone such as Europe/Rome.")
    check(hours)
    # Two changes at once queue up here, so that each has a version of its own.
    clinician = await work.connection.fetchrow(
        "SELECT id, display_name FROM account WHERE id = $1 AND organisation_id = $2 AND role = 'CLINICIAN'"
        " AND ended_at IS NULL FOR NO KEY UPDATE",
        clinician_id,
        by.organisation_id,
    )
    if clinician is None:
        raise NotFound("There is no such clinician.")
    held = await work.connection.fetchrow(
        "SELECT * FROM availability WHERE clinician_id = $1 ORDER BY version DESC LIMIT 1", clinician_id
    )
    if held is not None and _hours_of(held) == hours:
        return clinician
    this = new_id()
    await work.connection.execute(
        "INSERT INTO availability (id, clinician_id, version, time_zone, weekly, absences, kinds, slot_minutes,"
        " buffer_minutes, lead_minutes, set_at, set_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        this,
        clinician_id,
        held["version"] + 1 if held else 1,
        hours.time_zone,
        orjson.dumps([asdict(one) for one in hours.weekly]).decode(),
        orjson.dumps([asdict(one) for one in hours.absences]).decode(),
        list(hours.kinds),
        hours.slot_minutes,
        hours.buffer_minutes,
        hours.lead_minutes,
        work.at,
        by.account_id,
    )
    work.audit("setAvailability", subject_id=this)
    return clinician


async def hours_of_clinicians(
    connection: Connection, clinic_id: UUID, clinician_ids: Sequence[UUID] | None = None
) -> dict[UUID, tuple[Hours, str]]:
    """The hours and the name of the clinicians of a clinic, or of those named, by id; without hours none."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (clinician_id) availability.*, display_name FROM availability"
        " JOIN account ON account.id = clinician_id WHERE organisation_id = $1 AND role = 'CLINICIAN'"
        " AND ended_at IS NULL AND ($2::uuid[] IS NULL OR clinician_id = ANY($2))"
        " ORDER BY clinician_id, version DESC",
        clinic_id,
        None if clinician_ids is None else list(clinician_ids),
    )
    return {row["clinician_id"]: (_hours_of(row), row["display_name"]) for row in rows}


async def soonest(
    connection: Connection,
    hours: Mapping[UUID, Hours],
    kind: AppointmentKind,
    patient_id: UUID | None,
    *,
    at: datetime,
    since: datetime,
    until: datetime,
    most: int,
) -> list[Slot]:
    """The soonest free slots of these clinicians; of two at the same moment that of the smaller id comes first.

    When a patient is named who is at an appointment, nothing is free for them.
    """
    rows = await connection.fetch(
        "SELECT clinician_id, starts_at, held_until FROM appointment WHERE clinician_id = ANY($1::uuid[])"  # noqa: S608 - no value in it
        f" AND {HOLDS} AND tstzrange(starts_at, held_until) && tstzrange($2, $3)",
        list(hours),
        # The buffer behind the last slot must be free too.
        since,
        until + timedelta(days=1),
    )
    taken: dict[UUID, list[tuple[datetime, datetime]]] = {one: [] for one in hours}
    for row in rows:
        taken[row["clinician_id"]].append((row["starts_at"], row["held_until"]))
    found = (
        slots(each, one, max(since, at + timedelta(minutes=each.lead_minutes)), until, taken[one])
        for one, each in hours.items()
        if kind in each.kinds
    )
    busy = await of_patient(connection, patient_id, since, until) if patient_id else ()
    may_be = (slot for slot in chain.from_iterable(found) if not any(slot.overlaps(*one) for one in busy))
    return sorted(may_be)[:most]


async def free_slots(
    work: UnitOfWork,
    by: Actor,
    kind: AppointmentKind,
    *,
    since: datetime,
    until: datetime,
    clinician_id: UUID | None,
    patient_id: UUID | None,
    of_whole_clinic: bool,
    most: int,
) -> list[tuple[Slot, str]]:
    """The soonest free slots, with the clinician's name; when the patient is at an appointment there are none.

    Without a clinician they are of the patient's care team, of the whole clinic if `of_whole_clinic` or if a member of
    staff names no patient.

    Raises:
        NotFound: no such patient for `by`.
        BadInput: the span or `most` cannot be.
    """
    if not timedelta(0) < until - since <= LONGEST_SPAN:
        raise BadInput(f"to: give a moment after from, at most {LONGEST_SPAN.days} days later.")
    if not 1 <= most <= MOST_SLOTS:
        raise BadInput(f"most: ask for 1 to {MOST_SLOTS}.")
    wanted = None if clinician_id is None else [clinician_id]
    if by.patient_id or patient_id:
        patient_id = await recorded_patient(work.connection, by, patient_id, work.at)
    if wanted is None and patient_id and not of_whole_clinic:
        team = await work.connection.fetch(
            "SELECT DISTINCT clinician_id FROM care_relation WHERE patient_id = $1 AND starts_at <= $2"
            " AND (ends_at IS NULL OR ends_at > $2)",
            patient_id,
            work.at,
        )
        wanted = [row["clinician_id"] for row in team]
    known = await hours_of_clinicians(work.connection, by.organisation_id, wanted)
    hours = {one: each for one, (each, _) in known.items()}
    # Nothing is free in the past, nor counted from there.
    begins = max(since, work.at)
    found = await soonest(work.connection, hours, kind, patient_id, at=work.at, since=begins, until=until, most=most)
    return [(slot, known[slot.clinician_id][1]) for slot in found]
