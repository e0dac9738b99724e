"""A patient's tasks: derived from what their plans say, with what became of them laid over."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import BadInput, Conflict, NotFound
from domain.kinds import ActivityKind, EventKind, TaskOutcome
from domain.new_readings import CLOCK_SKEW
from domain.ports import Connection
from domain.rules.tasks import OPEN_DAYS, PULSE_SHARE, STEPS_A_MINUTE, USUAL_STEPS, TaskKey, fitting
from domain.unit_of_work import UnitOfWork

# So far from today tasks are looked at.
FARTHEST = timedelta(days=366)

# A task planned as `task`, with what holds of its activity then and what became of it.
_COLUMNS = (
    "task.*, patient.locale, activity.template, activity.title, activity.medication, therapy_plan.programme,"
    " therapy_plan.programme_version, schedule.instructions, schedule.dose_value, schedule.dose_unit, schedule.food,"
    " schedule.measured_kind, schedule.questionnaire, outcome.outcome, outcome.completed_at, outcome.recorded_by_id"
)
_JOINS = (
    " JOIN patient ON patient.id = task.patient_id JOIN activity ON activity.id = task.activity_id"
    " JOIN therapy_plan ON therapy_plan.id = task.plan_id"
    " JOIN activity_schedule AS schedule ON schedule.id = task.schedule_id"
    " LEFT JOIN task_outcome AS outcome ON outcome.patient_id = task.patient_id AND outcome.day = task.day"
    " AND outcome.activity_id = task.activity_id AND outcome.time_of_day = task.time_of_day"
)


# What readings show is only looked for among the tasks of the last days to which nothing has come yet.
_BY_READINGS = f"""
WITH open AS (SELECT task.*, schedule.measured_kind, schedule.readings_each, schedule.exercise, schedule.minutes,
    schedule.pulse_low, schedule.pulse_high FROM planned_tasks($1, $2) AS task
  JOIN activity_schedule AS schedule ON schedule.id = task.schedule_id
  WHERE task.patient_id = ANY($3::uuid[]) AND task.kind IN ('MEASUREMENT', 'EXERCISE') AND task.opens_at <= $4
    AND NOT EXISTS (SELECT FROM task_outcome AS known WHERE known.patient_id = task.patient_id
      AND known.day = task.day AND known.activity_id = task.activity_id AND known.time_of_day = task.time_of_day)),
seen AS (
  SELECT open.*, last.measured_at FROM open CROSS JOIN LATERAL (SELECT reading.measured_at FROM reading
    WHERE reading.patient_id = open.patient_id AND reading.kind = open.measured_kind::vital_kind
      AND measured_at >= opens_at AND measured_at < closes_at AND superseded_by IS NULL
    ORDER BY measured_at OFFSET open.readings_each - 1 LIMIT 1) AS last
    WHERE open.kind = 'MEASUREMENT'
  UNION ALL SELECT open.*, enough.measured_at FROM open CROSS JOIN LATERAL (SELECT min(measured_at) AS measured_at
    FROM reading WHERE reading.patient_id = open.patient_id AND reading.kind = 'STEPS' AND local_day = open.day
      AND measured_at BETWEEN opens_at - interval '1 day' AND closes_at + interval '1 day' AND superseded_by IS NULL
      AND value >= {USUAL_STEPS} + {STEPS_A_MINUTE} * open.minutes) AS enough
    WHERE open.exercise = 'WALKING' AND enough.measured_at IS NOT NULL
  UNION ALL SELECT open.*, beats.measured_at FROM open CROSS JOIN LATERAL (SELECT max(measured_at) AS measured_at
    FROM reading WHERE reading.patient_id = open.patient_id AND reading.kind = 'HEART_RATE' AND measured_at >= opens_at
      AND measured_at < closes_at AND superseded_by IS NULL AND value BETWEEN open.pulse_low AND open.pulse_high
    HAVING max(measured_at) - min(measured_at) >= make_interval(mins => open.minutes) * {PULSE_SHARE}) AS beats
    WHERE open.kind = 'EXERCISE')
