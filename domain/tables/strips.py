"""ECG strips: the row beside the bytes in the object store."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import StripFormat, StripStatus
from domain.tables.people import Patient


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

    class Meta:
        table = "ecg_strip"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "recorded_at", "id")),)
