"""The parts of plans as they are read: what holds now, and what held or is planned besides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import Actor, visibility_key, visible_patients
from domain.errors import NotFound
from domain.ports import Connection
from domain.unit_of_work import UnitOfWork

# A part with what holds at the moment $1: what holds then, else what comes next, else what held last. Its first and
# last day are those of everything that ever held or is planned.
SELECT = (
    "SELECT activity.*, patient.locale, patient.time_zone, therapy_plan.programme, therapy_plan.programme_version,"
    " held.begins, held.ends, held.anchor_day, held.every_days, held.weekdays, held.times_of_day, held.instructions,"
    " held.dose_value, held.dose_unit, held.food, held.measured_kind, held.readings_each, held.exercise, held.minutes,"
    " held.pulse_low, held.pulse_high, held.questionnaire, span.starts_on, span.ends_on FROM activity"
    " JOIN patient ON patient.id = activity.patient_id JOIN therapy_plan ON therapy_plan.id = activity.plan_id"
    " CROSS JOIN LATERAL (SELECT * FROM activity_schedule AS each WHERE each.activity_id = activity.id"
    # What was called off before it began is only shown of a part that never began.
    " ORDER BY (each.begins IS DISTINCT FROM each.ends) DESC,"
    " (each.ends IS NULL OR each.ends > $1::timestamptz AT TIME ZONE patient.time_zone) DESC,"
    " CASE WHEN each.ends > $1::timestamptz AT TIME ZONE patient.time_zone OR each.ends IS NULL THEN each.begins END,"
    " each.begins DESC LIMIT 1) AS held"
    " CROSS JOIN LATERAL (SELECT coalesce(min(begins) FILTER (WHERE begins IS DISTINCT FROM ends), min(begins))::date"
    # What ends at midnight ended the day before.
    " AS starts_on, CASE WHEN bool_and(ends IS NOT NULL) THEN (coalesce(max(ends) FILTER (WHERE begins < ends),"
    " min(begins)) - interval '1 microsecond')::date END AS ends_on"
    " FROM activity_schedule AS each WHERE each.activity_id = activity.id) AS span"
)


async def of_plans(connection: Connection, plan_ids: Sequence[UUID], at: datetime) -> Sequence[Mapping[str, Any]]:
    """The parts of these plans, in their order."""
    return await connection.fetch(
        SELECT + " WHERE activity.plan_id = ANY($2::uuid[]) ORDER BY activity.position, activity.id", at, list(plan_ids)
    )


async def by_id(connection: Connection, activity_id: UUID, at: datetime) -> Mapping[str, Any]:
    """A part that is known to be there."""
    row = await connection.fetchrow(SELECT + " WHERE activity.id = $2", at, activity_id)
    assert row is not None
    return row


async def schedules_of(connection: Connection, activity_ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """What held, holds and is planned of these parts, in this order, without what was called off before it began."""
    return await connection.fetch(
        "SELECT each.*, patient.locale FROM activity_schedule AS each JOIN patient ON patient.id = each.patient_id"
        " WHERE activity_id = ANY($1::uuid[]) AND begins IS DISTINCT FROM ends ORDER BY begins",
        list(activity_ids),
    )


async def locked(work: UnitOfWork, by: Actor, activity_id: UUID) -> Mapping[str, Any]:
    """A part of a plan of a patient whom `by` may see, as it is until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    known = await work.connection.fetchrow(
        "SELECT activity.id FROM activity JOIN patient ON patient.id = activity.patient_id"  # noqa: S608 - no value in it
        f" WHERE activity.id = $3 AND {visible_patients(by, '$1', '$2')} AND ($1::timestamptz, $2::uuid) IS NOT NULL"
        " FOR UPDATE OF activity",
        work.at,
        visibility_key(by),
        activity_id,
    )
    if known is None:
        raise NotFound("There is no such activity.")
    return await by_id(work.connection, activity_id, work.at)
