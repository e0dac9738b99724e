"""Starting and stopping plans; prescribing, changing and stopping their activities."""

from datetime import date, time
from typing import Annotated
from uuid import UUID

import strawberry

from domain import activity_changes, plan_activities, prescriptions, therapy_plans
from domain.kinds import ActivityKind, ExerciseKind, FoodRule, Role, VitalKind, Weekday
from domain.rules import medication_safety
from domain.rules.schedules import Schedule
from schema.access import needs
from schema.context import Info
from schema.scalars import required_uuid
from schema.therapy import Activity, MedicationActivity, TherapyPlan, activity_of, plan_of

_WEEKDAYS = list(Weekday)


def _numbers(weekdays: list[Weekday]) -> list[int]:
    """Weekdays as ISO counts them."""
    return [_WEEKDAYS.index(one) + 1 for one in weekdays]


@strawberry.input(description="Which programme for whom.")
class StartProgrammeInput:
    patient_id: strawberry.ID = strawberry.field(description="For whom.")
    programme_id: strawberry.ID = strawberry.field(description="Of the version that is offered.")
    starts_on: date = strawberry.field(description="The first day: today or later, on the patient's calendar.")
    client_id: UUID | None = strawberry.field(default=None, description="Made by the client, for safe retries.")


@strawberry.input(description="A plan without a programme.")
class StartTherapyPlanInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    patient_id: strawberry.ID = strawberry.field(description="For whom.")
    title: str = strawberry.field(description="What it is called, 1 to 200 characters.")
    starts_on: date = strawberry.field(description="The first day: today or later, on the patient's calendar.")
    ends_on: date | None = strawberry.field(default=None, description="The last day, if there is one.")


@strawberry.input(description="Which plan is ended.")
class StopTherapyPlanInput:
    therapy_plan_id: strawberry.ID = strawberry.field(description="The plan's id.")
    expected_version: int | None = strawberry.field(default=None, description="The version you saw.")


@strawberry.type(description="The plan.")
class TherapyPlanPayload:
    therapy_plan: TherapyPlan = strawberry.field(description="As it is now.")


@strawberry.input(description="How much of a medicine.")
class DoseInput:
    value: float = strawberry.field(description="The number, above 0.")
    unit: str = strawberry.field(
        description=f"UCUM unit, one of {', '.join(sorted(prescriptions.DOSE_UNITS))}; case matters."
    )

    def as_dose(self) -> prescriptions.Dose:
        return prescriptions.Dose(self.value, self.unit)


@strawberry.input(description="A dose for some days, on the way up or down to another.")
class DoseStepInput:
    dose: DoseInput = strawberry.field(description="How much at each time.")
    days: int = strawberry.field(description="For how many days, 1 to 366.")


@strawberry.input(description="A medicine for a plan.")
class PrescribeMedicationInput:
    therapy_plan_id: strawberry.ID = strawberry.field(description="The plan's id.")
    medication: str = strawberry.field(description="What the medicine is called, 1 to 100 characters.")
    dose: DoseInput = strawberry.field(description="How much at each time; after the steps, if there are any.")
    starts_on: date = strawberry.field(description="The first day: today or later, on the patient's calendar.")
    times_of_day: list[time] = strawberry.field(
        default_factory=list, description="On the patient's wall clock, such as 08:00, at most 12; none as needed."
    )
    atc_code: str | None = strawberry.field(
        default=None, description="Its substance, such as C09AA05; without it nobody can warn."
    )
    ends_on: date | None = strawberry.field(default=None, description="The last day, if there is one.")
    instructions: str | None = strawberry.field(default=None, description="For the patient, at most 1000 characters.")
    every_days: int = strawberry.field(default=1, description="1 for each day, 2 for every other, at most 366.")
    weekdays: list[Weekday] = strawberry.field(default_factory=list, description="On these alone; none for all.")
    food: FoodRule | None = strawberry.field(default=None, description="Whether with a meal, where it matters.")
    steps: list[DoseStepInput] = strawberry.field(
        default_factory=list, description="Other doses before, one after the other, at most 20."
    )
    confirmed_warnings: list[str] = strawberry.field(
        default_factory=list, description="The codes of the warnings that you have weighed."
    )
    client_id: UUID | None = strawberry.field(default=None, description="Made by the client, for safe retries.")


@strawberry.type(description="Something to weigh before a medicine is taken beside others, or in a condition.")
class SafetyWarning:
    code: str = strawberry.field(description="What it is; pass it in confirmedWarnings.")
    sentence: str = strawberry.field(description="In words, for clinicians.")
    source: str = strawberry.field(description="Where that is from; to be confirmed by a clinician.")
    beside: str | None = strawberry.field(description="The medicine that is taken already, if it is about one.")


def warning_of(warning: medication_safety.SafetyWarning) -> SafetyWarning:
    """The GraphQL type of a warning."""
    return SafetyWarning(code=warning.code, sentence=warning.sentence, source=warning.source, beside=warning.beside)


