"""What a day comes to, in the patient's own days: made anew from its readings, so it is right after any change."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.errors import BadInput
from domain.kinds import Measure, VitalKind
from domain.ports import Connection

MOST_DAYS = 1100


def local_day(measured_at: datetime, zone: ZoneInfo) -> date:
    """The day on the patient's wall clock: by the offset that was sent, else by the zone where the patient lives.

    Many sources send UTC whatever the wall clock shows, so an offset of zero tells nothing.
    """
    return (measured_at if measured_at.utcoffset() else measured_at.astimezone(zone)).date()


async def forget(connection: Connection, patient_id: UUID, kind: VitalKind, day: date) -> None:
    """Drop the summaries of a day that may have lost its last reading; `roll_ups.refresh` makes anew what is due."""
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
