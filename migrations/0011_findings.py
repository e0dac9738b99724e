"""What the analysis of vitals remembers of each series and found in it, and what is told about medication."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.kinds import EventKind, FindingDirection, FindingKind, Measure, VitalEventKind, WorkKind

MEASURES = (
    "SYSTOLIC",
    "DIASTOLIC",
    "HEART_RATE",
    "WEIGHT",
    "OXYGEN_SATURATION",
    "BODY_TEMPERATURE",
    "STEPS",
    "RESTING_HEART_RATE",
    "RESPIRATORY_RATE",
    "HEART_RATE_VARIABILITY_RMSSD",
    "HEART_RATE_VARIABILITY_SDNN",
    "SLEEP_DURATION",
    "BREATHLESSNESS",
    "CHEST_PAIN",
    "DIZZINESS",
    "SWELLING",
)
EVENTS = (
    "READINGS_RECORDED",
    "STRIP_RECEIVED",
    "STRIP_ANALYSED",
    "STRIP_UNREADABLE",
    "STRIP_IN_REVIEW",
    "STRIP_REVIEWED",
    "STRIP_AMENDED",
    "ALERT_RAISED",
    "ALERT_REPEATED",
    "ALERT_ACKNOWLEDGED",
    "VITAL_LIMITS_SET",
    "DEVICE_TOKEN_CREATED",
    "DEVICE_TOKEN_REVOKED",
    "MEDICATION_CHANGED",
)
WORK = ("ANALYSE_VITALS", "ANALYSE_STRIP", "FORGET_STRIP_ORIGINAL", "REANALYSE_VITALS")
FINDINGS = ("POINT", "SHIFT", "RAMP", "DRIFT", "VARIABILITY")
DIRECTIONS = ("UP", "DOWN")

# A row of `vital_unread` says from which moment on readings of a kind have changed. It is only ever added and taken
# away, so whoever records never waits for whoever analyses; whatever writes readings, none is missed.
UNREAD = """
CREATE TABLE vital_unread (
  patient_id uuid NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  kind vital_kind NOT NULL,
  since timestamptz NOT NULL,
  PRIMARY KEY (patient_id, id)
);
COMMENT ON TABLE vital_unread IS 'Since when readings of a kind are new or others than the analysis has seen.';
CREATE FUNCTION note_new_readings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO vital_unread (patient_id, kind, since)
  SELECT patient_id, kind, min(measured_at) FROM fresh GROUP BY patient_id, kind;
  RETURN NULL;
END $$;
CREATE FUNCTION note_other_readings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO vital_unread (patient_id, kind, since)
  SELECT was.patient_id, was.kind, min(was.measured_at) FROM was JOIN becomes USING (patient_id, kind, measured_at, id)
  WHERE was.superseded_by IS DISTINCT FROM becomes.superseded_by GROUP BY was.patient_id, was.kind;
  RETURN NULL;
END $$;
CREATE TRIGGER reading_is_new AFTER INSERT ON reading REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION note_new_readings();
CREATE TRIGGER reading_is_other AFTER UPDATE ON reading REFERENCING OLD TABLE AS was NEW TABLE AS becomes
  FOR EACH STATEMENT EXECUTE FUNCTION note_other_readings();
