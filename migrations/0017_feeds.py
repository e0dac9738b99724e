"""What feeds and the worklist need: the events of one patient, and those of alerts, each in the order of cursors."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0016_alert_life")]
    initial = False
    operations = [
        ops.CreateModel(
            name="MedicationLapse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "cuore.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="medication_lapses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("found_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("rule_version", fields.IntField()),
                ("days", fields.IntField()),
                ("covered", fields.IntField()),
                ("days_before", fields.IntField()),
                ("covered_before", fields.IntField()),
            ],
            options={
                "table": "medication_lapse",
                "app": "cuore",
                "unique_together": (("patient",),),
                "pk_attr": "id",
                "table_description": "That a patient's medicines are not taken as planned (ADH-PDC); counted some times a day, gone"
                " once they are.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "CREATE INDEX event_of_patient ON event (patient_id, transaction_id, id);"
            "CREATE INDEX event_of_alerts ON event (transaction_id, id) WHERE kind LIKE 'ALERT%';",
            "DROP INDEX event_of_alerts; DROP INDEX event_of_patient;",
        ),
    ]
