"""When clinicians take appointments, the appointments, and where calendars read them."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import AppointmentKind, AppointmentStatus, VisitOutcome, WishStatus
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
    # From UTC to the wall clock of the zone at the begin, as it was when this was promised.
    offset_minutes = fields.SmallIntField()
    reason = fields.TextField(null=True)
    change_reason = fields.TextField(null=True)
    # Of a slot that is or was offered: for which wish, and until when it is held.
    wish: fields.ForeignKeyNullableRelation["WaitingWish"] = fields.ForeignKeyField(
        "cuore.WaitingWish", related_name="offers", null=True, on_delete=fields.RESTRICT
    )
    offer_ends_at = fields.DatetimeField(null=True)
    version = fields.IntField()

    class Meta:
        table = "appointment"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "starts_at", "id")),)


class WaitingWish(Model):
    """Which appointment a patient would take if it came free; the longest waiting is asked first."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="waiting_wishes", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField()
    clinician: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="waiting_wishes", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    kind = fields.CharEnumField(AppointmentKind, max_length=16)
    since = fields.DatetimeField()
    until = fields.DatetimeField()
    # The later appointment that is called off when an earlier one is found.
    instead_of: fields.ForeignKeyNullableRelation[Appointment] = fields.ForeignKeyField(
        "cuore.Appointment", related_name="earlier_wishes", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    status = fields.CharEnumField(WishStatus, max_length=16)
    asked_at = fields.DatetimeField()
    asked_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="asked_wishes", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "waiting_wish"
        unique_together = (("patient", "client_id"),)


class CallPresence(Model):
    """That one of the two was in the video call, from when until when."""

    id = fields.UUIDField(primary_key=True)
    appointment: fields.ForeignKeyRelation[Appointment] = fields.ForeignKeyField(
        "cuore.Appointment", related_name="call_presences", on_delete=fields.RESTRICT, db_index=True
    )
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="call_presences", on_delete=fields.RESTRICT, db_index=True
    )
    entered_at = fields.DatetimeField()
    left_at = fields.DatetimeField(null=True)

    class Meta:
        table = "call_presence"


class VisitNote(Model):
    """What a clinician wrote of a visit, until the next version; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    appointment: fields.ForeignKeyRelation[Appointment] = fields.ForeignKeyField(
        "cuore.Appointment", related_name="visit_notes", on_delete=fields.RESTRICT
    )
    version = fields.IntField()
    client_id = fields.UUIDField()
    outcome = fields.CharEnumField(VisitOutcome, max_length=16)
    text = fields.TextField()
    # What was changed in the patient's medication on account of the visit: ids of vital_event.
    medication_change_ids = ArrayField(element_type="uuid")
    written_at = fields.DatetimeField()
    written_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="visit_notes", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "visit_note"
        unique_together = (("appointment", "version"), ("appointment", "client_id"))


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
    # Nobody where a zone's law changed.
    changed_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="appointment_changes", null=True, on_delete=fields.RESTRICT, db_index=True
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
