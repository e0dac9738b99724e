"""The home blood pressure protocol of one patient, read from the stored readings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.errors import BadInput
from domain.kinds import BloodPressureScheme, ReadingSetting, VitalKind
from domain.ports import Connection
from domain.rules.home_blood_pressure import (
    OFFICE_PATTERN,
    PROTOCOL,
    TARGET,
    HomeBloodPressure,
    HomeReading,
    OfficePattern,
    above_target,
    home_blood_pressure,
    office_pattern,
)
from domain.unit_of_work import UnitOfWork

MOST_YEARS_BACK = 30
# A wall clock is less than a day away from UTC.
_ANY_OFFSET = timedelta(days=1)


@dataclass(frozen=True)
class Protocol:
    """The week at home, the pattern beside the clinic's readings, and whether treatment misses its target."""

    week: HomeBloodPressure
    pattern: OfficePattern | None
    above_target: bool

    def explanation(self) -> str:
        """Plain sentences: the week first, then what else was found."""
        sentences = [self.week.sentence()]
        if self.pattern:
            sentences.append(self.pattern.sentence())
        if self.above_target:
            limit = f"{TARGET.systolic_at_least:g}/{TARGET.diastolic_at_least:g} {TARGET.unit}"
            sentences.append(f"On treatment it was at {limit} or above {TARGET.weeks} weeks in a row: for review.")
        return " ".join(sentences)


async def schemes(connection: Connection, patient_ids: Collection[UUID]) -> Mapping[UUID, BloodPressureScheme]:
    """The scheme of each patient's clinic, by patient."""
    rows = await connection.fetch(
        "SELECT patient.id, blood_pressure_scheme FROM organisation JOIN patient ON patient.clinic_id = organisation.id"
        " WHERE patient.id = ANY($1::uuid[])",
        list(patient_ids),
    )
    return {row["id"]: BloodPressureScheme(row["blood_pressure_scheme"]) for row in rows}


def today(at: datetime, time_zone: str) -> date:
    """The day that the patient's calendar shows at home."""
    return at.astimezone(ZoneInfo(time_zone)).date()


async def _readings(
    work: UnitOfWork, patient_id: UUID, home: tuple[date, date], office: tuple[date, date]
) -> Sequence[HomeReading]:
    """Blood pressures from the first to the last of the days: home ones of `home`, the clinic's of `office`.

    An offset of zero tells nothing about the wall clock, because many sources send UTC; then it is that at home.
    """
    starts = [datetime.combine(day, time(), UTC) - _ANY_OFFSET for day, _ in (home, office)]
    ends = [datetime.combine(day, time(), UTC) + timedelta(days=1) + _ANY_OFFSET for _, day in (home, office)]
    rows = await work.connection.fetch(
        "SELECT reading.id, measured_at, value, diastolic, setting, CASE WHEN offset_minutes <> 0 THEN offset_minutes"
        " ELSE extract(epoch FROM (measured_at AT TIME ZONE patient.time_zone) - (measured_at AT TIME ZONE 'UTC')) / 60"
        " END::int AS offset_minutes FROM reading JOIN patient ON patient.id = reading.patient_id"
        " WHERE patient_id = $1 AND kind = $2::text::vital_kind AND superseded_by IS NULL"
        " AND measured_at >= least($3::timestamptz, $5::timestamptz)"
        " AND measured_at < greatest($4::timestamptz, $6::timestamptz)"
        " AND measured_at >= CASE setting WHEN 'HOME' THEN $3 ELSE $5 END"
        " AND measured_at < CASE setting WHEN 'HOME' THEN $4 ELSE $6 END",
        patient_id,
        VitalKind.BLOOD_PRESSURE.value,
        starts[0],
        ends[0],
        starts[1],
        ends[1],
    )
    return [
        HomeReading(
            id=row["id"],
            measured_at=row["measured_at"],
            offset_minutes=row["offset_minutes"],
            systolic=row["value"],
            diastolic=row["diastolic"],
            setting=ReadingSetting(row["setting"]),
        )
        for row in rows
    ]


async def protocol(
    work: UnitOfWork,
    patient_id: UUID,
    ending_on: date,
    scheme: BloodPressureScheme,
    *,
    treated: bool | None = None,
) -> Protocol:
    """The seven days up to `ending_on` of a patient that is visible to the caller.

    `treated` says whether the patient takes blood pressure medicine, None where nobody knows; only on treatment is
    the week before looked at too.

    Raises:
        BadInput: the day is further away than any reading can be.
    """
    earliest = work.at.date() - timedelta(days=365 * MOST_YEARS_BACK)
    # A week may be looked at from its first day on, also where the calendar is a day ahead of UTC.
    latest = work.at.date() + timedelta(days=PROTOCOL.days)
    if not earliest <= ending_on <= latest:
        raise BadInput(
            f"endingOn: choose a day of the last {MOST_YEARS_BACK} years, at most {PROTOCOL.days} days ahead."
        )
    last_days = [ending_on - timedelta(days=PROTOCOL.days * week) for week in range(TARGET.weeks if treated else 1)]
    first_day = last_days[-1] - timedelta(days=PROTOCOL.days - 1)
    near = timedelta(days=OFFICE_PATTERN.office_within_days)
    found = await _readings(work, patient_id, (first_day, ending_on), (ending_on - near, ending_on + near))
    weeks = [home_blood_pressure(found, last_day, scheme) for last_day in last_days]
    work.audit("homeBloodPressure", patient_id=patient_id)
    return Protocol(weeks[0], office_pattern(weeks[0], found, treated=treated), above_target(weeks))
