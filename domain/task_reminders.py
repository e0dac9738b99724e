"""Reminders of tasks: planned for the next hours from what therapy plans say, for all patients by one statement.

A task is known by its activity and its time on the wall clock, so that planning again changes nothing, and a patient
who travels is not told twice. What is done, or not planned any more, is not told: that is asked when it goes out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.activity_words import title
from domain.kinds import Role
from domain.ports import Connection
from domain.rules.critical_medicines import CARE_TEAM_AFTER_MINUTES, NUDGE_AFTER_MINUTES
from domain.rules.medication_safety import ANTICOAGULANTS
from domain.rules.reminder_times import USEFUL_MINUTES

# The next runs plan what comes later; two that fail are made up for.
AHEAD = timedelta(minutes=30)
BEHIND = timedelta(minutes=30)
# No place on earth is further from UTC, and no law moves a clock by more than two hours.
_FARTHEST_HOURS = 16

# Who is reached nowhere is planned for only where the care team hears of it.
_PLAN = f"""
WITH task AS (
  SELECT task.patient_id, task.activity_id, task.kind, task.day + task.time_of_day AS wall_clock, task.time_zone,
    activity.atc_code ^@ ANY ($6::text[]) AS is_critical
  FROM planned_tasks($2, $3) AS task JOIN activity ON activity.id = task.activity_id
  WHERE task.day + task.time_of_day >= ($1::timestamptz - $4::interval) AT TIME ZONE task.time_zone - interval '2 hours'
    AND task.day + task.time_of_day <= ($1::timestamptz + $5::interval) AT TIME ZONE task.time_zone + interval '2 hours'
    AND task.due_at >= $1 - $4::interval AND task.due_at < $1 + $5::interval
    AND NOT EXISTS (SELECT FROM task_outcome AS known WHERE known.patient_id = task.patient_id
      AND known.day = task.day AND known.activity_id = task.activity_id AND known.time_of_day = task.time_of_day
      AND known.outcome IS NOT NULL))
INSERT INTO reminder (id, kind, patient_id, audience, subject_id, wall_clock, time_zone, minutes_before,
  useful_minutes, is_urgent, due_at, expires_at, status, made_at)
SELECT uuidv7(), coalesce(step.kind, task.kind), task.patient_id, step.audience, task.activity_id, task.wall_clock,
  task.time_zone, -step.minutes, {USEFUL_MINUTES}, step.is_urgent, times.due_at, times.expires_at, 'PLANNED', $1
FROM task LEFT JOIN account ON account.patient_id = task.patient_id AND account.role = 'PATIENT'
LEFT JOIN reminder_preferences AS quiet ON quiet.account_id = account.id
CROSS JOIN (VALUES (0, NULL, 'PATIENT', false), ({NUDGE_AFTER_MINUTES}, NULL, 'PATIENT', false),
  ({CARE_TEAM_AFTER_MINUTES}, 'MISSED_TASK', 'CARE_TEAM', true)) AS step (minutes, kind, audience, is_urgent)
CROSS JOIN LATERAL reminder_times(task.wall_clock, task.time_zone, -step.minutes, {USEFUL_MINUTES}, task.time_zone,
  CASE WHEN NOT step.is_urgent THEN quiet.quiet_from END, quiet.quiet_until, $1) AS times
WHERE (step.minutes = 0 OR task.is_critical) AND (task.is_critical OR EXISTS (SELECT FROM contact_point AS contact
  WHERE contact.account_id = account.id AND contact.confirmed_at IS NOT NULL AND contact.ended_at IS NULL))
ON CONFLICT (subject_id, audience, account_id, wall_clock, minutes_before) DO UPDATE
SET status = excluded.status, time_zone = excluded.time_zone, due_at = excluded.due_at,
  expires_at = excluded.expires_at WHERE reminder.status = 'CANCELLED'
"""  # noqa: S608 - numbers of our own

# An SQL condition on a row `due` of `reminder`: a task that is done or not planned any more.
SETTLED = """(EXISTS (SELECT FROM task_outcome AS known WHERE known.patient_id = due.patient_id
  AND known.day = due.wall_clock::date AND known.activity_id = due.subject_id
  AND known.time_of_day = due.wall_clock::time AND known.outcome IS NOT NULL)
 OR EXISTS (SELECT FROM activity WHERE activity.id = due.subject_id)
  AND NOT EXISTS (SELECT FROM activity_schedule AS schedule WHERE schedule.activity_id = due.subject_id
    AND due.wall_clock >= schedule.begins AND (schedule.ends IS NULL OR due.wall_clock < schedule.ends)
    AND due.wall_clock::time = ANY (schedule.times_of_day)))"""


async def plan(connection: Connection, at: datetime) -> int:
    """Plan what is due in the next half hour, or was in the last; how many reminders that were."""
    done = await connection.execute(
        _PLAN,
        at,
        (at - BEHIND - timedelta(hours=_FARTHEST_HOURS)).date(),
        (at + AHEAD + timedelta(hours=_FARTHEST_HOURS)).date(),
        BEHIND,
        AHEAD,
        list(ANTICOAGULANTS),
    )
    return int(done.rpartition(" ")[2])


async def activities_of(
    connection: Connection, tasks: Sequence[tuple[UUID, datetime]]
) -> Mapping[tuple[UUID, datetime], Mapping[str, Any]]:
    """What is to be done at these times of these activities, as far as it is planned still."""
    rows = await connection.fetch(
        "SELECT task.wall_clock, activity.id, activity.kind, activity.template, activity.title, activity.medication,"
        " therapy_plan.programme, therapy_plan.programme_version, schedule.dose_value, schedule.dose_unit"
        " FROM unnest($1::uuid[], $2::timestamp[]) AS task (activity_id, wall_clock)"
        " JOIN activity ON activity.id = task.activity_id JOIN therapy_plan ON therapy_plan.id = activity.plan_id"
        " JOIN activity_schedule AS schedule ON schedule.activity_id = activity.id"
        " AND task.wall_clock >= schedule.begins AND (schedule.ends IS NULL OR task.wall_clock < schedule.ends)",
        [activity_id for activity_id, _ in tasks],
        [wall_clock for _, wall_clock in tasks],
    )
    return {(row["id"], row["wall_clock"]): row for row in rows}


def detail(activity: Mapping[str, Any], locale: str) -> str:
    """What is to be done, in the reader's language."""
    return title({**activity, "locale": locale}, Role.PATIENT)
