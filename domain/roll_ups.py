"""What readings come to: the summary of each day and the newest of each kind, made anew so that both stay right."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from uuid import UUID

from domain.kinds import VitalKind
from domain.ports import Connection
from domain.reading_rows import KEPT

# Days of one kind that lie no further apart are read as one stretch, with the few days between them.
_GAP = timedelta(days=3)
_NAMES = KEPT.split(", ")
# Nothing is written where the newest is still the same one, saying the same.
_NEWEST = (
    f"INSERT INTO latest_reading ({KEPT}) SELECT {KEPT} FROM unnest($2::text[]::vital_kind[]) AS changed (changed_kind)"  # noqa: S608 - no value in it
    " CROSS JOIN LATERAL (SELECT * FROM reading WHERE reading.patient_id = $1 AND reading.kind = changed_kind"
    " AND superseded_by IS NULL ORDER BY measured_at DESC, id DESC LIMIT 1) AS newest"
    f" ON CONFLICT (patient_id, kind) DO UPDATE SET ({KEPT}) = ({', '.join(f'excluded.{name}' for name in _NAMES)})"
    " WHERE latest_reading IS DISTINCT FROM excluded"
)
# A local day lies within 15 hours around that of UTC, in every zone that there is. The stretches are read one by one,
# each by its key: for a join the planner would read all readings of the patient.
_SUMMARIES = (
    "INSERT INTO daily_summary (patient_id, measure, local_day, readings, minimum, maximum, mean, median)"
    " SELECT $1, named.measure::measure, day.local_day, day.readings, named.minimum, named.maximum, named.mean,"
    " named.median FROM unnest($3::text[]::vital_kind[], $4::date[], $5::date[]) AS stretch (kind, first, last)"
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
    " minimum = excluded.minimum, maximum = excluded.maximum, mean = excluded.mean, median = excluded.median"
)


def _stretches(days: Iterable[tuple[VitalKind, date]]) -> list[tuple[str, date, date]]:
    """The days as few stretches: kind, first and last day."""
    found: list[tuple[str, date, date]] = []
    for kind, day in sorted(set(days)):
        if found and found[-1][0] == kind.value and day - found[-1][2] <= _GAP:
            found[-1] = (kind.value, found[-1][1], day)
        else:
            found.append((kind.value, day, day))
    return found


async def refresh(
    connection: Connection, patient_id: UUID, kinds: Collection[VitalKind], days: Collection[tuple[VitalKind, date]]
) -> None:
    """Make anew the newest of these kinds, and the summaries of these days; the caller holds the patient's lock."""
    stretches = _stretches(days)
    await connection.execute(
        f"WITH newest AS ({_NEWEST}) {_SUMMARIES}",
        patient_id,
        [kind.value for kind in kinds],
        [kind for kind, _, _ in stretches],
        [first for _, first, _ in stretches],
        [last for _, _, last in stretches],
    )
