"""Limits of a patient's own, with who set them when."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.kinds import EventKind, Measure

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
    "ALERT_RAISED",
    "ALERT_REPEATED",
    "ALERT_ACKNOWLEDGED",
    "VITAL_LIMITS_SET",
)


def _described(values: tuple[str, ...]) -> str:
    return "\n".join(f"{value}: {value}" for value in values)


class Migration(migrations.Migration):
    dependencies = [("cuore", "0006_device_tokens")]
    initial = False
    operations = [
        ops.CreateModel(
            name="VitalLimit",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "cuore.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="vital_limits",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("measure", fields.CharEnumField(description=_described(MEASURES), enum_type=Measure, max_length=40)),
                ("low", fields.FloatField(null=True)),
                ("high", fields.FloatField(null=True)),
                ("version", fields.IntField()),
                ("set_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "set_by",
                    fields.ForeignKeyField(
                        "cuore.Account",
                        source_field="set_by_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="vital_limits",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "vital_limit",
                "app": "cuore",
                "unique_together": (("patient", "measure", "version"),),
                "pk_attr": "id",
                "table_description": "The limits of one measure of one patient, until the next version;"
                " only ever added to.",
            },
            bases=["Model"],
        ),
        ops.AlterField(
            model_name="Event",
            name="kind",
            field=fields.CharEnumField(description=_described(EVENTS), enum_type=EventKind, max_length=32),
        ),
    ]