@strawberry.type(description="The medicine as it was prescribed.")
class PrescribeMedicationPayload:
    activity: MedicationActivity = strawberry.field(description="The medicine in the plan.")
    warnings: list[SafetyWarning] = strawberry.field(description="What there was to weigh, and was confirmed.")


@strawberry.input(description="A pulse to keep to, in /min.")
class PulseRangeInput:
    low: int = strawberry.field(description="At least, from 30.")
    high: int = strawberry.field(description="At most, up to 250.")


@strawberry.input(description="What is to be measured.")
class MeasurementInput:
    kind: VitalKind = strawberry.field(description="What.")
    readings: int = strawberry.field(default=1, description="How many times in a row, at most 10.")


@strawberry.input(description="How to exercise.")
class ExerciseInput:
    exercise: ExerciseKind = strawberry.field(description="Of what kind.")
    minutes: int = strawberry.field(description="How long.")
    target_pulse: PulseRangeInput | None = strawberry.field(default=None, description="The pulse to keep to.")


@strawberry.input(description="What is added to a plan beside medicines.")
class AddActivityInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    therapy_plan_id: strawberry.ID = strawberry.field(description="The plan's id.")
    kind: ActivityKind = strawberry.field(description="What it asks for; medicines are prescribed.")
    title: str = strawberry.field(description="In the patient's language, 1 to 100 characters.")
    starts_on: date = strawberry.field(description="The first day: today or later, on the patient's calendar.")
    times_of_day: list[time] = strawberry.field(description="On the patient's wall clock, such as 08:00, at most 12.")
    ends_on: date | None = strawberry.field(default=None, description="The last day, if there is one.")
    instructions: str | None = strawberry.field(default=None, description="For the patient, at most 1000 characters.")
    every_days: int = strawberry.field(default=1, description="1 for each day, 2 for every other, at most 366.")
    weekdays: list[Weekday] = strawberry.field(default_factory=list, description="On these alone; none for all.")
    measurement: MeasurementInput | None = strawberry.field(default=None, description="Of a measurement.")
    exercise: ExerciseInput | None = strawberry.field(default=None, description="Of an exercise.")
    questionnaire_id: strawberry.ID | None = strawberry.field(default=None, description="Of a questionnaire.")

    def as_activity(self) -> plan_activities.NewActivity:
        measured, moved = self.measurement, self.exercise
        pulse = None if moved is None else moved.target_pulse
        return plan_activities.NewActivity(
            self.kind,
            self.title,
            Schedule(self.times_of_day, self.every_days, _numbers(self.weekdays)),
            self.starts_on,
            self.ends_on,
            self.instructions,
            measured_kind=None if measured is None else measured.kind,
            readings_each=None if measured is None else measured.readings,
            exercise=None if moved is None else moved.exercise,
            minutes=None if moved is None else moved.minutes,
            pulse=None if pulse is None else (pulse.low, pulse.high),
            questionnaire=self.questionnaire_id,
        )


@strawberry.input(description="What is to hold of an activity; what is left out stays as it is.")
class ChangeActivityInput:
    activity_id: strawberry.ID = strawberry.field(description="The activity's id.")
    expected_version: int | None = strawberry.field(default=None, description="The version you saw.")
    from_: date | None = strawberry.field(
        name="from", default=None, description="From which day on; tomorrow if absent, and today means from now on."
    )
    times_of_day: list[time] | None = strawberry.field(
        default=None, description="On the patient's wall clock; patients may change these, but not how many they are."
    )
    dose: DoseInput | None = strawberry.field(
        default=None, description="Of a medicine; takes the place of all steps that were planned."
    )
    every_days: int | None = strawberry.field(default=None, description="Counted from the first day of the change.")
    weekdays: list[Weekday] | None = strawberry.field(default=None, description="On these alone; none for all.")
    food: FoodRule | None = strawberry.field(default=None, description="Whether a medicine is taken with a meal.")
    instructions: str | None = strawberry.field(default=None, description="For the patient, at most 1000 characters.")
    minutes: int | None = strawberry.field(default=None, description="Of an exercise.")
    target_pulse: PulseRangeInput | None = strawberry.field(default=None, description="Of an exercise.")
    ends_on: date | None = strawberry.field(default=None, description="The last day.")


@strawberry.input(description="Which activity is ended, and when.")
class StopActivityInput:
    activity_id: strawberry.ID = strawberry.field(description="The activity's id.")
    expected_version: int | None = strawberry.field(default=None, description="The version you saw.")
    ends_on: date | None = strawberry.field(default=None, description="The last day; it ends now if absent.")


@strawberry.type(description="The activity.")
class ActivityPayload:
    activity: Activity = strawberry.field(description="As it is now.")


