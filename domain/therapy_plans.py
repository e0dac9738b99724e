"""Therapy plans: started from a programme or empty, stopped, and read; what holds of their parts is in `activities`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import activity_rows
from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import EventKind
from domain.patients import visible_among
from domain.ports import Connection
from domain.rules import programmes
from domain.rules.programmes import Programme
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_TITLE = 200
# So far ahead a plan or a part of one may begin, and so long it may last.
FARTHEST_AHEAD = timedelta(days=366)
LONGEST = timedelta(days=366 * 5)


class PlanStatus(StrEnum):
    """How far a plan is on its patient's calendar."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"


# Of a row of `therapy_plan` beside its `patient`, at the moment $1.
STATUS = (
    "CASE WHEN stopped_at IS NOT NULL THEN 'STOPPED'"
    " WHEN ends_on < ($1::timestamptz AT TIME ZONE patient.time_zone)::date THEN 'COMPLETED' ELSE 'ACTIVE' END"
)
_SELECT = (
    f"SELECT therapy_plan.*, patient.locale, patient.time_zone, {STATUS} AS status FROM therapy_plan"  # noqa: S608 - no value in it
    " JOIN patient ON patient.id = therapy_plan.patient_id"
)


def wall_clock(at: datetime, time_zone: str) -> datetime:
    """What the patient's clock shows then."""
    return at.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)


def last_day(ends: datetime | None) -> date | None:
    """The day of the last moment before an end; what ends at midnight ended the day before."""
    return None if ends is None else (ends - timedelta(microseconds=1)).date()


def programme_of(row: Mapping[str, Any]) -> Programme | None:
    """The programme that a plan was made from."""
    if row["programme"] is None:
        return None
    return programmes.all_versions()[row["programme"], row["programme_version"]]


async def _patient(work: UnitOfWork, by: Actor, patient_id: UUID) -> Mapping[str, Any]:
    """The patient, behind whatever else begins a plan of theirs right now."""
    found = await visible_among(work.connection, by, [patient_id], work.at)
    if patient_id not in found:
        raise NotFound("There is no such patient.")
    await work.connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"plans of {patient_id}")
    return found[patient_id]


def checked_days(today: date, starts_on: date, ends_on: date | None) -> None:
    """Refuse days on which nothing can begin or end.

    Raises:
        BadInput: they lie in the past, too far ahead, or the wrong way round.
    """
    if not today <= starts_on <= today + FARTHEST_AHEAD:
        raise BadInput(f"startsOn: give today or a day at most {FARTHEST_AHEAD.days} days ahead.")
    if ends_on is not None and not starts_on <= ends_on <= starts_on + LONGEST:
        raise BadInput(f"endsOn: give a day from startsOn on, at most {LONGEST.days} days later.")


async def _keep(work: UnitOfWork, by: Actor, row: Mapping[str, Any]) -> None:
    await work.connection.execute(
        "INSERT INTO therapy_plan (id, patient_id, client_id, title, programme, programme_version, starts_on, ends_on,"
        " made_at, made_by_id, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)",
        row["id"],
        row["patient_id"],
        row["client_id"],
        row["title"],
        row["programme"],
        row["programme_version"],
        row["starts_on"],
        row["ends_on"],
        work.at,
        by.account_id,
    )
    work.tell(EventKind.THERAPY_PLAN_STARTED, patient_id=row["patient_id"], subject_id=row["id"])


