"""Addresses under which calendars read a patient's appointments."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0012_appointments")]
    initial = False
    operations = [
        ops.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "cuore.Patient",
                        source_field="patient_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="calendar_feeds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("key", fields.CharField(max_length=64, unique=True)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "calendar_feed",
                "app": "cuore",
                "pk_attr": "id",
                "table_description": "An address under which calendars read a patient's appointments, until it is"
                " revoked.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX calendar_feed_one ON calendar_feed (patient_id) WHERE revoked_at IS NULL;",
            "DROP INDEX calendar_feed_one;",
        ),
    ]
