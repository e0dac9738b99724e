"""Medicines as clinicians prescribe them, and what there is to weigh before."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import activities, activity_rows, therapy_plans, vital_events
from domain.access import Actor
from domain.errors import BadInput, Conflict
from domain.kinds import ActivityKind, EventKind, FoodRule
from domain.rules import medication_safety, schedules
from domain.rules.medication_safety import ATC_CODE, Medicine, SafetyWarning
from domain.rules.schedules import Schedule
from domain.therapy_plans import wall_clock
from domain.unit_of_work import UnitOfWork, new_id

LONGEST_MEDICATION = 100
LONGEST_INSTRUCTIONS = 1000
MOST_STEPS = 20
LONGEST_STEP_DAYS = 366
MOST_ACTIVITIES = 100
HIGHEST_DOSE = 100_000.0
# UCUM codes in which medicines are counted.
DOSE_UNITS = frozenset(
    {"mg", "g", "ug", "mL", "mmol", "meq", "[iU]", "[iU]/mL", "{tablet}", "{capsule}", "{drop}", "{puff}", "{patch}"}
)


@dataclass(frozen=True)
class Dose:
    """How much at each time, with its UCUM unit."""

    value: float
    unit: str


@dataclass(frozen=True)
class Step:
    """A dose for so many days, on the way to another."""

    dose: Dose
    days: int


@dataclass(frozen=True)
class Prescription:
    """A medicine as it is asked for: `steps` come before `dose`, one after the other."""

    medication: str
    atc_code: str | None
    dose: Dose
    schedule: Schedule
    starts_on: date
    ends_on: date | None
    instructions: str | None
    food: FoodRule | None = None
    steps: Sequence[Step] = ()
    confirmed_warnings: Sequence[str] = field(default=())


def check_dose(dose: Dose) -> None:
    """Refuse a dose that cannot be.

    Raises:
        BadInput: it is not above 0, too high, or in a unit that nobody counts medicines in.
    """
    if not (math.isfinite(dose.value) and 0 < dose.value <= HIGHEST_DOSE):
        raise BadInput(f"dose: give a value above 0, at most {HIGHEST_DOSE:,.0f}.")
    if dose.unit not in DOSE_UNITS:
        raise BadInput(f"dose: give its UCUM unit, one of {', '.join(sorted(DOSE_UNITS))}.")


def checked_instructions(instructions: str | None) -> str | None:
    """The same without spaces around it.

    Raises:
        BadInput: it is too long.
    """
    instructions = (instructions or "").strip()
    if len(instructions) > LONGEST_INSTRUCTIONS or "\0" in instructions:
        raise BadInput(f"instructions: give at most {LONGEST_INSTRUCTIONS} characters.")
    return instructions or None


def _checked(asked: Prescription) -> Prescription:
    """The same with texts and times in order.

    Raises:
        BadInput: a value cannot be.
    """
    medication = " ".join(asked.medication.split())
    if not 1 <= len(medication) <= LONGEST_MEDICATION or not medication.isprintable():
        raise BadInput(f"medication: give 1 to {LONGEST_MEDICATION} printable characters.")
    if asked.atc_code is not None and not ATC_CODE.fullmatch(asked.atc_code):
        raise BadInput("atcCode: give all seven characters, such as C09AA05.")
    if len(asked.steps) > MOST_STEPS:
        raise BadInput(f"steps: give at most {MOST_STEPS}.")
    for dose in (asked.dose, *(step.dose for step in asked.steps)):
        check_dose(dose)
    if not all(1 <= step.days <= LONGEST_STEP_DAYS for step in asked.steps):
        raise BadInput(f"steps: each takes 1 to {LONGEST_STEP_DAYS} days.")
    first_of_dose = asked.starts_on + timedelta(days=sum(step.days for step in asked.steps))
    if asked.ends_on is not None and asked.steps and first_of_dose > asked.ends_on:
        raise BadInput("steps: they take longer than until endsOn.")
    return Prescription(
        medication,
        asked.atc_code,
        asked.dose,
        schedules.checked(asked.schedule),
        asked.starts_on,
        asked.ends_on,
        checked_instructions(asked.instructions),
        asked.food,
        asked.steps,
        sorted(set(asked.confirmed_warnings)),
    )


async def _weighed(
    work: UnitOfWork, patient_id: UUID, atc_code: str | None, since: datetime, confirmed: Sequence[str]
) -> list[SafetyWarning]:
    """What there was to weigh, all of it confirmed.

    Raises:
        Conflict: something was not, with all of it.
    """
    if atc_code is None:
        return []
    # Of two that are prescribed at once the second is held against the first.
    await work.connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"plans of {patient_id}")
    taken = await work.connection.fetch(
        "SELECT medication, atc_code FROM activity WHERE patient_id = $1 AND atc_code IS NOT NULL AND EXISTS"
        " (SELECT FROM activity_schedule WHERE activity_id = activity.id AND (ends IS NULL OR ends > $2))"
        " ORDER BY medication, id",
        patient_id,
        since,
    )
    conditions = await work.connection.fetchval("SELECT conditions FROM patient WHERE id = $1", patient_id)
    found = medication_safety.warnings(
        atc_code, [Medicine(row["medication"], row["atc_code"]) for row in taken], conditions
    )
    if not {one.code for one in found} <= set(confirmed):
        raise Conflict(
            "There is something to weigh: send the codes of these warnings as confirmedWarnings to prescribe it.",
            warnings=[{name: value for name, value in asdict(one).items() if value is not None} for one in found],
        )
    return found


def _phases(asked: Prescription, begins: datetime) -> list[dict[str, Any]]:
    """What holds from when to when: the steps, then the dose until the end."""
    last = None if asked.ends_on is None else datetime.combine(asked.ends_on + timedelta(days=1), time.min)
    found, first = [], asked.starts_on
    for dose, days in (*((step.dose, step.days) for step in asked.steps), (asked.dose, None)):
        ends = last if days is None else datetime.combine(first + timedelta(days=days), time.min)
        found.append(
            {
                "begins": max(datetime.combine(first, time.min), begins),
                "ends": ends,
                "anchor_day": asked.starts_on,
                "every_days": asked.schedule.every_days,
                "weekdays": asked.schedule.weekdays,
                "times_of_day": asked.schedule.times_of_day,
                "instructions": asked.instructions,
                "dose_value": dose.value,
                "dose_unit": dose.unit,
                "food": asked.food,
            }
        )
        if days is not None:
            first += timedelta(days=days)
    return found


def mark_of(medication: str, *doses: Mapping[str, Any] | None) -> str:
    """What a chart's mark says: `Ramipril 5 mg to 10 mg`, `Ramipril stopped`."""
    told = [f"{dose['dose_value']:g} {dose['dose_unit'].strip('{}')}" for dose in doses if dose is not None]
    said = f" {' to '.join(told)}" if told else " stopped"
    return medication[: vital_events.LONGEST_LABEL - len(said)] + said


