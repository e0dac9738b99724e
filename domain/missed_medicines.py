"""Doses of a patient's plans that were not taken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from domain.ports import Connection


async def missed(
    connection: Connection, patient_id: UUID, groups: Sequence[str], since: datetime, now: datetime
) -> tuple[int, Sequence[str]]:
    """How many doses of medicines in these ATC groups were due since a moment and are missed or skipped; their names.

    A dose is missed when it can be taken no more and nobody has said that it was.
    """
    row = await connection.fetchrow(
        "SELECT count(*) AS doses, coalesce(array_agg(DISTINCT medication), '{}') AS names"
        " FROM planned_tasks($2::date, $3::date) AS task JOIN activity ON activity.id = task.activity_id"
        " LEFT JOIN task_outcome AS known ON known.patient_id = task.patient_id AND known.day = task.day"
        " AND known.activity_id = task.activity_id AND known.time_of_day = task.time_of_day"
        " WHERE task.patient_id = $1 AND task.kind = 'MEDICATION' AND due_at >= $4 AND closes_at <= $5"
        " AND (known.outcome IS NULL OR known.outcome = 'SKIPPED')"
        " AND EXISTS (SELECT FROM unnest($6::text[]) AS part WHERE starts_with(activity.atc_code, part))",
        patient_id,
        # The patient's calendar may be a day off from ours.
        (since - timedelta(days=1)).date(),
        (now + timedelta(days=1)).date(),
        since,
        now,
        list(groups),
    )
    assert row is not None
    return row["doses"], row["names"]
