"""What the analysis says of a strip in full, where its signal lies, and what clinicians read in it."""

from enum import StrEnum
from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.kinds import (
    Agreement,
    EventKind,
    RhythmLabel,
    StripFinding,
    StripFormat,
    StripStatus,
    StripUsability,
    WorkKind,
)

FORMATS = "JSON CSV WFDB EDF DICOM ALIVECOR_ATC HL7_AECG"
STATUSES = "UPLOADING RECEIVED ANALYSED UNREADABLE IN_REVIEW REVIEWED AMENDED"
USABILITIES = "GOOD USABLE_FOR_RHYTHM USABLE_FOR_RATE UNUSABLE"
LABELS = "FIBRILLATION_SUSPECTED NO_FIBRILLATION_FOUND INCONCLUSIVE"
FINDINGS = (
    "SINUS_RHYTHM SINUS_BRADYCARDIA SINUS_TACHYCARDIA SINUS_ARRHYTHMIA ATRIAL_FIBRILLATION ATRIAL_FLUTTER"
    " SUPRAVENTRICULAR_ECTOPY SUPRAVENTRICULAR_TACHYCARDIA VENTRICULAR_ECTOPY VENTRICULAR_TACHYCARDIA"
    " FIRST_DEGREE_BLOCK SECOND_DEGREE_BLOCK COMPLETE_BLOCK PACED_RHYTHM LONG_QT OTHER_ABNORMALITY NOT_INTERPRETABLE"
)
AGREEMENTS = "AGREES DISAGREES NOT_COMPARABLE"
EVENTS = (
    "READINGS_RECORDED STRIP_RECEIVED STRIP_ANALYSED STRIP_UNREADABLE STRIP_IN_REVIEW STRIP_REVIEWED STRIP_AMENDED"
    " ALERT_RAISED ALERT_REPEATED ALERT_ACKNOWLEDGED VITAL_LIMITS_SET DEVICE_TOKEN_CREATED DEVICE_TOKEN_REVOKED"
)
WORK = "ANALYSE_VITALS ANALYSE_STRIP FORGET_STRIP_ORIGINAL"


def _one_of(values: str, kind: type[StrEnum], length: int, *, null: bool = False) -> Any:
    described = "\n".join(f"{value}: {value}" for value in values.split())
    return fields.CharEnumField(kind, description=described, max_length=length, null=null)


NEW: dict[str, Any] = {
    "version": fields.IntField(db_default=1),
    "original_key": fields.CharField(max_length=200, null=True),
    "raw_sha256": fields.CharField(max_length=64, null=True),
    "signal_key": fields.CharField(max_length=200, null=True),
    "signal_sha256": fields.CharField(max_length=64, null=True),
    "signal_step_microvolts": fields.FloatField(null=True),
    "beat_kinds": ArrayField(element_type="text", null=True),
    "quality_usability": _one_of(USABILITIES, StripUsability, 20, null=True),
    "quality_score": fields.FloatField(null=True),
    "quality_reasons": ArrayField(element_type="text", null=True),
    "rhythm_label": _one_of(LABELS, RhythmLabel, 24, null=True),
    "rhythm_confidence": fields.FloatField(null=True),
    "rhythm_method": fields.CharField(max_length=100, null=True),
    "rhythm_version": fields.CharField(max_length=40, null=True),
    "rate_findings": ArrayField(element_type="text", null=True),
    "rmssd_milliseconds": fields.FloatField(null=True),
    "sdnn_milliseconds": fields.FloatField(null=True),
    "pnn50": fields.FloatField(null=True),
    "details": fields.JSONField[object](null=True),
    "analysis_method": fields.CharField(max_length=100, null=True),
    "analysis_version": fields.CharField(max_length=40, null=True),
    "reviewer": fields.ForeignKeyField(
        "cuore.Account",
        source_field="reviewer_id",
        null=True,
        db_index=True,
        db_constraint=True,
        to_field="id",
        related_name="strips_in_review",
        on_delete=OnDelete.RESTRICT,
    ),
}


class Migration(migrations.Migration):
    dependencies = [("cuore", "0009_slimmer_readings")]
    initial = False
    operations = [
        ops.AlterField(model_name="EcgStrip", name="format", field=_one_of(FORMATS, StripFormat, 16)),
        ops.AlterField(model_name="EcgStrip", name="status", field=_one_of(STATUSES, StripStatus, 16)),
        *(ops.AddField(model_name="EcgStrip", name=name, field=field) for name, field in NEW.items()),
        ops.CreateModel(
            name="StripReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "strip",
                    fields.ForeignKeyField(
                        "cuore.EcgStrip",
                        source_field="strip_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("client_id", fields.UUIDField(null=True)),
                ("finding", _one_of(FINDINGS, StripFinding, 40)),
                ("note", fields.TextField(null=True)),
                ("reviewed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "clinician",
                    fields.ForeignKeyField(
                        "cuore.Account",
                        source_field="clinician_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="strip_reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("rhythm_label", _one_of(LABELS, RhythmLabel, 24, null=True)),
                ("rhythm_version", fields.CharField(max_length=40, null=True)),
                ("agreement", _one_of(AGREEMENTS, Agreement, 16)),
            ],
            options={
                "table": "strip_review",
                "app": "cuore",
                "unique_together": (("strip", "number"), ("strip", "client_id")),
                "pk_attr": "id",
                "table_description": "What a clinician read in a strip, beside what the analysis said then;"
                " only ever added to.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "CREATE TRIGGER strip_review_append_only BEFORE UPDATE OR DELETE ON strip_review"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change();",
            "DROP TRIGGER strip_review_append_only ON strip_review;",
        ),
        ops.AlterField(model_name="Event", name="kind", field=_one_of(EVENTS, EventKind, 32)),
        ops.AlterField(model_name="OutboxItem", name="kind", field=_one_of(WORK, WorkKind, 32)),
    ]
