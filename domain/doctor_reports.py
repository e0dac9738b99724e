"""One page for the doctor: charts, and the home protocol's result in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import home_blood_pressure, trend_charts
from domain.kinds import Measure
from domain.trend_charts import TrendChart
from domain.unit_of_work import UnitOfWork

OTHERS = (Measure.WEIGHT, Measure.HEART_RATE)


@dataclass(frozen=True)
class DoctorReport:
    """What the page says: lines of facts, findings as heading and sentences, the pressure's chart and others."""

    facts: Sequence[str]
    findings: Sequence[tuple[str, str]]
    blood_pressure: TrendChart
    others: Sequence[TrendChart]


async def doctor_report(work: UnitOfWork, patient_id: UUID, days: int) -> DoctorReport:
    """The page of a patient who is visible to the caller, over the last `days` days.

    Raises:
        BadInput: `days` is out of range.
    """
    pressure = await trend_charts.trend_chart(work, patient_id, Measure.SYSTOLIC, days)
    others = [await trend_charts.trend_chart(work, patient_id, measure, days) for measure in OTHERS]
    patient = await work.connection.fetchrow(
        "SELECT patient.display_name, birth_date, time_zone, organisation.name AS clinic FROM patient"
        " JOIN organisation ON organisation.id = clinic_id WHERE patient.id = $1",
        patient_id,
    )
    assert patient is not None
    scheme = (await home_blood_pressure.schemes(work.connection, [patient_id]))[patient_id]
    today = home_blood_pressure.today(work.at, patient["time_zone"])
    week = await home_blood_pressure.protocol(work, patient_id, today, scheme)
    work.audit("doctorReport", patient_id=patient_id)
    made_at = work.at.astimezone(ZoneInfo(patient["time_zone"]))
    facts = [
        f"{patient['display_name']}, born {patient['birth_date']:%Y-%m-%d}",
        f"{patient['clinic']}. Made {made_at:%Y-%m-%d %H:%M}, {patient['time_zone']}. The last {days} days.",
    ]
    return DoctorReport(facts, [("Blood pressure at home", week.explanation())], pressure, others)
