"""ECG strips: the row beside the bytes in the object store."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import Agreement, RhythmLabel, StripFinding, StripFormat, StripStatus, StripUsability
from domain.tables.people import Account, Patient


class EcgStrip(Model):
    """One recording: its ticket, its untouched bytes, and what the analysis found."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="ecg_strips", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField(null=True)
    status = fields.CharEnumField(StripStatus, max_length=16)
    recorded_at = fields.DatetimeField()
    offset_minutes = fields.SmallIntField()
    created_at = fields.DatetimeField()
    received_at = fields.DatetimeField(null=True)
    format = fields.CharEnumField(StripFormat, max_length=16)
    device = fields.CharField(max_length=100, null=True)
    symptoms = ArrayField(element_type="text")
    size_bytes = fields.IntField()
    sha256 = fields.CharField(max_length=64)
    raw_key = fields.CharField(max_length=200, null=True)
    svg_key = fields.CharField(max_length=200, null=True)
    png_key = fields.CharField(max_length=200, null=True)
    unreadable_code = fields.CharField(max_length=40, null=True)
    unreadable_reason = fields.CharField(max_length=300, null=True)
    sample_rate_hertz = fields.FloatField(null=True)
    duration_seconds = fields.FloatField(null=True)
    leads = ArrayField(element_type="text", null=True)
    beat_seconds = ArrayField(element_type="double precision", null=True)
    heart_rate_mean = fields.FloatField(null=True)
    heart_rate_minimum = fields.FloatField(null=True)
    heart_rate_maximum = fields.FloatField(null=True)
    version = fields.IntField(db_default=1)
    # Bytes that were replaced by those without personal lines; a worker deletes them.
    original_key = fields.CharField(max_length=200, null=True)
    raw_sha256 = fields.CharField(max_length=64, null=True)
    signal_key = fields.CharField(max_length=200, null=True)
    signal_sha256 = fields.CharField(max_length=64, null=True)
    signal_step_microvolts = fields.FloatField(null=True)
    beat_kinds = ArrayField(element_type="text", null=True)
    quality_usability = fields.CharEnumField(StripUsability, max_length=20, null=True)
    quality_score = fields.FloatField(null=True)
    quality_reasons = ArrayField(element_type="text", null=True)
    rhythm_label = fields.CharEnumField(RhythmLabel, max_length=24, null=True)
    rhythm_confidence = fields.FloatField(null=True)
    rhythm_method = fields.CharField(max_length=100, null=True)
    rhythm_version = fields.CharField(max_length=40, null=True)
    rate_findings = ArrayField(element_type="text", null=True)
    rmssd_milliseconds = fields.FloatField(null=True)
    sdnn_milliseconds = fields.FloatField(null=True)
    pnn50 = fields.FloatField(null=True)
    # Disturbances with their times, the numbers behind the rhythm, and intervals with their uncertainty.
    details: fields.Field[dict[str, object]] = fields.JSONField(null=True)
    analysis_method = fields.CharField(max_length=100, null=True)
    analysis_version = fields.CharField(max_length=40, null=True)
    reviewer: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="strips_in_review", on_delete=fields.RESTRICT, null=True, db_index=True
    )

    class Meta:
        table = "ecg_strip"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "recorded_at", "id")),)


class StripReview(Model):
    """What a clinician read in a strip, beside what the analysis said then; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    strip: fields.ForeignKeyRelation[EcgStrip] = fields.ForeignKeyField(
        "cuore.EcgStrip", related_name="reviews", on_delete=fields.RESTRICT
    )
    number = fields.IntField()
    client_id = fields.UUIDField(null=True)
    finding = fields.CharEnumField(StripFinding, max_length=40)
    note = fields.TextField(null=True)
    reviewed_at = fields.DatetimeField()
    clinician: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="strip_reviews", on_delete=fields.RESTRICT, db_index=True
    )
    rhythm_label = fields.CharEnumField(RhythmLabel, max_length=24, null=True)
    rhythm_version = fields.CharField(max_length=40, null=True)
    agreement = fields.CharEnumField(Agreement, max_length=16)

    class Meta:
        table = "strip_review"
        unique_together = (("strip", "number"), ("strip", "client_id"))