@strawberry.type
class TherapyMutation:
    @needs(Role.CLINICIAN)
    async def start_programme(
        self,
        info: Info,
        input: Annotated[StartProgrammeInput, strawberry.argument(description="Which one for whom.")],  # noqa: A002
    ) -> TherapyPlanPayload:
        """Make a plan from a programme; the same programme runs once at a time."""
        patient_id = required_uuid(input.patient_id, "patientId")
        programme_id = required_uuid(input.programme_id, "programmeId")
        async with info.context.change() as work:
            row = await therapy_plans.start_programme(
                work, info.context.actor, input.client_id, patient_id, programme_id, input.starts_on
            )
        return TherapyPlanPayload(therapy_plan=plan_of(row))

    @needs(Role.CLINICIAN)
    async def start_therapy_plan(
        self,
        info: Info,
        input: Annotated[StartTherapyPlanInput, strawberry.argument(description="For whom.")],  # noqa: A002
    ) -> TherapyPlanPayload:
        """Begin a plan of the patient's own, to prescribe medicines in."""
        patient_id = required_uuid(input.patient_id, "patientId")
        async with info.context.change() as work:
            row = await therapy_plans.start(
                work,
                info.context.actor,
                input.client_id,
                patient_id,
                input.title,
                input.starts_on,
                input.ends_on,
            )
        return TherapyPlanPayload(therapy_plan=plan_of(row))

    @needs(Role.CLINICIAN)
    async def stop_therapy_plan(
        self,
        info: Info,
        input: Annotated[StopTherapyPlanInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> TherapyPlanPayload:
        """End a plan with all its activities now; what was done and missed before stays."""
        plan_id = required_uuid(input.therapy_plan_id, "therapyPlanId")
        async with info.context.change() as work:
            row = await therapy_plans.stop(work, info.context.actor, plan_id, input.expected_version)
        return TherapyPlanPayload(therapy_plan=plan_of(row))

    @needs(Role.CLINICIAN)
    async def prescribe_medication(
        self,
        info: Info,
        input: Annotated[PrescribeMedicationInput, strawberry.argument(description="What and when.")],  # noqa: A002
    ) -> PrescribeMedicationPayload:
        """Add a medicine to a plan; if there is something to weigh, a CONFLICT whose `warnings` say what."""
        plan_id = required_uuid(input.therapy_plan_id, "therapyPlanId")
        asked = prescriptions.Prescription(
            input.medication,
            input.atc_code,
            input.dose.as_dose(),
            Schedule(input.times_of_day, input.every_days, _numbers(input.weekdays)),
            input.starts_on,
            input.ends_on,
            input.instructions,
            input.food,
            [prescriptions.Step(one.dose.as_dose(), one.days) for one in input.steps],
            input.confirmed_warnings,
        )
        async with info.context.change() as work:
            row, weighed = await prescriptions.prescribe(work, info.context.actor, input.client_id, plan_id, asked)
        activity = activity_of(row, info.context)
        assert isinstance(activity, MedicationActivity)
        return PrescribeMedicationPayload(activity=activity, warnings=[warning_of(one) for one in weighed])

    @needs(Role.CLINICIAN)
    async def add_activity(
        self,
        info: Info,
        input: Annotated[AddActivityInput, strawberry.argument(description="What and when.")],  # noqa: A002
    ) -> ActivityPayload:
        """Add a measurement, an exercise, nutrition, a lesson or a questionnaire to a plan."""
        plan_id = required_uuid(input.therapy_plan_id, "therapyPlanId")
        asked = input.as_activity()
        async with info.context.change() as work:
            row = await plan_activities.add(work, info.context.actor, input.client_id, plan_id, asked)
        return ActivityPayload(activity=activity_of(row, info.context))

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def change_activity(
        self,
        info: Info,
        input: Annotated[ChangeActivityInput, strawberry.argument(description="Which one, and what.")],  # noqa: A002
    ) -> ActivityPayload:
        """Let something else hold from a day on; patients choose their hours, a clinician everything else."""
        activity_id = required_uuid(input.activity_id, "activityId")
        pulse = input.target_pulse
        asked = activity_changes.Change(
            from_day=input.from_,
            dose=None if input.dose is None else input.dose.as_dose(),
            times_of_day=input.times_of_day,
            every_days=input.every_days,
            weekdays=None if input.weekdays is None else _numbers(input.weekdays),
            food=input.food,
            instructions=input.instructions,
            minutes=input.minutes,
            pulse=None if pulse is None else (pulse.low, pulse.high),
            ends_on=input.ends_on,
        )
        async with info.context.change() as work:
            row = await activity_changes.change(work, info.context.actor, activity_id, input.expected_version, asked)
        return ActivityPayload(activity=activity_of(row, info.context))

    @needs(Role.CLINICIAN)
    async def stop_activity(
        self,
        info: Info,
        input: Annotated[StopActivityInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> ActivityPayload:
        """End an activity; its history stays."""
        activity_id = required_uuid(input.activity_id, "activityId")
        async with info.context.change() as work:
            row = await activity_changes.stop(
                work, info.context.actor, activity_id, input.expected_version, input.ends_on
            )
        return ActivityPayload(activity=activity_of(row, info.context))