async def _same_before(
    work: UnitOfWork, patient_id: UUID, client_id: UUID | None, asked: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The plan that this clientId made.

    Raises:
        Conflict: it made another one.
    """
    if client_id is None:
        return None
    known = await work.connection.fetchrow(
        _SELECT + " WHERE patient_id = $2 AND client_id = $3", work.at, patient_id, client_id
    )
    if known is not None and any(known[name] != value for name, value in asked.items()):
        raise Conflict("This clientId was used before for another plan.")
    return known


async def start(
    work: UnitOfWork,
    by: Actor,
    client_id: UUID | None,
    patient_id: UUID,
    title: str,
    starts_on: date,
    ends_on: date | None,
) -> Mapping[str, Any]:
    """Begin a plan without a programme, as yet without parts.

    Raises:
        NotFound: no such patient for `by`.
        BadInput: a value cannot be.
        Conflict: the clientId stands for something else.
    """
    title = " ".join(title.split())
    if not 1 <= len(title) <= LONGEST_TITLE or not title.isprintable():
        raise BadInput(f"title: give 1 to {LONGEST_TITLE} printable characters.")
    patient = await _patient(work, by, patient_id)
    asked = {"title": title, "programme": None, "starts_on": starts_on, "ends_on": ends_on}
    known = await _same_before(work, patient_id, client_id, asked)
    if known is not None:
        return known
    checked_days(wall_clock(work.at, patient["time_zone"]).date(), starts_on, ends_on)
    this = new_id()
    await _keep(
        work, by, asked | {"id": this, "patient_id": patient_id, "client_id": client_id, "programme_version": None}
    )
    work.audit("startTherapyPlan", patient_id=patient_id, subject_id=this)
    return await by_id(work.connection, this, work.at)


async def start_programme(
    work: UnitOfWork, by: Actor, client_id: UUID | None, patient_id: UUID, programme_id: UUID, starts_on: date
) -> Mapping[str, Any]:
    """Make a plan from the newest version of a programme; sent again it is the same plan.

    Raises:
        NotFound: no such patient for `by`, or no such programme.
        BadInput: the day lies in the past or too far ahead.
        Conflict: this programme runs for the patient already, or the clientId stands for something else.
    """
    programme = next((one for one in programmes.offered() if one.id == programme_id), None)
    if programme is None:
        raise NotFound("There is no such programme.")
    patient = await _patient(work, by, patient_id)
    asked = {"programme": programme.key, "programme_version": programme.version, "starts_on": starts_on}
    known = await _same_before(work, patient_id, client_id, asked)
    if known is not None:
        return known
    running = await work.connection.fetchrow(
        _SELECT + f" WHERE patient_id = $2 AND programme = $3 AND {STATUS} = 'ACTIVE' ORDER BY starts_on DESC LIMIT 1",
        work.at,
        patient_id,
        programme.key,
    )
    if running is not None:
        if client_id is None and all(running[name] == value for name, value in asked.items()):
            return running
        raise Conflict("This programme runs for the patient already.", therapyPlanId=str(running["id"]))
    ends_on = starts_on + timedelta(days=programme.weeks * 7 - 1)
    checked_days(wall_clock(work.at, patient["time_zone"]).date(), starts_on, ends_on)
    this = new_id()
    await _keep(
        work,
        by,
        asked | {"id": this, "patient_id": patient_id, "client_id": client_id, "title": None, "ends_on": ends_on},
    )
    await _copy(work, by, programme, this, patient, starts_on)
    work.audit("startProgramme", patient_id=patient_id, subject_id=this)
    return await by_id(work.connection, this, work.at)


async def _copy(
    work: UnitOfWork, by: Actor, programme: Programme, plan_id: UUID, patient: Mapping[str, Any], starts_on: date
) -> None:
    """The programme's parts as the patient's own, by two statements; what of it lies before now is no task."""
    now = wall_clock(work.at, patient["time_zone"])
    parts = [(new_id(), one) for one in programme.activities]
    await activity_rows.keep_activities(
        work,
        by,
        [
            {"id": this, "plan_id": plan_id, "patient_id": patient["id"], "kind": one.kind, "template": one.key}
            for this, one in parts
        ],
    )
    rows = []
    for this, one in parts:
        first = starts_on + timedelta(days=one.first_day - 1)
        ends = datetime.combine(starts_on + timedelta(days=one.last_day), time.min)
        rows.append(
            {
                "patient_id": patient["id"],
                "activity_id": this,
                "begins": min(max(datetime.combine(first, time.min), now), ends),
                "ends": ends,
                "anchor_day": first,
                "every_days": one.schedule.every_days,
                "weekdays": one.schedule.weekdays,
                "times_of_day": one.schedule.times_of_day,
                "measured_kind": one.measured_kind,
                "readings_each": one.readings_each,
                "exercise": one.exercise,
                "minutes": one.minutes,
                "pulse_low": one.pulse_low,
                "pulse_high": one.pulse_high,
                "questionnaire": one.questionnaire,
            }
        )
    await activity_rows.keep_schedules(work, by, rows)


async def by_id(connection: Connection, plan_id: UUID, at: datetime) -> Mapping[str, Any]:
    """A plan that is known to be there."""
    row = await connection.fetchrow(_SELECT + " WHERE therapy_plan.id = $2", at, plan_id)
    assert row is not None
    return row


async def stop(work: UnitOfWork, by: Actor, plan_id: UUID, expected_version: int | None) -> Mapping[str, Any]:
    """End a plan and all its parts now; what was done stays, and so does what was missed.

    Raises:
        NotFound: no such plan for `by`.
        Conflict: another version than expected, or it does not run.
    """
    row = await locked(work, by, plan_id)
    if expected_version not in (None, row["version"]):
        raise Conflict("The plan has changed since you saw it.", currentVersion=row["version"])
    if row["status"] != PlanStatus.ACTIVE:
        raise Conflict("The plan does not run any more.", currentVersion=row["version"])
    await work.connection.execute(
        "WITH stopped AS (UPDATE therapy_plan SET stopped_at = $2, version = version + 1 WHERE id = $1 RETURNING id),"
        " changed AS (UPDATE activity SET version = version + 1 FROM stopped WHERE plan_id = stopped.id"
        " RETURNING activity.id)"
        " UPDATE activity_schedule SET ends = greatest(begins, $3) FROM changed"
        " WHERE activity_id = changed.id AND (ends IS NULL OR ends > greatest(begins, $3))",
        plan_id,
        work.at,
        wall_clock(work.at, row["time_zone"]),
    )
    work.tell(EventKind.THERAPY_PLAN_STOPPED, patient_id=row["patient_id"], subject_id=plan_id)
    work.audit("stopTherapyPlan", patient_id=row["patient_id"], subject_id=plan_id)
    return await by_id(work.connection, plan_id, work.at)


async def last_until(work: UnitOfWork, plan_id: UUID, ends_on: date | None) -> None:
    """Let a plan go on as long as a part of it does: until that day, or without an end."""
    await work.connection.execute(
        "UPDATE therapy_plan SET ends_on = $2, version = version + 1 WHERE id = $1"
        " AND (ends_on < $2::date OR (ends_on IS NOT NULL AND $2 IS NULL))",
        plan_id,
        ends_on,
    )


async def locked(work: UnitOfWork, by: Actor, plan_id: UUID) -> Mapping[str, Any]:
    """A plan of a patient whom `by` may see, as it is until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    row = await work.connection.fetchrow(
        _SELECT + f" WHERE therapy_plan.id = $3 AND {visible_patients(by, '$1', '$2')}"
        " AND ($1::timestamptz, $2::uuid) IS NOT NULL FOR UPDATE OF therapy_plan",
        work.at,
        visibility_key(by),
        plan_id,
    )
    if row is None:
        raise NotFound("There is no such plan.")
    return row


async def page(
    connection: Connection,
    patient_id: UUID,
    *,
    at: datetime,
    statuses: Sequence[PlanStatus] | None,
    before: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """A patient's plans, those that began last first."""
    return await connection.fetch(
        f"SELECT * FROM ({_SELECT}) AS plan WHERE patient_id = $2 AND ($3::text[] IS NULL OR status = ANY($3))"  # noqa: S608 - no value in it
        " AND ($4::date IS NULL OR (starts_on, id) < ($4, $5::uuid)) ORDER BY starts_on DESC, id DESC LIMIT $6",
        at,
        patient_id,
        None if statuses is None else list(statuses),
        before[0] if before else None,
        before[1] if before else None,
        limit,
    )
