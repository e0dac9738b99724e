"""What a day comes to, in the patient's own days: made anew from its readings, so it is right after any change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.errors import BadInput
from domain.kinds import Measure, VitalKind
from domain.ports import Connection

MOST_DAYS = 1100
# Days of one kind that lie no further apart are read as one stretch, with the few days between them.
_GAP = timedelta(days=3)


def local_day(measured_at: datetime, zone: ZoneInfo) -> date:
    """The day on the patient's wall clock: by the offset that was sent, else by the zone where the patient lives.

    Many sources send UTC whatever the wall clock shows, so an offset of zero tells nothing.
    """
    return (measured_at if measured_at.utcoffset() else measured_at.astimezone(zone)).date()


def _stretches(days: Iterable[tuple[VitalKind, date]]) -> list[tuple[str, date, date]]:
    """The days as few stretches: kind, first and last day."""
    found: list[tuple[str, date, date]] = []
    for kind, day in sorted(set(days)):
        if found and found[-1][0] == kind.value and day - found[-1][2] <= _GAP:
            found[-1] = (kind.value, found[-1][1], day)
        else:
            found.append((kind.value, day, day))
    return found


async def refresh(connection: Connection, patient_id: UUID, days: Iterable[tuple[VitalKind, date]]) -> None:
    """Make the summaries of these days anew; the caller holds the patient's lock.

    A local day lies within 15 hours around that of UTC, in every zone that there is. The stretches are read one by
    one, each by its key: for a join the planner would read all readings of the patient.
    """
    kinds, firsts, lasts = (list(column) for column in zip(*_stretches(days), strict=True))
    await connection.execute(
        "INSERT INTO daily_summary (patient_id, measure, local_day, readings, minimum, maximum, mean, median)"
        " SELECT $1, named.measure::measure, day.local_day, day.readings, named.minimum, named.maximum, named.mean,"
        " named.median FROM unnest($2::text[]::vital_kind[], $3::date[], $4::date[]) AS stretch (kind, first, last)"
        " CROSS JOIN LATERAL (SELECT local_day, count(*) AS readings,"
        " min(value) AS minimum, max(value) AS maximum, avg(value) AS mean,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS median,"
        " min(diastolic) AS low_minimum, max(diastolic) AS low_maximum, avg(diastolic) AS low_mean,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY diastolic) AS low_median"
        " FROM reading WHERE reading.patient_id = $1 AND reading.kind = stretch.kind"
        " AND measured_at >= stretch.first::timestamp AT TIME ZONE 'UTC' - interval '15 hours'"
        " AND measured_at < stretch.last::timestamp AT TIME ZONE 'UTC' + interval '39 hours'"
        " AND local_day BETWEEN stretch.first AND stretch.last AND superseded_by IS NULL GROUP BY local_day) AS day"
        " CROSS JOIN LATERAL (SELECT CASE stretch.kind WHEN 'BLOOD_PRESSURE' THEN 'SYSTOLIC'"
        " ELSE stretch.kind::text END AS measure, day.minimum, day.maximum, day.mean, day.median"
        " UNION ALL SELECT 'DIASTOLIC', low_minimum, low_maximum, low_mean, low_median"
        " WHERE stretch.kind = 'BLOOD_PRESSURE') AS named"
        " ON CONFLICT (patient_id, measure, local_day) DO UPDATE SET readings = excluded.readings,"
        " minimum = excluded.minimum, maximum = excluded.maximum, mean = excluded.mean, median = excluded.median",
        patient_id,
        kinds,
        firsts,
        lasts,
    )


async def forget(connection: Connection, patient_id: UUID, kind: VitalKind, day: date) -> None:
    """Drop the summaries of a day that may have lost its last reading; `refresh` makes those that are due anew."""
    measures = [Measure.SYSTOLIC, Measure.DIASTOLIC] if kind is VitalKind.BLOOD_PRESSURE else [Measure(kind.value)]
    await connection.execute(
        "DELETE FROM daily_summary WHERE patient_id = $1 AND local_day = $2 AND measure = ANY($3::text[]::measure[])",
        patient_id,
        day,
        [measure.value for measure in measures],
    )


async def daily_summaries(
    connection: Connection, patient_id: UUID, measure: Measure, since: datetime, until: datetime
) -> Sequence[Mapping[str, Any]]:
    """The summaries of the patient's days from that of `since` to that of `until`, both included, oldest first.

    Raises:
        BadInput: the window is upside down or longer than `MOST_DAYS`.
    """
    if not timedelta(0) <= until - since <= timedelta(days=MOST_DAYS):
        raise BadInput(f"to: ask for at most {MOST_DAYS} days, the later moment last.")
    return await connection.fetch(
        "SELECT local_day, readings, minimum, maximum, mean, median FROM daily_summary"
        " JOIN patient ON patient.id = daily_summary.patient_id"
        " WHERE daily_summary.patient_id = $1 AND measure = $2::text::measure"
        " AND local_day >= ($3::timestamptz AT TIME ZONE patient.time_zone)::date"
        " AND local_day <= ($4::timestamptz AT TIME ZONE patient.time_zone)::date ORDER BY local_day",
        patient_id,
        measure.value,
        since,
        until,
    )
