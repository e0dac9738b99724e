"""Alerts: a rule's finding that a clinician handles, what became of it, and who was told when nobody took it."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import AlertAudience, AlertChange, AlertOutcome, AlertSeverity, AlertStatus
from domain.tables.people import Account, Organisation, Patient


class Alert(Model):
    """What rules found of one topic for one patient; repeats join it while it is not resolved."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="alerts", on_delete=fields.RESTRICT
    )
    # Rules of one topic, such as a pulse that is fast and one that is very fast, share one open alert.
    topic = fields.CharField(max_length=40)
    rule = fields.CharField(max_length=40)
    rule_version = fields.IntField()
    severity = fields.CharEnumField(AlertSeverity, max_length=16)
    # When it became as severe as it is; absent while it is as it was raised.
    severity_since = fields.DatetimeField(null=True)
    status = fields.CharEnumField(AlertStatus, max_length=16)
    title = fields.CharField(max_length=200)
    explanation = fields.TextField()
    raised_at = fields.DatetimeField()
    # When somebody first took notice of it.
    acknowledged_at = fields.DatetimeField(null=True)
    # From then on a repeat opens what was acknowledged.
    reminds_at = fields.DatetimeField(null=True)
    snoozed_until = fields.DatetimeField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(AlertOutcome, max_length=20, null=True)
    assignee: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="alerts", on_delete=fields.RESTRICT, null=True, db_index=True
    )
    version = fields.IntField()
    # Goes up each time that it is opened again: then it escalates from the first step on.
    opening = fields.IntField(db_default=1)
    # How many steps this opening has taken, and when the next one is due, while nobody has acknowledged it.
    escalation_step = fields.IntField(db_default=0)
    escalates_at = fields.DatetimeField(null=True)

    class Meta:
        table = "alert"
        indexes = (Index(fields=("patient_id", "raised_at", "id")),)


class AlertOccurrence(Model):
    """The reading at which an alert's rule held; one per alert and reading, with the worst that it was found to be."""

    id = fields.UUIDField(primary_key=True)
    alert: fields.ForeignKeyRelation[Alert] = fields.ForeignKeyField(
        "cuore.Alert", related_name="occurrences", on_delete=fields.RESTRICT
    )
    reading_id = fields.UUIDField()
    at = fields.DatetimeField()
    severity = fields.CharEnumField(AlertSeverity, max_length=16)

    class Meta:
        table = "alert_occurrence"
        unique_together = (("alert", "reading_id"),)


class AlertChanged(Model):
    """One change in the life of an alert: what it was from then on, who made it so and why; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    alert: fields.ForeignKeyRelation[Alert] = fields.ForeignKeyField(
        "cuore.Alert", related_name="changes", on_delete=fields.RESTRICT
    )
    change = fields.CharEnumField(AlertChange, max_length=16)
    version = fields.IntField()
    severity = fields.CharEnumField(AlertSeverity, max_length=16)
    status = fields.CharEnumField(AlertStatus, max_length=16)
    assignee: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="alert_changes", on_delete=fields.RESTRICT, null=True, db_index=True
    )
    snoozed_until = fields.DatetimeField(null=True)
    outcome = fields.CharEnumField(AlertOutcome, max_length=20, null=True)
    reason = fields.TextField(null=True)
    changed_at = fields.DatetimeField()
    # Absent where a rule or the clock did it.
    changed_by: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="made_alert_changes", on_delete=fields.RESTRICT, null=True, db_index=True
    )

    class Meta:
        table = "alert_change"
        unique_together = (("alert", "version", "change"),)


class AlertEscalation(Model):
    """One step that an opening of an alert took because nobody had acknowledged it; each once, only ever added to."""

    id = fields.UUIDField(primary_key=True)
    alert: fields.ForeignKeyRelation[Alert] = fields.ForeignKeyField(
        "cuore.Alert", related_name="escalations", on_delete=fields.RESTRICT
    )
    opening = fields.IntField()
    # 1 for the first of the set times; 0 where somebody handed it over.
    step = fields.IntField()
    severity = fields.CharEnumField(AlertSeverity, max_length=16)
    # Whom the step is for, and who was there to be told.
    audience = fields.CharEnumField(AlertAudience, max_length=16)
    told = fields.CharEnumField(AlertAudience, max_length=16)
    due_at = fields.DatetimeField()
    taken_at = fields.DatetimeField()

    class Meta:
        table = "alert_escalation"
        unique_together = (("alert", "opening", "step"),)


class AlertNotice(Model):
    """That one step tells one person."""

    id = fields.UUIDField(primary_key=True)
    escalation: fields.ForeignKeyRelation[AlertEscalation] = fields.ForeignKeyField(
        "cuore.AlertEscalation", related_name="notices", on_delete=fields.RESTRICT
    )
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="alert_notices", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "alert_notice"
        unique_together = (("escalation", "account"),)


class OnCallShift(Model):
    """When a clinician is on call for a clinic."""

    id = fields.UUIDField(primary_key=True)
    clinic: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "cuore.Organisation", related_name="on_call_shifts", on_delete=fields.RESTRICT
    )
    clinician: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="on_call_shifts", on_delete=fields.RESTRICT, db_index=True
    )
    client_id = fields.UUIDField()
    starts_at = fields.DatetimeField()
    # One that was called off ends when it was called off, or where it would have begun.
    ends_at = fields.DatetimeField()
    set_at = fields.DatetimeField()
    set_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="set_on_call_shifts", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "on_call_shift"
        unique_together = (("clinic", "client_id"),)
        indexes = (Index(fields=("clinic_id", "ends_at")),)


class RuleOverride(Model):
    """What differs of one rule for one patient, until the next version or its end; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="rule_overrides", on_delete=fields.RESTRICT
    )
    rule = fields.CharField(max_length=40)
    # 1 for the first of a rule; the highest one holds.
    version = fields.IntField()
    is_off = fields.BooleanField()
    # Another limit, in the rule's unit.
    bound = fields.FloatField(null=True)
    readings = fields.IntField(null=True)
    apart_minutes = fields.FloatField(null=True)
    quiet_days = fields.FloatField(null=True)
    reason = fields.TextField()
    set_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    set_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="rule_overrides", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "rule_override"
        unique_together = (("patient", "rule", "version"),)
