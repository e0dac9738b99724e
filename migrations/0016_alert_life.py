"""What becomes of an alert once it is raised: who took it, who was told when nobody did, and who is on call."""

from enum import StrEnum
from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.kinds import AlertAudience, AlertChange, AlertOutcome, AlertSeverity, AlertStatus

SEVERITIES = "EMERGENCY URGENT REVIEW INFO"
STATUSES = "OPEN ACKNOWLEDGED SNOOZED RESOLVED"
CHANGES = "RAISED REPEATED ACKNOWLEDGED ASSIGNED SNOOZED REOPENED ESCALATED RESOLVED"
OUTCOMES = "ACTED_ON NO_ACTION_NEEDED FALSE_ALARM CONDITION_ENDED"
AUDIENCES = "RESPONSIBLE CARE_TEAM ON_CALL COORDINATORS"

# Before, each rule was a topic of its own; crises of the blood pressure are one now. And an occurrence was as severe as its alert.
FILL = """
UPDATE alert SET topic = CASE rule WHEN 'BP-CRISIS-3' THEN 'BP-CRISIS' ELSE rule END;
UPDATE alert_occurrence SET severity = alert.severity FROM alert WHERE alert.id = alert_occurrence.alert_id;
"""
WALLS = """
DROP INDEX alert_one_open;
CREATE UNIQUE INDEX alert_one_open ON alert (patient_id, topic) WHERE status <> 'RESOLVED';
CREATE INDEX alert_snoozed ON alert (snoozed_until) WHERE status = 'SNOOZED';
CREATE INDEX alert_escalating ON alert (escalates_at) WHERE escalates_at IS NOT NULL;
CREATE TRIGGER alert_change_append_only BEFORE UPDATE OR DELETE ON alert_change
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alert_escalation_append_only BEFORE UPDATE OR DELETE ON alert_escalation
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_override_append_only BEFORE UPDATE OR DELETE ON rule_override
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
NO_WALLS = """
DROP TRIGGER rule_override_append_only ON rule_override;
DROP TRIGGER alert_escalation_append_only ON alert_escalation;
DROP TRIGGER alert_change_append_only ON alert_change;
DROP INDEX alert_escalating; DROP INDEX alert_snoozed; DROP INDEX alert_one_open;
CREATE UNIQUE INDEX alert_one_open ON alert (patient_id, rule) WHERE status <> 'RESOLVED';
"""


def _one_of(values: str, kind: type[StrEnum], length: int, *, null: bool = False) -> Any:
    described = "\n".join(f"{value}: {value}" for value in values.split())
    return fields.CharEnumField(kind, description=described, max_length=length, null=null)


def _to(model: str, column: str, related_name: str, *, index: bool = False, null: bool = False) -> Any:
    more: dict[str, Any] = {"db_index": True} if index else {}
    if null:
        more["null"] = True
    return fields.ForeignKeyField(
        f"cuore.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **more,
    )


def _moment(*, null: bool = False) -> Any:
    return fields.DatetimeField(null=null, auto_now=False, auto_now_add=False)


def _id() -> Any:
    return fields.UUIDField(primary_key=True, unique=True, db_index=True)


NEW: dict[str, Any] = {
    "topic": fields.CharField(max_length=40, null=True),
    "severity_since": _moment(null=True),
    "reminds_at": _moment(null=True),
    "resolved_at": _moment(null=True),
    "outcome": _one_of(OUTCOMES, AlertOutcome, 20, null=True),
    "opening": fields.IntField(db_default=1),
    "escalation_step": fields.IntField(db_default=0),
    "escalates_at": _moment(null=True),
}

DESCRIBED = {
    "Alert": "What rules found of one topic for one patient; repeats join it while it is not resolved.",
    "AlertOccurrence": "The reading at which an alert's rule held; one per alert and reading, with the worst that it was"
    " found to be.",
}


class Migration(migrations.Migration):
    dependencies = [("cuore", "0015_reminders")]
    initial = False
    operations = [
        *(ops.AddField(model_name="Alert", name=name, field=field) for name, field in NEW.items()),
        ops.AddField(
            model_name="AlertOccurrence", name="severity", field=_one_of(SEVERITIES, AlertSeverity, 16, null=True)
        ),
        ops.RunSQL(FILL, ops.RunSQL.noop),
        ops.AlterField(model_name="Alert", name="topic", field=fields.CharField(max_length=40)),
        ops.AlterField(model_name="AlertOccurrence", name="severity", field=_one_of(SEVERITIES, AlertSeverity, 16)),
        *(
            ops.AlterModelOptions(name=name, options={"pk_attr": "id", "table_description": described})
            for name, described in DESCRIBED.items()
        ),
        ops.CreateModel(
            name="AlertChanged",
            fields=[
                ("id", _id()),
                ("alert", _to("Alert", "alert_id", "changes")),
                ("change", _one_of(CHANGES, AlertChange, 16)),
                ("version", fields.IntField()),
                ("severity", _one_of(SEVERITIES, AlertSeverity, 16)),
                ("status", _one_of(STATUSES, AlertStatus, 16)),
                ("assignee", _to("Account", "assignee_id", "alert_changes", index=True, null=True)),
                ("snoozed_until", _moment(null=True)),
                ("outcome", _one_of(OUTCOMES, AlertOutcome, 20, null=True)),
                ("reason", fields.TextField(null=True)),
                ("changed_at", _moment()),
                ("changed_by", _to("Account", "changed_by_id", "made_alert_changes", index=True, null=True)),
            ],
            options={
                "table": "alert_change",
                "app": "cuore",
                "unique_together": (("alert", "version", "change"),),
                "pk_attr": "id",
                "table_description": "One change in the life of an alert: what it was from then on, who made it so and"
                " why; only ever added to.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AlertEscalation",
            fields=[
                ("id", _id()),
                ("alert", _to("Alert", "alert_id", "escalations")),
                ("opening", fields.IntField()),
                ("step", fields.IntField()),
                ("severity", _one_of(SEVERITIES, AlertSeverity, 16)),
                ("audience", _one_of(AUDIENCES, AlertAudience, 16)),
                ("told", _one_of(AUDIENCES, AlertAudience, 16)),
                ("due_at", _moment()),
                ("taken_at", _moment()),
            ],
            options={
                "table": "alert_escalation",
                "app": "cuore",
                "unique_together": (("alert", "opening", "step"),),
                "pk_attr": "id",
                "table_description": "One step that an opening of an alert took because nobody had acknowledged it;"
                " each once, only ever added to.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AlertNotice",
            fields=[
                ("id", _id()),
                ("escalation", _to("AlertEscalation", "escalation_id", "notices")),
                ("account", _to("Account", "account_id", "alert_notices", index=True)),
            ],
            options={
                "table": "alert_notice",
                "app": "cuore",
                "unique_together": (("escalation", "account"),),
                "pk_attr": "id",
                "table_description": "That one step tells one person.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OnCallShift",
            fields=[
                ("id", _id()),
                ("clinic", _to("Organisation", "clinic_id", "on_call_shifts")),
                ("clinician", _to("Account", "clinician_id", "on_call_shifts", index=True)),
                ("client_id", fields.UUIDField()),
                ("starts_at", _moment()),
                ("ends_at", _moment()),
                ("set_at", _moment()),
                ("set_by", _to("Account", "set_by_id", "set_on_call_shifts", index=True)),
            ],
            options={
                "table": "on_call_shift",
                "app": "cuore",
                "unique_together": (("clinic", "client_id"),),
                "indexes": [Index(fields=["clinic_id", "ends_at"])],
                "pk_attr": "id",
                "table_description": "When a clinician is on call for a clinic.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RuleOverride",
            fields=[
                ("id", _id()),
                ("patient", _to("Patient", "patient_id", "rule_overrides")),
                ("rule", fields.CharField(max_length=40)),
                ("version", fields.IntField()),
                ("is_off", fields.BooleanField()),
                ("bound", fields.FloatField(null=True)),
                ("readings", fields.IntField(null=True)),
                ("apart_minutes", fields.FloatField(null=True)),
                ("quiet_days", fields.FloatField(null=True)),
                ("reason", fields.TextField()),
                ("set_at", _moment()),
                ("expires_at", _moment()),
                ("set_by", _to("Account", "set_by_id", "rule_overrides", index=True)),
            ],
            options={
                "table": "rule_override",
                "app": "cuore",
                "unique_together": (("patient", "rule", "version"),),
                "pk_attr": "id",
                "table_description": "What differs of one rule for one patient, until the next version or its end; only"
                " ever added to.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(WALLS, NO_WALLS),
    ]
