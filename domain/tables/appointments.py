"""When clinicians take appointments, the appointments, and where calendars read them."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import AppointmentKind, AppointmentStatus
from domain.tables.people import Account, Patient


class Availability(Model):
    """When a clinician takes appointments, until the next version; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    clinician: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="availabilities", on_delete=fields.RESTRICT
    )
    version = fields.IntField()
    time_zone = fields.CharField(max_length=64)
    # Wall-clock hours: [{weekday, begins, ends}].
    weekly: fields.Field[list[dict[str, str]]] = fields.JSONField()
    # Whole days: [{kind, first_day, last_day}].
    absences: fields.Field[list[dict[str, str]]] = fields.JSONField()
    kinds = ArrayField(element_type="text")
    slot_minutes = fields.IntField()
    buffer_minutes = fields.IntField()
    lead_minutes = fields.IntField()
    set_at = fields.DatetimeField()
    set_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="set_availabilities", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "availability"
        unique_together = (("clinician", "version"),)


class Appointment(Model):
    """A patient and a clinician at one time; PostgreSQL lets neither of them have two at once."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="appointments", on_delete=fields.RESTRICT
    )
    clinician: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="appointments", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField()
    kind = fields.CharEnumField(AppointmentKind, max_length=16)
    status = fields.CharEnumField(AppointmentStatus, max_length=16)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    # Until when the clinician is taken: the end and the buffer behind it.
    held_until = fields.DatetimeField()
    time_zone = fields.CharField(max_length=64)
    reason = fields.TextField(null=True)
    change_reason = fields.TextField(null=True)
    version = fields.IntField()

    class Meta:
        table = "appointment"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "starts_at", "id")),)


class AppointmentChange(Model):
    """What an appointment was from one version to the next, and who made it so; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    appointment: fields.ForeignKeyRelation[Appointment] = fields.ForeignKeyField(
        "cuore.Appointment", related_name="changes", on_delete=fields.RESTRICT
    )
    version = fields.IntField()
    status = fields.CharEnumField(AppointmentStatus, max_length=16)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    change_reason = fields.TextField(null=True)
    changed_at = fields.DatetimeField()
    changed_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="appointment_changes", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "appointment_change"
        unique_together = (("appointment", "version"),)


class CalendarFeed(Model):
    """An address under which calendars read a patient's appointments, until it is revoked."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="calendar_feeds", on_delete=fields.RESTRICT, db_index=True
    )
    # Kept as it is: the patient reads it again, and what it opens lies beside it.
    key = fields.CharField(max_length=64, unique=True)
    made_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar_feed"
