"""Alerts: a rule's finding that a clinician handles."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import AlertSeverity, AlertStatus
from domain.tables.people import Account, Patient


class Alert(Model):
    """One finding of one rule for one patient; repeats join it while it is not resolved."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="alerts", on_delete=fields.RESTRICT
    )
    rule = fields.CharField(max_length=40)
    rule_version = fields.IntField()
    severity = fields.CharEnumField(AlertSeverity, max_length=16)
    status = fields.CharEnumField(AlertStatus, max_length=16)
    title = fields.CharField(max_length=200)
    explanation = fields.TextField()
    raised_at = fields.DatetimeField()
    acknowledged_at = fields.DatetimeField(null=True)
    snoozed_until = fields.DatetimeField(null=True)
    assignee: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="alerts", on_delete=fields.RESTRICT, null=True, db_index=True
    )
    version = fields.IntField()

    class Meta:
        table = "alert"
        indexes = (Index(fields=("patient_id", "raised_at", "id")),)


class AlertOccurrence(Model):
    """The reading at which an alert's rule held; one per alert and reading."""

    id = fields.UUIDField(primary_key=True)
    alert: fields.ForeignKeyRelation[Alert] = fields.ForeignKeyField(
        "cuore.Alert", related_name="occurrences", on_delete=fields.RESTRICT
    )
    reading_id = fields.UUIDField()
    at = fields.DatetimeField()

    class Meta:
        table = "alert_occurrence"
        unique_together = (("alert", "reading_id"),)
