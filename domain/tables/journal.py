"""What happened: audit entries for people, events for feeds. Both are only ever added to."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import EventKind, Role


class AuditEntry(Model):
    """Who did or read what of whom, written in the transaction of the deed itself."""

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    actor_id = fields.UUIDField(null=True)
    role = fields.CharEnumField(Role, max_length=16, null=True)
    action = fields.CharField(max_length=60)
    patient_id = fields.UUIDField(null=True)
    subject_id = fields.UUIDField(null=True)

    class Meta:
        table = "audit_entry"
        indexes = (Index(fields=("patient_id", "at")),)


class Event(Model):
    """Something a feed tells; the migration adds `transaction_id xid8`, the cursor's first half."""

    id = fields.BigIntField(primary_key=True, generated=True)
    at = fields.DatetimeField()
    kind = fields.CharEnumField(EventKind, max_length=32)
    patient_id = fields.UUIDField()
    subject_id = fields.UUIDField()

    class Meta:
        table = "event"
