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
# A local day lies within this around midnight UTC, in every zone that there is.
_MEASURES = (
    "(VALUES (CASE WHEN reading.kind = 'BLOOD_PRESSURE' THEN 'SYSTOLIC' ELSE reading.kind::text END, reading.value),"
    " (CASE WHEN reading.kind = 'BLOOD_PRESSURE' THEN 'DIASTOLIC' END, reading.diastolic)) AS named (measure, number)"
)


def local_day(measured_at: datetime, zone: ZoneInfo) -> date:
    """The day on the patient's wall clock: by the offset that was sent, else by the zone where the patient lives.

    Many sources send UTC whatever the wall clock shows, so an offset of zero tells nothing.
    """
    return (measured_at if measured_at.utcoffset() else measured_at.astimezone(zone)).date()


async def refresh(connection: Connection, patient_id: UUID, days: Iterable[tuple[VitalKind, date]]) -> None:
    """Make the summaries of these days anew; the caller holds the patient's lock."""
    wanted = sorted(set(days))
    kinds, dates = [kind.value for kind, _ in wanted], [day for _, day in wanted]
    await connection.execute(
        "WITH changed AS (SELECT * FROM unnest($2::text[]::vital_kind[], $3::date[]) AS one (kind, day)), "  # noqa: S608 - no value in it
        "summed AS (SELECT named.measure::measure AS measure, changed.day, count(*) AS readings,"
        " min(number) AS minimum, max(number) AS maximum, avg(number) AS mean,"
        " percentile_cont(0.5) WITHIN GROUP (ORDER BY number) AS median"
        " FROM changed JOIN reading ON reading.patient_id = $1 AND reading.kind = changed.kind"
        " AND reading.measured_at >= changed.day::timestamp AT TIME ZONE 'UTC' - interval '15 hours'"
        " AND reading.measured_at < changed.day::timestamp AT TIME ZONE 'UTC' + interval '39 hours'"
        " AND reading.local_day = changed.day AND reading.superseded_by IS NULL"
        f" CROSS JOIN LATERAL {_MEASURES} WHERE named.measure IS NOT NULL GROUP BY 1, 2),"
        # A day whose last reading was corrected away is a day without a summary.
        " emptied AS (DELETE FROM daily_summary USING changed WHERE daily_summary.patient_id = $1"
        " AND daily_summary.local_day = changed.day AND daily_summary.measure::text = ANY (CASE changed.kind"
        " WHEN 'BLOOD_PRESSURE' THEN ARRAY['SYSTOLIC', 'DIASTOLIC'] ELSE ARRAY[changed.kind::text] END)"
        " AND NOT EXISTS (SELECT FROM summed WHERE summed.day = changed.day"
        " AND summed.measure = daily_summary.measure))"
        " INSERT INTO daily_summary (patient_id, measure, local_day, readings, minimum, maximum, mean, median)"
        " SELECT $1, measure, day, readings, minimum, maximum, mean, median FROM summed"
        " ON CONFLICT (patient_id, measure, local_day) DO UPDATE SET readings = excluded.readings,"
        " minimum = excluded.minimum, maximum = excluded.maximum, mean = excluded.mean, median = excluded.median",
        patient_id,
        kinds,
        dates,
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
