"""The plans of demo patients: what was prescribed some weeks ago, and what of it was taken."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.runtime import Runtime
from dev.demo.patients import DemoPatient
from dev.demo.truths import DAYS, Archetype
from domain import prescriptions, tasks, therapy_plans
from domain.access import Actor
from domain.kinds import TaskOutcome
from domain.prescriptions import Dose, Prescription
from domain.rules import programmes
from domain.rules.schedules import Schedule
from domain.rules.tasks import TaskKey
from domain.unit_of_work import unit_of_work

# So long ago the plan began: enough for weeks to be held against weeks.
WEEKS = 6
_MORNING, _EVENING = time(8), time(20)
# Name, ATC code, milligrams, times.
_MEDICINES = (
    ("Ramipril", "C09AA05", 5.0, (_MORNING, _EVENING)),
    ("Amlodipine", "C08CA01", 5.0, (_MORNING,)),
)
_WITH_PLANS = (Archetype.TREATED_HYPERTENSION, Archetype.POOR_ADHERENCE)


async def demo_therapy(
    runtime: Runtime, clinician: Actor, patient: Actor | None, patient_id: UUID, person: DemoPatient
) -> None:
    """Start the programme for high pressure with medicines, and book what was taken on the days with measurements.

    Where the patient has no account, the clinic books what it was told.
    """
    if person.truth.archetype not in _WITH_PLANS:
        return
    now = runtime.now()
    first = now.date() - timedelta(weeks=WEEKS)
    began = datetime.combine(first, time(0, 1), ZoneInfo(person.time_zone))
    (programme,) = [one for one in programmes.offered() if one.condition == "HYPERTENSION"]
    made = []
    async with unit_of_work(runtime.pool, at=began, by=clinician) as work:
        plan = await therapy_plans.start_programme(work, clinician, None, patient_id, programme.id, first)
        for name, atc_code, milligrams, times in _MEDICINES:
            asked = Prescription(
                name, atc_code, Dose(milligrams, "mg"), Schedule(times), first, None, instructions=None
            )
            row, _ = await prescriptions.prescribe(work, clinician, None, plan["id"], asked)
            made.append((row["id"], times))
    by = patient or clinician
    zone = ZoneInfo(person.time_zone)
    forgotten = {now.date() - timedelta(days=DAYS - day) for day in person.truth.missing_days}
    for number in range(WEEKS * 7):
        day = first + timedelta(days=number)
        if day in forgotten:
            continue
        # Some minutes late, as people are, and each day a little otherwise.
        late = timedelta(minutes=number * 7 % 40)
        async with unit_of_work(runtime.pool, at=datetime.combine(day, time(23), zone), by=by) as work:
            for activity_id, times in made:
                for at in times:
                    taken = datetime.combine(day, at, zone) + late
                    await tasks.complete(work, by, TaskKey(activity_id, day, at), TaskOutcome.TAKEN, taken)
            if day.isoweekday() == 1 or number == WEEKS * 7 - 1:
                await tasks.complete_by_readings(work, [patient_id])
