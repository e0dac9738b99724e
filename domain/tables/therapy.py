"""Plans of therapy, what they consist of, and what holds of each part from when to when.

`task_outcome`, what became of a task, has no model: it is as large as the readings, and only ever read by sets.
"""

from datetime import datetime

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import ActivityKind, ExerciseKind, FoodRule, VitalKind
from domain.tables.people import Account, Patient
from domain.tables.wall_clock import WallClockField


class TherapyPlan(Model):
    """What a patient is to do for their heart over some time."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="therapy_plans", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField(null=True)
    # That of the programme, in the patient's language, where it has none of its own.
    title = fields.CharField(max_length=200, null=True)
    # The programme it was made from, in the version of then.
    programme = fields.CharField(max_length=60, null=True)
    programme_version = fields.IntField(null=True)
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    stopped_at = fields.DatetimeField(null=True)
    made_at = fields.DatetimeField()
    made_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="therapy_plans", on_delete=fields.RESTRICT, db_index=True
    )
    version = fields.IntField()

    class Meta:
        table = "therapy_plan"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "starts_on", "id")),)


class Activity(Model):
    """One part of a plan: a medicine, a measurement, an exercise, something to eat by, to learn or to answer."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="activities", on_delete=fields.RESTRICT
    )
    plan: fields.ForeignKeyRelation[TherapyPlan] = fields.ForeignKeyField(
        "cuore.TherapyPlan", related_name="activities", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField(null=True)
    kind = fields.CharEnumField(ActivityKind, max_length=16)
    # Its name in the programme; its words are found there.
    template = fields.CharField(max_length=60, null=True)
    # In a clinician's own words, of what is neither of a programme nor a medicine.
    title = fields.CharField(max_length=100, null=True)
    position = fields.IntField()
    # Of a medicine: another one is another activity.
    medication = fields.CharField(max_length=100, null=True)
    atc_code = fields.CharField(max_length=7, null=True)
    version = fields.IntField()
    made_at = fields.DatetimeField()
    made_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="activities", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "activity"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("plan_id", "position")),)


class ActivitySchedule(Model):
    """What holds of an activity from one moment of the patient's wall clock to another.

    A change ends one and begins the next; only `ends` is ever changed, and only to come sooner.
    """

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="activity_schedules", on_delete=fields.RESTRICT
    )
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "cuore.Activity", related_name="schedules", on_delete=fields.RESTRICT, db_index=True
    )
    begins: fields.Field[datetime] = WallClockField()
    ends: fields.Field[datetime] = WallClockField(null=True)
    # Every so many days from the anchor on, and of those the weekdays (ISO, Monday is 1); none for all.
    anchor_day = fields.DateField()
    every_days = fields.IntField()
    weekdays = ArrayField(element_type="smallint")
    # In order; none where it is done as needed.
    times_of_day = ArrayField(element_type="time")
    instructions = fields.TextField(null=True)
    dose_value = fields.FloatField(null=True)
    dose_unit = fields.CharField(max_length=20, null=True)
    food = fields.CharEnumField(FoodRule, max_length=16, null=True)
    measured_kind = fields.CharEnumField(VitalKind, max_length=40, null=True)
    readings_each = fields.IntField(null=True)
    exercise = fields.CharEnumField(ExerciseKind, max_length=16, null=True)
    minutes = fields.IntField(null=True)
    pulse_low = fields.IntField(null=True)
    pulse_high = fields.IntField(null=True)
    questionnaire = fields.CharField(max_length=60, null=True)
    # Warnings of which who set it said that they had been weighed.
    confirmed_warnings = ArrayField(element_type="text")
    set_at = fields.DatetimeField()
    set_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="activity_schedules", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "activity_schedule"
        indexes = (Index(fields=("patient_id", "activity_id", "begins")),)


class QuestionnaireAnswer(Model):
    """What a patient answered to a task's questionnaire, and what it came to; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="questionnaire_answers", on_delete=fields.RESTRICT
    )
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "cuore.Activity", related_name="questionnaire_answers", on_delete=fields.RESTRICT, db_index=True
    )
    day = fields.DateField()
    questionnaire = fields.CharField(max_length=60)
    questionnaire_version = fields.IntField()
    # The place of the choice by item, and the score by part, where there is one.
    answers: fields.Field[dict[str, int]] = fields.JSONField()
    part_scores: fields.Field[dict[str, float | None]] = fields.JSONField()
    total_score = fields.FloatField(null=True)
    answered_at = fields.DatetimeField()

    class Meta:
        table = "questionnaire_answer"
        indexes = (Index(fields=("patient_id", "answered_at", "id")),)
