"""When clinicians take appointments, the appointments, and how they came to be as they are."""

from enum import StrEnum
from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.kinds import AppointmentKind, AppointmentStatus, EventKind

KINDS = "VIDEO PHONE IN_PERSON"
STATUSES = "BOOKED CONFIRMED CHECKED_IN IN_PROGRESS COMPLETED CANCELLED NO_SHOW"
EVENTS = (
    "READINGS_RECORDED STRIP_RECEIVED STRIP_ANALYSED STRIP_UNREADABLE STRIP_IN_REVIEW STRIP_REVIEWED STRIP_AMENDED"
    " ALERT_RAISED ALERT_REPEATED ALERT_ACKNOWLEDGED VITAL_LIMITS_SET DEVICE_TOKEN_CREATED DEVICE_TOKEN_REVOKED"
    " MEDICATION_CHANGED APPOINTMENT_BOOKED APPOINTMENT_RESCHEDULED APPOINTMENT_CANCELLED APPOINTMENT_STATUS_CHANGED"
)

# The database decides who was first: neither a clinician nor a patient is at two appointments at once.
WALLS = """
ALTER TABLE appointment ADD CONSTRAINT appointment_ends_after_start CHECK (starts_at < ends_at AND ends_at <= held_until);
ALTER TABLE appointment ADD CONSTRAINT appointment_one_of_clinician
  EXCLUDE USING gist (clinician_id WITH =, tstzrange(starts_at, held_until) WITH &&)
  WHERE (status NOT IN ('CANCELLED', 'NO_SHOW'));
ALTER TABLE appointment ADD CONSTRAINT appointment_one_of_patient
  EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
  WHERE (status NOT IN ('CANCELLED', 'NO_SHOW'));
CREATE TRIGGER appointment_change_append_only BEFORE UPDATE OR DELETE ON appointment_change
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER availability_append_only BEFORE UPDATE OR DELETE ON availability
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
NO_WALLS = """
DROP TRIGGER availability_append_only ON availability;
DROP TRIGGER appointment_change_append_only ON appointment_change;
ALTER TABLE appointment DROP CONSTRAINT appointment_one_of_patient;
ALTER TABLE appointment DROP CONSTRAINT appointment_one_of_clinician;
ALTER TABLE appointment DROP CONSTRAINT appointment_ends_after_start;
"""


def _one_of(values: str, kind: type[StrEnum], length: int) -> Any:
    described = "\n".join(f"{value}: {value}" for value in values.split())
    return fields.CharEnumField(kind, description=described, max_length=length)


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
    dependencies = [("cuore", "0011_findings")]
    initial = False
    operations = [
        ops.CreateModel(
            name="Availability",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("clinician", _to("Account", "clinician_id", "availabilities")),
                ("version", fields.IntField()),
                ("time_zone", fields.CharField(max_length=64)),
                ("weekly", fields.JSONField()),
                ("absences", fields.JSONField()),
                ("kinds", ArrayField(element_type="text")),
                ("slot_minutes", fields.IntField()),
                ("buffer_minutes", fields.IntField()),
                ("lead_minutes", fields.IntField()),
                ("set_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("set_by", _to("Account", "set_by_id", "set_availabilities", index=True)),
            ],
            options={
                "table": "availability",
                "app": "cuore",
                "unique_together": (("clinician", "version"),),
                "pk_attr": "id",
                "table_description": "When a clinician takes appointments, until the next version; only ever added to.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Appointment",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("patient", _to("Patient", "patient_id", "appointments")),
                ("clinician", _to("Account", "clinician_id", "appointments")),
                ("client_id", fields.UUIDField()),
                ("kind", _one_of(KINDS, AppointmentKind, 16)),
                ("status", _one_of(STATUSES, AppointmentStatus, 16)),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("held_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("time_zone", fields.CharField(max_length=64)),
                ("reason", fields.TextField(null=True)),
                ("change_reason", fields.TextField(null=True)),
                ("version", fields.IntField()),
            ],
            options={
                "table": "appointment",
                "app": "cuore",
                "unique_together": (("patient", "client_id"),),
                "indexes": [Index(fields=["patient_id", "starts_at", "id"])],
                "pk_attr": "id",
                "table_description": "A patient and a clinician at one time; PostgreSQL lets neither of them have two"
                " at once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AppointmentChange",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("appointment", _to("Appointment", "appointment_id", "changes")),
                ("version", fields.IntField()),
                ("status", _one_of(STATUSES, AppointmentStatus, 16)),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("change_reason", fields.TextField(null=True)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_by", _to("Account", "changed_by_id", "appointment_changes", index=True)),
            ],
            options={
                "table": "appointment_change",
                "app": "cuore",
                "unique_together": (("appointment", "version"),),
                "pk_attr": "id",
                "table_description": "What an appointment was from one version to the next, and who made it so; only"
                " ever added to.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(WALLS, NO_WALLS),
        ops.AlterField(model_name="Event", name="kind", field=_one_of(EVENTS, EventKind, 32)),
    ]