INSERT INTO vital_unread (patient_id, kind, since)
SELECT patient_id, kind, min(measured_at) FROM reading GROUP BY patient_id, kind;
"""
NO_UNREAD = """
DROP TRIGGER reading_is_other ON reading; DROP TRIGGER reading_is_new ON reading;
DROP FUNCTION note_other_readings; DROP FUNCTION note_new_readings; DROP TABLE vital_unread;
"""
FILTERS = """
CREATE TABLE vital_filter (
  patient_id uuid NOT NULL REFERENCES patient (id) ON DELETE RESTRICT,
  measure measure NOT NULL,
  version text NOT NULL,
  last_at timestamptz NOT NULL,
  readings integer NOT NULL,
  memory bytea NOT NULL,
  checkpoints bytea NOT NULL,
  PRIMARY KEY (patient_id, measure)
) WITH (fillfactor = 60);
COMMENT ON TABLE vital_filter IS 'What the analysis remembers of a series, made anew from its readings at any time.';
COMMENT ON COLUMN vital_filter.checkpoints IS 'Memories of earlier weeks, from where late readings are taken in.';
"""


def _described(values: tuple[str, ...]) -> str:
    return "\n".join(f"{value}: {value}" for value in values)


def _patient(related_name: str) -> fields.ForeignKeyRelation:  # type: ignore[type-arg]
    return fields.ForeignKeyField(
        "cuore.Patient",
        source_field="patient_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("cuore", "0010_strips_in_full")]
    initial = False
    operations = [
        ops.RunSQL(UNREAD, NO_UNREAD),
        ops.RunSQL(FILTERS, "DROP TABLE vital_filter;"),
        ops.CreateModel(
            name="Finding",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _patient("findings")),
                ("measure", fields.CharEnumField(description=_described(MEASURES), enum_type=Measure, max_length=40)),
                ("kind", fields.CharEnumField(description=_described(FINDINGS), enum_type=FindingKind, max_length=16)),
                (
                    "direction",
                    fields.CharEnumField(description=_described(DIRECTIONS), enum_type=FindingDirection, max_length=8),
                ),
                ("score", fields.FloatField()),
                ("onset_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("raised_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("reading_id", fields.UUIDField()),
                ("observed", fields.FloatField()),
                ("expected_low", fields.FloatField()),
                ("expected_high", fields.FloatField()),
                ("is_explained", fields.BooleanField()),
                ("method", fields.CharField(max_length=200)),
                ("version", fields.CharField(max_length=200)),
                ("explanation", fields.JSONField()),
                ("found_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "finding",
                "app": "cuore",
                "indexes": [Index(fields=["patient_id", "raised_at", "id"])],
                "pk_attr": "id",
                "table_description": "Something unusual that the analysis found in one series; its id is made of"
                " what it says.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="VitalEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _patient("vital_events")),
                ("client_id", fields.UUIDField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description=_described(("MEDICATION_CHANGE",)), enum_type=VitalEventKind, max_length=32
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("label", fields.CharField(max_length=100)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "recorded_by",
                    fields.ForeignKeyField(
                        "cuore.Account",
                        source_field="recorded_by_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="vital_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "vital_event",
                "app": "cuore",
                "unique_together": (("patient", "client_id"),),
                "indexes": [Index(fields=["patient_id", "at", "id"])],
                "pk_attr": "id",
                "table_description": "Something that may change a patient's vitals, such as another dose; only ever"
                " added to.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Reanalysis",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("begun_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("stopped_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("lanes", fields.IntField()),
            ],
            options={
                "table": "reanalysis",
                "app": "cuore",
                "pk_attr": "id",
                "table_description": "One analysis of all patients anew, part by part.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ReanalysisPart",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "reanalysis",
                    fields.ForeignKeyField(
                        "cuore.Reanalysis",
                        source_field="reanalysis_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="parts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("number", fields.IntField()),
                ("first_patient_id", fields.UUIDField()),
                ("last_patient_id", fields.UUIDField()),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("series", fields.IntField(null=True)),
                ("readings", fields.IntField(null=True)),
                ("findings", fields.IntField(null=True)),
            ],
            options={
                "table": "reanalysis_part",
                "app": "cuore",
                "unique_together": (("reanalysis", "number"),),
                "pk_attr": "id",
                "table_description": "The patients from one id to another, analysed in one transaction.",
            },
            bases=["Model"],
        ),
        ops.AlterField(
            model_name="Event",
            name="kind",
            field=fields.CharEnumField(description=_described(EVENTS), enum_type=EventKind, max_length=32),
        ),
        ops.AlterField(
            model_name="OutboxItem",
            name="kind",
            field=fields.CharEnumField(description=_described(WORK), enum_type=WorkKind, max_length=32),
        ),
    ]
