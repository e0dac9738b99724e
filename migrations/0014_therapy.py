"""Plans of therapy, what holds of their parts from when to when, the tasks that follow, and what became of them."""

from enum import StrEnum
from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.kinds import ActivityKind, ExerciseKind, FoodRule, VitalKind
from domain.tables.wall_clock import WallClockField

ACTIVITIES = "MEDICATION MEASUREMENT EXERCISE NUTRITION EDUCATION QUESTIONNAIRE"
EXERCISES = "WALKING CYCLING SWIMMING STRENGTH STRETCHING BREATHING"
FOOD = "WITH_FOOD WITHOUT_FOOD"
VITALS = (
    "BLOOD_PRESSURE HEART_RATE WEIGHT OXYGEN_SATURATION BODY_TEMPERATURE STEPS RESTING_HEART_RATE RESPIRATORY_RATE"
    " HEART_RATE_VARIABILITY_RMSSD HEART_RATE_VARIABILITY_SDNN SLEEP_DURATION BREATHLESSNESS CHEST_PAIN DIZZINESS"
    " SWELLING"
)

WALLS = """
ALTER TABLE therapy_plan ADD CONSTRAINT therapy_plan_of_programme
  CHECK ((programme IS NULL) = (programme_version IS NULL) AND num_nonnulls(title, programme) > 0);
ALTER TABLE activity ADD CONSTRAINT activity_has_one_name
  CHECK ((kind = 'MEDICATION') = (medication IS NOT NULL) AND num_nonnulls(template, title, medication) = 1);
ALTER TABLE activity_schedule ADD CONSTRAINT activity_schedule_can_be
  CHECK (begins <= ends AND every_days BETWEEN 1 AND 366 AND cardinality(times_of_day) <= 12);
-- At any moment one thing holds of an activity.
ALTER TABLE activity_schedule ADD CONSTRAINT activity_schedule_one_at_a_time
  EXCLUDE USING gist (activity_id WITH =, tsrange(begins, ends) WITH &&);

-- What held is never rewritten: a change ends it sooner and begins another.
CREATE FUNCTION refuse_other_past() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - 'ends') <> (to_jsonb(OLD) - 'ends') OR NEW.ends IS NULL OR NEW.ends > OLD.ends THEN
    RAISE EXCEPTION 'a schedule can only be ended, and sooner';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER activity_schedule_only_ends BEFORE UPDATE ON activity_schedule
  FOR EACH ROW EXECUTE FUNCTION refuse_other_past();
CREATE TRIGGER activity_schedule_stays BEFORE DELETE ON activity_schedule
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER questionnaire_answer_append_only BEFORE UPDATE OR DELETE ON questionnaire_answer
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A task is known by activity, day and time on the patient's wall clock, which no journey and no change of the clocks
-- makes twice; it has a row here once something became of it. Without an outcome that was undone.
CREATE TABLE task_outcome (
  patient_id uuid NOT NULL REFERENCES patient ON DELETE RESTRICT,
  day date NOT NULL,
  activity_id uuid NOT NULL REFERENCES activity ON DELETE RESTRICT,
  time_of_day time NOT NULL,
  outcome text CHECK (outcome IN ('TAKEN', 'DONE', 'SKIPPED')),
  completed_at timestamptz,
  recorded_at timestamptz NOT NULL,
  -- Nobody where readings completed it by themselves.
  recorded_by_id uuid REFERENCES account ON DELETE RESTRICT,
  PRIMARY KEY (patient_id, day, activity_id, time_of_day),
  CHECK ((outcome IS NULL) = (completed_at IS NULL))
);

-- The instant of a wall-clock time. One that the clocks skip is the moment in which they do; of one that they show twice
-- it is the first.
CREATE FUNCTION end_of_gap(shown timestamp, zone text) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT min(at) FROM generate_series(shown AT TIME ZONE zone - interval '1 day', shown AT TIME ZONE zone,
    interval '1 minute') AS at WHERE at AT TIME ZONE zone > shown
$$;
CREATE FUNCTION wall_clock_instant(shown timestamp, zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE at CONSTANT timestamptz := shown AT TIME ZONE zone;
BEGIN
  RETURN CASE
    WHEN at AT TIME ZONE zone <> shown THEN end_of_gap(shown, zone)
    -- Nearly always: nobody has changed the clocks in the hours before.
    WHEN (at - interval '2 hours') AT TIME ZONE zone = shown - interval '2 hours' THEN at
    WHEN (at - interval '1 hour') AT TIME ZONE zone = shown THEN at - interval '1 hour'
    WHEN (at - interval '30 min') AT TIME ZONE zone = shown THEN at - interval '30 min'
    ELSE at END;
END $$;

-- The tasks of some days, as the schedules say: a set that PostgreSQL opens up into the statement around it, so that a
-- condition on `patient_id` reads these patients' schedules alone.
--
-- The windows of an activity's times follow each other without a gap: one opens half of the way from the time before,
-- at most four hours ahead, and closes where the next opens, or would, were there one every day.
--
-- The days are generated as they fall due, and the rest is asked by CASE: the planner takes each comparison for one that few
-- rows pass, and of very few rows it would join everybody's schedules with all patients one by one.
CREATE FUNCTION planned_tasks(first_day date, final_day date)
RETURNS TABLE (patient_id uuid, plan_id uuid, activity_id uuid, schedule_id uuid, kind text, day date, time_of_day time,
  time_zone text, opens_at timestamptz, due_at timestamptz, closes_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT schedule.patient_id, activity.plan_id, activity.id, schedule.id, activity.kind::text, on_day.day,
    at.time_of_day, patient.time_zone::text,
    wall_clock_instant(on_day.day + at.time_of_day - least(at.before / 2, interval '4 hours'), patient.time_zone),
    wall_clock_instant(on_day.day + at.time_of_day, patient.time_zone),
    wall_clock_instant(on_day.day + at.time_of_day + at.behind - least(at.behind / 2, interval '4 hours'),
      patient.time_zone)
  FROM activity_schedule AS schedule
  JOIN activity ON activity.id = schedule.activity_id
  JOIN patient ON patient.id = schedule.patient_id
  CROSS JOIN LATERAL (
    SELECT from_day.day + past AS day FROM (SELECT greatest(first_day, schedule.begins::date) AS day) AS from_day
    CROSS JOIN LATERAL generate_series(
      mod(mod(schedule.anchor_day - from_day.day, schedule.every_days) + schedule.every_days, schedule.every_days),
      least(final_day, schedule.ends::date) - from_day.day, schedule.every_days) AS past
    -- All of them are; a pair of comparisons is what the planner takes for a few of its thousand.
    WHERE past BETWEEN 0 AND 100000
  ) AS on_day
  CROSS JOIN LATERAL (
    SELECT each.time_of_day,
      each.time_of_day - coalesce(schedule.times_of_day[place - 1],
        schedule.times_of_day[cardinality(schedule.times_of_day)])
        + CASE WHEN place = 1 THEN interval '1 day' ELSE interval '0' END AS before,
      coalesce(schedule.times_of_day[place + 1], schedule.times_of_day[1]) - each.time_of_day
        + CASE WHEN place = cardinality(schedule.times_of_day) THEN interval '1 day' ELSE interval '0' END AS behind
    FROM unnest(schedule.times_of_day) WITH ORDINALITY AS each (time_of_day, place)
  ) AS at
  WHERE schedule.begins < final_day + 1 AND (schedule.ends IS NULL OR schedule.ends > first_day)
    AND CASE WHEN schedule.weekdays = '{}' THEN true
      ELSE extract(isodow FROM on_day.day)::smallint = ANY (schedule.weekdays) END
    AND CASE WHEN on_day.day + at.time_of_day < schedule.begins THEN false
      ELSE schedule.ends IS NULL OR on_day.day + at.time_of_day < schedule.ends END
$$;
"""
NO_WALLS = """
DROP FUNCTION planned_tasks(date, date);
DROP FUNCTION wall_clock_instant(timestamp, text);
DROP FUNCTION end_of_gap(timestamp, text);
DROP TABLE task_outcome;
DROP TRIGGER questionnaire_answer_append_only ON questionnaire_answer;
DROP TRIGGER activity_schedule_stays ON activity_schedule;
DROP TRIGGER activity_schedule_only_ends ON activity_schedule;
DROP FUNCTION refuse_other_past();
"""