INSERT INTO task_outcome (patient_id, day, activity_id, time_of_day, outcome, completed_at, recorded_at)
SELECT patient_id, day, activity_id, time_of_day, 'DONE', min(measured_at), $4 FROM seen
GROUP BY patient_id, day, activity_id, time_of_day
ON CONFLICT (patient_id, day, activity_id, time_of_day) DO NOTHING RETURNING patient_id, activity_id
"""  # noqa: S608 - numbers of our own


async def of_day(
    connection: Connection, patient_ids: Sequence[UUID], day: date, at: datetime
) -> Sequence[Mapping[str, Any]]:
    """The tasks of these patients on that day of their calendar, in the order of their times.

    Raises:
        BadInput: the day is too far away.
    """
    if abs(day - at.date()) > FARTHEST:
        raise BadInput(f"on: give a day at most {FARTHEST.days} days from today.")
    return await connection.fetch(
        f"SELECT {_COLUMNS} FROM planned_tasks($1, $1) AS task {_JOINS} WHERE task.patient_id = ANY($2::uuid[])"  # noqa: S608 - no value in it
        " ORDER BY task.time_of_day, activity.position, task.activity_id",
        day,
        list(patient_ids),
    )


async def by_key(connection: Connection, key: TaskKey) -> Mapping[str, Any]:
    """A task that is known to be there."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM planned_tasks($1, $1) AS task {_JOINS}"  # noqa: S608 - no value in it
        " WHERE task.activity_id = $2 AND task.time_of_day = $3",
        key.day,
        key.activity_id,
        key.time_of_day,
    )
    assert row is not None
    return row


async def opened(work: UnitOfWork, by: Actor, key: TaskKey) -> Mapping[str, Any]:
    """A task of a patient whom `by` may see, while it can be completed; its activity is held until the end.

    Raises:
        NotFound: there is none.
        BadInput: its day is long past.
    """
    row = await work.connection.fetchrow(
        f"SELECT {_COLUMNS}, ($1::timestamptz AT TIME ZONE patient.time_zone)::date AS today"  # noqa: S608 - no value in it
        f" FROM planned_tasks($3, $3) AS task {_JOINS} WHERE task.activity_id = $4 AND task.time_of_day = $5"
        f" AND {visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL",
        work.at,
        visibility_key(by),
        key.day,
        key.activity_id,
        key.time_of_day,
    )
    if row is None:
        raise NotFound("There is no such task.")
    if (row["today"] - key.day).days > OPEN_DAYS:
        raise BadInput(f"taskId: its day is more than {OPEN_DAYS} days ago.")
    return row


async def _settle(
    work: UnitOfWork, by: Actor, key: TaskKey, patient_id: UUID, outcome: TaskOutcome, completed_at: datetime
) -> Mapping[str, Any]:
    """Write what became of a task; what is there already, if it was written meanwhile."""
    await work.connection.execute(
        "INSERT INTO task_outcome AS known (patient_id, day, activity_id, time_of_day, outcome, completed_at,"
        " recorded_at, recorded_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (patient_id, day, activity_id, time_of_day) DO UPDATE SET outcome = excluded.outcome,"
        " completed_at = excluded.completed_at, recorded_at = excluded.recorded_at,"
        " recorded_by_id = excluded.recorded_by_id WHERE known.outcome IS NULL",
        patient_id,
        key.day,
        key.activity_id,
        key.time_of_day,
        outcome,
        completed_at,
        work.at,
        by.account_id,
    )
    return await by_key(work.connection, key)


