"""How regularly medicines are taken: doses taken and proportion of days covered, as docs/adherence.md defines them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.errors import BadInput
from domain.ports import Connection
from domain.rules.adherence import ADHERENCE

LONGEST = timedelta(days=366)

# The doses of the medicines $1 to $2 that count at the moment $3: those booked, and those whose time is over.
_DOSES = (
    "SELECT task.patient_id, task.activity_id, task.day, outcome.outcome FROM planned_tasks($1, $2) AS task"
    " LEFT JOIN task_outcome AS outcome ON outcome.patient_id = task.patient_id AND outcome.day = task.day"
    " AND outcome.activity_id = task.activity_id AND outcome.time_of_day = task.time_of_day"
    " WHERE task.kind = 'MEDICATION' AND (outcome.outcome IS NOT NULL OR task.closes_at <= $3)"
    " AND task.patient_id = ANY($4::uuid[])"
)
_COUNTS = (
    "count(*) AS scheduled, count(*) FILTER (WHERE outcome = 'TAKEN') AS taken,"
    " count(*) FILTER (WHERE outcome = 'SKIPPED') AS skipped, count(*) FILTER (WHERE outcome IS NULL) AS missed"
)
_SUMS = (
    "sum(scheduled)::int AS scheduled, sum(taken)::int AS taken, sum(skipped)::int AS skipped,"
    " sum(missed)::int AS missed, count(*) AS days, count(*) FILTER (WHERE taken = scheduled) AS covered"
)
_WEEK = "date_trunc('week', day)::date"


def checked_days(since: date, until: date) -> None:
    """Refuse a span of days that is none, or too long.

    Raises:
        BadInput: it is so.
    """
    if not timedelta(0) <= until - since < LONGEST:
        raise BadInput(f"to: give a day from the first one on, at most {LONGEST.days} days in all.")


async def of_patients(
    connection: Connection, patient_ids: Sequence[UUID], since: date, until: date, at: datetime
) -> Sequence[Mapping[str, Any]]:
    """What the days come to for each of these patients: in all, by `medication`, and by `week` (its Monday).

    Of a row in all both are null; in all and by week a day is covered if every medicine of it was taken.

    Raises:
        BadInput: the span of days is none, or too long.
    """
    checked_days(since, until)
    return await connection.fetch(
        f"WITH dose AS ({_DOSES}), "  # noqa: S608 - no value in it
        f"by_medicine AS (SELECT dose.patient_id, medication, day, {_COUNTS} FROM dose"
        " JOIN activity ON activity.id = activity_id GROUP BY 1, 2, 3),"
        f" by_day AS (SELECT patient_id, day, {_COUNTS} FROM dose GROUP BY 1, 2)"
        f" SELECT patient_id, NULL::text AS medication, NULL::date AS week, {_SUMS} FROM by_day GROUP BY patient_id"
        f" UNION ALL SELECT patient_id, medication, NULL, {_SUMS} FROM by_medicine GROUP BY patient_id, medication"
        f" UNION ALL SELECT patient_id, NULL, {_WEEK}, {_SUMS} FROM by_day GROUP BY patient_id, {_WEEK}"
        " ORDER BY patient_id, medication, week",
        since,
        until,
        at,
        list(patient_ids),
    )


async def pressures(
    connection: Connection, patient_ids: Sequence[UUID], since: date, until: date, at: datetime
) -> Sequence[Mapping[str, Any]]:
    """What these patients' blood pressure was on the days after days `is_covered` and after days that are not.

    The day after, because what is measured in the morning is what the day before has left.

    Raises:
        BadInput: the span of days is none, or too long.
    """
    checked_days(since, until)
    return await connection.fetch(
        f"WITH dose AS ({_DOSES}), by_day AS (SELECT patient_id, day, {_COUNTS} FROM dose GROUP BY 1, 2)"  # noqa: S608 - no value in it
        " SELECT by_day.patient_id, taken = scheduled AS is_covered, count(*) AS days, avg(systolic.mean) AS systolic,"
        " avg(diastolic.mean) AS diastolic FROM by_day"
        " JOIN daily_summary AS systolic ON systolic.patient_id = by_day.patient_id AND systolic.measure = 'SYSTOLIC'"
        " AND systolic.local_day = day + 1"
        " JOIN daily_summary AS diastolic ON diastolic.patient_id = by_day.patient_id"
        " AND diastolic.measure = 'DIASTOLIC' AND diastolic.local_day = day + 1"
        " GROUP BY 1, 2 ORDER BY 1, 2 DESC",
        since,
        until,
        at,
        list(patient_ids),
    )


async def falling(connection: Connection, patient_ids: Sequence[UUID], at: datetime) -> Sequence[Mapping[str, Any]]:
    """Those of the patients whose adherence asks for a look (rule ADH-PDC), by one statement.

    Each with `covered` of `days` of the last weeks, and `covered_before` of `days_before` in the weeks before them. Who
    has booked nothing at all in these weeks is not among them: nobody knows what they took.
    """
    last = (at - timedelta(days=1)).date()
    since = last - timedelta(days=ADHERENCE.days + ADHERENCE.days_before - 1)
    recent = last - timedelta(days=ADHERENCE.days - 1)
    return await connection.fetch(
        f"WITH dose AS ({_DOSES}), by_day AS (SELECT patient_id, day, {_COUNTS} FROM dose GROUP BY 1, 2),"  # noqa: S608 - no value in it
        " summed AS (SELECT patient_id, count(*) FILTER (WHERE day >= $5) AS days,"
        " count(*) FILTER (WHERE day >= $5 AND taken = scheduled) AS covered,"
        " count(*) FILTER (WHERE day < $5) AS days_before,"
        " count(*) FILTER (WHERE day < $5 AND taken = scheduled) AS covered_before,"
        " coalesce(sum(taken + skipped) FILTER (WHERE day >= $5), 0) AS booked FROM by_day GROUP BY patient_id)"
        " SELECT patient_id, days, covered, days_before, covered_before FROM summed"
        " WHERE days >= $6 AND booked > 0 AND covered < $7::float * days ORDER BY covered::float / days, patient_id",
        since,
        last,
        at,
        list(patient_ids),
        recent,
        ADHERENCE.days_at_least,
        ADHERENCE.review_below,
    )