def _one_of(values: str, kind: type[StrEnum], length: int, *, null: bool = False) -> Any:
    described = "\n".join(f"{value}: {value}" for value in values.split())
    more: dict[str, Any] = {"null": True} if null else {}
    return fields.CharEnumField(kind, description=described, max_length=length, **more)


def _to(model: str, column: str, related_name: str, *, index: bool = False) -> Any:
    more: dict[str, Any] = {"db_index": True} if index else {}
    return fields.ForeignKeyField(
        f"cuore.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("cuore", "0013_calendar_feeds")]
    initial = False
    operations = [
        ops.CreateModel(
            name="TherapyPlan",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _to("Patient", "patient_id", "therapy_plans")),
                ("client_id", fields.UUIDField(null=True)),
                ("title", fields.CharField(null=True, max_length=200)),
                ("programme", fields.CharField(null=True, max_length=60)),
                ("programme_version", fields.IntField(null=True)),
                ("starts_on", fields.DateField()),
                ("ends_on", fields.DateField(null=True)),
                ("stopped_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("made_by", _to("Account", "made_by_id", "therapy_plans", index=True)),
                ("version", fields.IntField()),
            ],
            options={
                "table": "therapy_plan",
                "app": "cuore",
                "unique_together": (("patient", "client_id"),),
                "indexes": [Index(fields=["patient_id", "starts_on", "id"])],
                "pk_attr": "id",
                "table_description": "What a patient is to do for their heart over some time.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Activity",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _to("Patient", "patient_id", "activities")),
                ("plan", _to("TherapyPlan", "plan_id", "activities")),
                ("client_id", fields.UUIDField(null=True)),
                ("kind", _one_of(ACTIVITIES, ActivityKind, 16)),
                ("template", fields.CharField(null=True, max_length=60)),
                ("title", fields.CharField(null=True, max_length=100)),
                ("position", fields.IntField()),
                ("medication", fields.CharField(null=True, max_length=100)),
                ("atc_code", fields.CharField(null=True, max_length=7)),
                ("version", fields.IntField()),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("made_by", _to("Account", "made_by_id", "activities", index=True)),
            ],
            options={
                "table": "activity",
                "app": "cuore",
                "unique_together": (("patient", "client_id"),),
                "indexes": [Index(fields=["plan_id", "position"])],
                "pk_attr": "id",
                "table_description": "One part of a plan: a medicine, a measurement, an exercise, something to eat by,"
                " to learn or to answer.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ActivitySchedule",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _to("Patient", "patient_id", "activity_schedules")),
                ("activity", _to("Activity", "activity_id", "schedules", index=True)),
                ("begins", WallClockField()),
                ("ends", WallClockField(null=True)),
                ("anchor_day", fields.DateField()),
                ("every_days", fields.IntField()),
                ("weekdays", ArrayField(element_type="smallint")),
                ("times_of_day", ArrayField(element_type="time")),
                ("instructions", fields.TextField(null=True, unique=False)),
                ("dose_value", fields.FloatField(null=True)),
                ("dose_unit", fields.CharField(null=True, max_length=20)),
                ("food", _one_of(FOOD, FoodRule, 16, null=True)),
                ("measured_kind", _one_of(VITALS, VitalKind, 40, null=True)),
                ("readings_each", fields.IntField(null=True)),
                ("exercise", _one_of(EXERCISES, ExerciseKind, 16, null=True)),
                ("minutes", fields.IntField(null=True)),
                ("pulse_low", fields.IntField(null=True)),
                ("pulse_high", fields.IntField(null=True)),
                ("questionnaire", fields.CharField(null=True, max_length=60)),
                ("confirmed_warnings", ArrayField(element_type="text")),
                ("set_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("set_by", _to("Account", "set_by_id", "activity_schedules", index=True)),
            ],
            options={
                "table": "activity_schedule",
                "app": "cuore",
                "indexes": [Index(fields=["patient_id", "activity_id", "begins"])],
                "pk_attr": "id",
                "table_description": "What holds of an activity from one moment of the patient's wall clock to another.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuestionnaireAnswer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _to("Patient", "patient_id", "questionnaire_answers")),
                ("activity", _to("Activity", "activity_id", "questionnaire_answers", index=True)),
                ("day", fields.DateField()),
                ("questionnaire", fields.CharField(max_length=60)),
                ("questionnaire_version", fields.IntField()),
                ("answers", fields.JSONField()),
                ("part_scores", fields.JSONField()),
                ("total_score", fields.FloatField(null=True)),
                ("answered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "questionnaire_answer",
                "app": "cuore",
                "indexes": [Index(fields=["patient_id", "answered_at", "id"])],
                "pk_attr": "id",
                "table_description": "What a patient answered to a task's questionnaire, and what it came to; only ever"
                " added to.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(WALLS, NO_WALLS),
    ]