async def complete(
    work: UnitOfWork, by: Actor, key: TaskKey, outcome: TaskOutcome, completed_at: datetime | None
) -> Mapping[str, Any]:
    """Book a task as taken, done or skipped, at once or as of some moment before; the same once more changes nothing.

    A task is booked as itself, however late: what is open between its time and the next one's stays its own.

    Raises:
        NotFound: no such task for `by`.
        BadInput: the outcome does not fit, the moment cannot be, or it is too early or too long ago.
        Conflict: something else became of it already.
    """
    row = await opened(work, by, key)
    kind = ActivityKind(row["kind"])
    if not fitting(kind, outcome):
        raise BadInput("outcome: medicines are TAKEN or SKIPPED, everything else is DONE or SKIPPED.")
    if kind is ActivityKind.QUESTIONNAIRE and outcome is TaskOutcome.DONE:
        raise BadInput("outcome: a questionnaire is done by answering it.")
    when = completed_at or work.at
    check_moment(row, outcome, when, work.at)
    return await book(work, by, row, key, outcome, when, is_given=completed_at is not None)


def check_moment(row: Mapping[str, Any], outcome: TaskOutcome, when: datetime, at: datetime) -> None:
    """Refuse a moment at which this cannot have become of the task of that row, as seen at `at`.

    Raises:
        BadInput: it is so.
    """
    if when > at + CLOCK_SKEW:
        raise BadInput("completedAt: this lies in the future.")
    if outcome is not TaskOutcome.SKIPPED and when < row["opens_at"]:
        raise BadInput("completedAt: this belongs to the task before; this one is not open yet.")


async def book(
    work: UnitOfWork,
    by: Actor,
    row: Mapping[str, Any],
    key: TaskKey,
    outcome: TaskOutcome,
    when: datetime,
    *,
    is_given: bool,
) -> Mapping[str, Any]:
    """Write the outcome of a task that is open; `is_given` says whether the moment was told.

    Raises:
        Conflict: something else became of it already.
    """
    before = row["outcome"]
    settled = row if before is not None else await _settle(work, by, key, row["patient_id"], outcome, when)
    if settled["outcome"] != outcome or (is_given and settled["completed_at"] != when):
        raise Conflict("Something else became of this task already; take that back first.")
    if before is None:
        work.tell(EventKind.TASK_CHANGED, patient_id=row["patient_id"], subject_id=key.activity_id)
    work.audit("completeTask", patient_id=row["patient_id"], subject_id=key.activity_id)
    return settled


async def undo(work: UnitOfWork, by: Actor, key: TaskKey) -> Mapping[str, Any]:
    """Take back what became of a task; where nothing did, nothing changes.

    Raises:
        NotFound: no such task for `by`.
        BadInput: its day is long past.
    """
    row = await opened(work, by, key)
    if row["outcome"] is None:
        return row
    await work.connection.execute(
        "UPDATE task_outcome SET outcome = NULL, completed_at = NULL, recorded_at = $5, recorded_by_id = $6"
        " WHERE patient_id = $1 AND day = $2 AND activity_id = $3 AND time_of_day = $4",
        row["patient_id"],
        key.day,
        key.activity_id,
        key.time_of_day,
        work.at,
        by.account_id,
    )
    work.tell(EventKind.TASK_CHANGED, patient_id=row["patient_id"], subject_id=key.activity_id)
    work.audit("undoTask", patient_id=row["patient_id"], subject_id=key.activity_id)
    return await by_key(work.connection, key)


async def complete_by_readings(work: UnitOfWork, patient_ids: Sequence[UUID]) -> None:
    """Complete the tasks for which the readings have arrived, of these patients and the last days, by one statement.

    A measurement is done with so many readings of its kind in its window, a walk with so many steps of its day as its
    minutes ask for, an exercise with a pulse in its range for most of them. What was skipped or taken back stays so.
    """
    rows = await work.connection.fetch(
        _BY_READINGS,
        (work.at - timedelta(days=OPEN_DAYS)).date(),
        (work.at + timedelta(days=1)).date(),
        list(patient_ids),
        work.at,
    )
    for row in rows:
        work.tell(EventKind.TASK_CHANGED, patient_id=row["patient_id"], subject_id=row["activity_id"])
        work.audit("completeTask", patient_id=row["patient_id"], subject_id=row["activity_id"])
