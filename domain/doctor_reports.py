"""One page for the doctor: charts, the home protocol's result, how regularly was measured and medicines were taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import adherence, home_blood_pressure, trend_charts
from domain.home_blood_pressure import Protocol
from domain.kinds import Measure
from domain.trend_charts import TrendChart
from domain.unit_of_work import UnitOfWork

MEASURES = (Measure.SYSTOLIC, Measure.WEIGHT, Measure.HEART_RATE)
# The windows of days in which it is counted how many have readings.
SPANS = (28, 90)


@dataclass(frozen=True)
class MeasuredDays:
    """On how many of the last days, for each of `SPANS`, a measure was taken."""

    measure: Measure
    days: Sequence[int]


@dataclass(frozen=True)
class MedicineTaken:
    """How regularly a medicine was taken, or all together (None)."""

    medication: str | None
    days: int
    covered: int
    scheduled: int
    taken: int


@dataclass(frozen=True)
class PressureAfter:
    """The mean blood pressure of so many days after days with all medicines taken, or after others."""

    is_covered: bool
    days: int
    systolic: float
    diastolic: float


@dataclass(frozen=True)
class Adherence:
    """How regularly medicines were taken, all together first, and the pressure beside it; empty without medicines."""

    medicines: Sequence[MedicineTaken]
    pressures: Sequence[PressureAfter]


@dataclass(frozen=True)
class DoctorReport:
    """What the page says: of whom, made by whom and when (on the patient's clock), over the last `days` days."""

    patient: str
    birth_date: date
    clinic: str
    made_by: str
    made_at: datetime
    days: int
    locale: str
    week: Protocol
    measured_days: Sequence[MeasuredDays]
    adherence: Adherence
    charts: Sequence[TrendChart]


async def _measured_days(work: UnitOfWork, patient_id: UUID, today: date) -> Sequence[MeasuredDays]:
    rows = await work.connection.fetch(
        "SELECT wanted.measure, array_agg((SELECT count(*) FROM daily_summary WHERE patient_id = $1"
        " AND daily_summary.measure = wanted.measure::measure AND local_day > $2::date - span.days"
        " AND local_day <= $2::date) ORDER BY span.place) AS days"
        " FROM unnest($3::text[]) WITH ORDINALITY AS wanted (measure, place)"
        " CROSS JOIN unnest($4::int[]) WITH ORDINALITY AS span (days, place)"
        " GROUP BY wanted.measure, wanted.place ORDER BY wanted.place",
        patient_id,
        today,
        list(MEASURES),
        list(SPANS),
    )
    work.audit("measuredDays", patient_id=patient_id)
    return [MeasuredDays(Measure(row["measure"]), row["days"]) for row in rows]


async def _adherence(work: UnitOfWork, patient_id: UUID, since: date, today: date) -> Adherence:
    sums = await adherence.of_patients(work.connection, [patient_id], since, today, work.at)
    after = await adherence.pressures(work.connection, [patient_id], since, today, work.at)
    work.audit("adherence", patient_id=patient_id)
    names = ("medication", "days", "covered", "scheduled", "taken")
    told = [MedicineTaken(*(row[name] for name in names)) for row in sums if row["week"] is None]
    return Adherence(
        sorted(told, key=lambda one: one.medication or ""),
        [PressureAfter(row["is_covered"], row["days"], row["systolic"], row["diastolic"]) for row in after],
    )


async def doctor_report(work: UnitOfWork, patient_id: UUID, days: int) -> DoctorReport:
    """The page of a patient who is visible to the caller; no connection waits for the fits, nor for the drawing.

    Raises:
        BadInput: `days` is out of range.
    """
    assert work.by is not None, "a report is made by someone"
    charts = await trend_charts.measured(work, patient_id, MEASURES, days)
    patient = await work.connection.fetchrow(
        "SELECT patient.display_name, birth_date, time_zone, locale, organisation.name AS clinic FROM patient"
        " JOIN organisation ON organisation.id = clinic_id WHERE patient.id = $1",
        patient_id,
    )
    assert patient is not None
    scheme = (await home_blood_pressure.schemes(work.connection, [patient_id]))[patient_id]
    today = home_blood_pressure.today(work.at, patient["time_zone"])
    week = await home_blood_pressure.protocol(work, patient_id, today, scheme)
    measured_days = await _measured_days(work, patient_id, today)
    taken = await _adherence(work, patient_id, today - timedelta(days=days - 1), today)
    work.audit("doctorReport", patient_id=patient_id)
    await work.connection.rest()
    return DoctorReport(
        patient=patient["display_name"],
        birth_date=patient["birth_date"],
        clinic=patient["clinic"],
        made_by=work.by.display_name,
        made_at=work.at.astimezone(ZoneInfo(patient["time_zone"])),
        days=days,
        locale=patient["locale"],
        week=week,
        measured_days=measured_days,
        adherence=taken,
        charts=[await trend_charts.fitted(chart) for chart in charts],
    )
