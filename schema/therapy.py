"""Programmes, therapy plans and their activities, as they are read."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import activities, activity_words, therapy_plans
from domain.errors import BadInput
from domain.kinds import ActivityKind, ExerciseKind, FoodRule, Role, VitalKind, Weekday
from domain.rules import programmes
from domain.rules.programmes import Programme as Template
from domain.rules.programmes import said
from domain.rules.schedules import LANGUAGES
from domain.therapy_plans import PlanStatus
from schema.access import loads, needs
from schema.context import Context, Info
from schema.pages import After, Connection, First, check_first, decode, make_page

strawberry.enum(
    PlanStatus,
    name="TherapyPlanStatus",
    description="ACTIVE until its last day, also before its first; then COMPLETED; STOPPED if it was ended before.",
)
_WEEKDAYS = list(Weekday)


@strawberry.type(description="A part of a programme.")
class ProgrammeActivity:
    kind: ActivityKind = strawberry.field(description="What it asks for.")
    title: str = strawberry.field(description="What it is called.")
    instructions: str = strawberry.field(description="What it says to the patient.")
    first_day: int = strawberry.field(description="On which day of the plan it begins; 1 is the first.")
    last_day: int = strawberry.field(description="On which day of the plan it ends.")


@strawberry.type(description="A template of plans, in its newest version or the one that a plan was made from.")
class Programme:
    id: strawberry.ID = strawberry.field(description="Of this version.")
    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="What it is for.")
    condition: str = strawberry.field(description="The condition that it is for, such as HYPERTENSION.")
    weeks: int = strawberry.field(description="How long it takes.")
    version: int = strawberry.field(description="A new version does not change the plans that were made from another.")
    sources: list[str] = strawberry.field(description="What its content was written after.")
    to_be_confirmed_by_a_clinician: bool = strawberry.field(description="Whether no clinician has confirmed it yet.")
    activities: list[ProgrammeActivity] = strawberry.field(description="Its parts, in their order.")


def programme_of(template: Template, locale: str) -> Programme:
    """The GraphQL type of a programme, in the language of `locale`."""
    return Programme(
        id=strawberry.ID(str(template.id)),
        title=said(template.title, locale),
        description=said(template.description, locale),
        condition=template.condition,
        weeks=template.weeks,
        version=template.version,
        sources=list(template.sources),
        to_be_confirmed_by_a_clinician=template.to_be_confirmed_by_a_clinician,
        activities=[
            ProgrammeActivity(
                kind=one.kind,
                title=said(one.title, locale),
                instructions=said(one.instructions, locale),
                first_day=one.first_day,
                last_day=one.last_day,
            )
            for one in template.activities
        ],
    )


@strawberry.type(description="How much of a medicine.")
class Dose:
    value: float = strawberry.field(description="The number.")
    unit: str = strawberry.field(description="UCUM unit, such as mg or {tablet}.")


@strawberry.type(description="A pulse to keep to while exercising, in /min.")
class PulseRange:
    low: int = strawberry.field(description="At least.")
    high: int = strawberry.field(description="At most.")


@strawberry.type(description="When something is to be done, on the patient's wall clock wherever that is.")
class Schedule:
    text: str = strawberry.field(description="In words, in the patient's language.")
    times_of_day: list[str] = strawberry.field(description="Such as 08:00, in order; none as needed.")
    every_days: int = strawberry.field(description="1 for each day, 2 for every other.")
    weekdays: list[Weekday] = strawberry.field(description="On these alone; none for all.")
    recurrence: str | None = strawberry.field(
        description="The days as a recurrence rule of RFC 5545, from the first day on; absent as needed."
    )
    as_needed: bool = strawberry.field(description="Whether it is done only as needed, so that no tasks follow.")


def schedule_of(row: Mapping[str, Any]) -> Schedule:
    """The GraphQL type of when a row of `activity_schedule` says."""
    schedule = activity_words.schedule_of(row)
    return Schedule(
        text=activity_words.schedule_text(row),
        times_of_day=[f"{at:%H:%M}" for at in schedule.times_of_day],
        every_days=schedule.every_days,
        weekdays=[_WEEKDAYS[one - 1] for one in schedule.weekdays],
        recurrence=schedule.recurrence() or None,
        as_needed=schedule.is_as_needed,
    )


@strawberry.type(description="What held, holds or is planned of an activity between two days.")
class ActivityPhase:
    starts_on: date = strawberry.field(description="The first day.")
    ends_on: date | None = strawberry.field(description="The last day; absent without an end.")
    schedule: Schedule = strawberry.field(description="When.")
    dose: Dose | None = strawberry.field(description="Of a medicine.")


def _dose_of(row: Mapping[str, Any]) -> Dose | None:
    return None if row["dose_value"] is None else Dose(value=row["dose_value"], unit=row["dose_unit"])


def _phase_of(row: Mapping[str, Any]) -> ActivityPhase:
    return ActivityPhase(
        starts_on=row["begins"].date(),
        ends_on=therapy_plans.last_day(row["ends"]),
        schedule=schedule_of(row),
        dose=_dose_of(row),
    )


@strawberry.interface(description="A part of a therapy plan, as it holds now or is to hold next.")
class Activity:
    id: strawberry.ID = strawberry.field(description="The activity's id.")
    kind: ActivityKind = strawberry.field(description="What it asks for.")
    title: str = strawberry.field(description="What it is called, in the patient's language.")
    instructions: str | None = strawberry.field(description="What is said to the patient.")
    schedule: Schedule = strawberry.field(description="When it is to be done.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(description="Its last day; absent without an end.")
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")
    key: strawberry.Private[UUID]
    patient_key: strawberry.Private[UUID]

    @loads(Role.PATIENT, Role.CLINICIAN, key=lambda activity: (activity.key, activity.patient_key))
    @staticmethod
    async def phases(keys: list[tuple[UUID, UUID]], info: Info) -> list[list[ActivityPhase]]:
        """What held before, holds and is planned, the first first; a change ends one and begins the next."""
        work = await info.context.reads()
        found: dict[UUID, list[ActivityPhase]] = {activity_id: [] for activity_id, _ in keys}
        for row in await activities.schedules_of(work.connection, list(found)):
            found[row["activity_id"]].append(_phase_of(row))
        for _, patient_id in keys:
            work.audit("therapyPlans", patient_id=patient_id)
        return list(found.values())


@strawberry.type(description="A medicine to take.")
class MedicationActivity(Activity):
    medication: str = strawberry.field(description="What it is called.")
    atc_code: str | None = strawberry.field(description="Its substance by the ATC classification of the WHO.")
    dose: Dose = strawberry.field(description="How much at each time.")
    food: FoodRule | None = strawberry.field(description="Whether with a meal; absent where it does not matter.")


@strawberry.type(description="Something to measure.")
class MeasurementActivity(Activity):
    measured_kind: VitalKind = strawberry.field(description="What.")
    readings: int = strawberry.field(description="How many times in a row.")


@strawberry.type(description="A unit of exercise.")
class ExerciseActivity(Activity):
    exercise: ExerciseKind = strawberry.field(description="Of what kind.")
    minutes: int = strawberry.field(description="How long.")
    target_pulse: PulseRange | None = strawberry.field(description="The pulse to keep to, if one was set.")


@strawberry.type(description="Something to eat by.")
class NutritionActivity(Activity):
    pass


@strawberry.type(description="A lesson.")
class EducationActivity(Activity):
    pass


@strawberry.type(description="A questionnaire to answer.")
class QuestionnaireActivity(Activity):
    questionnaire_id: strawberry.ID = strawberry.field(description="Which one.")


ACTIVITY_TYPES = (
    *(MedicationActivity, MeasurementActivity, ExerciseActivity, NutritionActivity),
    *(EducationActivity, QuestionnaireActivity),
)


def activity_of(row: Mapping[str, Any], context: Context) -> Activity:
    """The GraphQL type of a row of `activities`."""
    shared = {
        "id": strawberry.ID(str(row["id"])),
        "kind": ActivityKind(row["kind"]),
        "title": activity_words.title(row, context.actor.role),
        "instructions": activity_words.instructions(row),
        "schedule": schedule_of(row),
        "starts_on": row["starts_on"],
        "ends_on": row["ends_on"],
        "version": row["version"],
        "key": row["id"],
        "patient_key": row["patient_id"],
    }
    match shared["kind"]:
        case ActivityKind.MEDICATION:
            dose, food = _dose_of(row), row["food"] and FoodRule(row["food"])
            assert dose is not None, "a medicine has a dose"
            return MedicationActivity(
                **shared, medication=row["medication"], atc_code=row["atc_code"], dose=dose, food=food
            )
        case ActivityKind.MEASUREMENT:
            return MeasurementActivity(
                **shared, measured_kind=VitalKind(row["measured_kind"]), readings=row["readings_each"]
            )
        case ActivityKind.EXERCISE:
            pulse = None
            if row["pulse_low"] is not None:
                pulse = PulseRange(low=row["pulse_low"], high=row["pulse_high"])
            return ExerciseActivity(
                **shared, exercise=ExerciseKind(row["exercise"]), minutes=row["minutes"], target_pulse=pulse
            )
        case ActivityKind.NUTRITION:
            return NutritionActivity(**shared)
        case ActivityKind.EDUCATION:
            return EducationActivity(**shared)
        case _:
            return QuestionnaireActivity(**shared, questionnaire_id=strawberry.ID(row["questionnaire"]))


@strawberry.type(description="What a patient is to do for their heart over some time.")
class TherapyPlan:
    id: strawberry.ID = strawberry.field(description="The plan's id.")
    title: str = strawberry.field(description="What it is called, in the patient's language.")
    status: PlanStatus = strawberry.field(description="How far it is, on the patient's calendar.")
    starts_on: date = strawberry.field(description="Its first day.")
    ends_on: date | None = strawberry.field(description="Its last day; absent without an end.")
    programme: Programme | None = strawberry.field(
        description="What it was made from, in the version of then; absent for a plan of its own."
    )
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")
    key: strawberry.Private[UUID]
    patient_key: strawberry.Private[UUID]

    @loads(Role.PATIENT, Role.CLINICIAN, key=lambda plan: (plan.key, plan.patient_key))
    @staticmethod
    async def activities(keys: list[tuple[UUID, UUID]], info: Info) -> list[list[Activity]]:
        """Its parts, in their order, also those that have ended."""
        work = await info.context.reads()
        found: dict[UUID, list[Activity]] = {plan_id: [] for plan_id, _ in keys}
        for row in await activities.of_plans(work.connection, list(found), work.at):
            found[row["plan_id"]].append(activity_of(row, info.context))
        for _, patient_id in keys:
            work.audit("therapyPlans", patient_id=patient_id)
        return list(found.values())


def plan_of(row: Mapping[str, Any]) -> TherapyPlan:
    """The GraphQL type of a row of `therapy_plans`."""
    template = therapy_plans.programme_of(row)
    programme = None if template is None else programme_of(template, row["locale"])
    return TherapyPlan(
        id=strawberry.ID(str(row["id"])),
        title=programme.title if programme else row["title"],
        status=PlanStatus(row["status"]),
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        programme=programme,
        version=row["version"],
        key=row["id"],
        patient_key=row["patient_id"],
    )


async def plans_page(
    context: Context, patient_id: UUID, first: int, status: list[PlanStatus] | None, after: str | None
) -> Connection[TherapyPlan]:
    """A page of a patient's plans."""
    work = await context.reads()
    before = decode(after, str, UUID)
    try:
        day = before and (date.fromisoformat(before[0]), before[1])
    except ValueError:
        raise BadInput("after: this is not a cursor of this list.") from None
    rows = await therapy_plans.page(
        work.connection, patient_id, at=work.at, statuses=status, before=day, limit=check_first(first) + 1
    )
    work.audit("therapyPlans", patient_id=patient_id)
    return make_page(rows, first, lambda row: [row["starts_on"].isoformat(), str(row["id"])], plan_of)


@strawberry.type
class TherapyQuery:
    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def programmes(
        self,
        info: Info,
        first: First,
        after: After = None,
        locale: Annotated[
            str, strawberry.argument(description=f"In which language: {', '.join(LANGUAGES)}, or a locale of one.")
        ] = "en",
    ) -> Connection[Programme]:
        """The newest version of each programme, by its key."""
        del info
        key = decode(after, str)
        rows = [one for one in programmes.offered() if key is None or one.key > key[0]]
        return make_page(
            rows[: check_first(first) + 1], first, lambda one: [one.key], lambda one: programme_of(one, locale)
        )