async def tell_charts(work: UnitOfWork, by: Actor, row: Mapping[str, Any], shown: datetime, label: str) -> None:
    """Keep the change where the analysis and the charts of the patient's vitals look for it."""
    at = shown.replace(tzinfo=ZoneInfo(row["time_zone"]))
    await vital_events.keep_medication_change(work, by, new_id(), row["patient_id"], at, label)


async def _prescribed_before(
    work: UnitOfWork, patient_id: UUID, client_id: UUID | None, asked: Prescription
) -> Mapping[str, Any] | None:
    """The medicine that this clientId prescribed.

    Raises:
        Conflict: it stands for another one.
    """
    if client_id is None:
        return None
    known = await work.connection.fetchrow(
        "SELECT activity.id, medication, atc_code, times_of_day, dose_value, dose_unit FROM activity"
        " JOIN activity_schedule ON activity_id = activity.id WHERE activity.patient_id = $1 AND client_id = $2"
        " ORDER BY activity_schedule.begins, activity_schedule.set_at LIMIT 1",
        patient_id,
        client_id,
    )
    if known is None:
        return None
    first = asked.steps[0].dose if asked.steps else asked.dose
    same = (asked.medication, asked.atc_code, list(asked.schedule.times_of_day), first.value, first.unit)
    if tuple(known.values())[1:] != same:
        raise Conflict("This clientId was used before for another activity.")
    return await activities.by_id(work.connection, known["id"], work.at)


async def prescribe(
    work: UnitOfWork, by: Actor, client_id: UUID | None, plan_id: UUID, asked: Prescription
) -> tuple[Mapping[str, Any], list[SafetyWarning]]:
    """Add a medicine to a plan; with what there was to weigh.

    Raises:
        NotFound: no such plan for `by`.
        BadInput: a value cannot be.
        Conflict: the plan does not run, there is something to weigh, or the clientId stands for something else.
    """
    asked = _checked(asked)
    plan = await therapy_plans.locked(work, by, plan_id)
    known = await _prescribed_before(work, plan["patient_id"], client_id, asked)
    if known is not None:
        return known, []
    now = wall_clock(work.at, plan["time_zone"])
    await require_room(work, plan)
    therapy_plans.checked_days(now.date(), asked.starts_on, asked.ends_on)
    weighed = await _weighed(work, plan["patient_id"], asked.atc_code, now, asked.confirmed_warnings)
    this = new_id()
    row = {
        "id": this,
        "plan_id": plan_id,
        "patient_id": plan["patient_id"],
        "client_id": client_id,
        "kind": ActivityKind.MEDICATION,
        "medication": asked.medication,
        "atc_code": asked.atc_code,
    }
    await activity_rows.keep_activities(work, by, [row], await activity_rows.next_position(work, plan_id))
    phases = _phases(asked, now)
    await activity_rows.keep_schedules(
        work,
        by,
        [one | {"patient_id": plan["patient_id"], "activity_id": this} for one in phases],
        [one.code for one in weighed],
    )
    await therapy_plans.last_until(work, plan_id, asked.ends_on)
    made = await activities.by_id(work.connection, this, work.at)
    await tell_charts(work, by, made, phases[0]["begins"], mark_of(asked.medication, phases[0]))
    work.tell(EventKind.ACTIVITY_SET, patient_id=plan["patient_id"], subject_id=this)
    work.audit("prescribeMedication", patient_id=plan["patient_id"], subject_id=this)
    return made, weighed


async def require_room(work: UnitOfWork, plan: Mapping[str, Any]) -> None:
    """Refuse more parts of a plan that does not run or has very many.

    Raises:
        Conflict: it is so.
    """
    if plan["status"] != therapy_plans.PlanStatus.ACTIVE:
        raise Conflict("The plan does not run any more.", currentVersion=plan["version"])
    count = await work.connection.fetchval("SELECT count(*) FROM activity WHERE plan_id = $1", plan["id"])
    if count >= MOST_ACTIVITIES:
        raise Conflict(f"A plan has at most {MOST_ACTIVITIES} activities.")
