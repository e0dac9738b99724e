"""Readings: what a patient measured, with where it came from."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import ReadingSource, VitalKind
from domain.tables.people import Patient


class Reading(Model):
    """One measurement in canonical units; blood pressure is one reading with three numbers."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="readings", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField()
    kind = fields.CharEnumField(VitalKind, max_length=24)
    measured_at = fields.DatetimeField()
    # The wall clock of the patient at that moment: minutes east of UTC, as the phone sent it.
    offset_minutes = fields.SmallIntField()
    received_at = fields.DatetimeField()
    source = fields.CharEnumField(ReadingSource, max_length=16)
    device = fields.CharField(max_length=100, null=True)
    # Systolic pressure for BLOOD_PRESSURE, else the quantity itself.
    value = fields.FloatField()
    diastolic = fields.FloatField(null=True)
    pulse = fields.FloatField(null=True)
    sent_value = fields.FloatField()
    sent_unit = fields.CharField(max_length=16)
    flags = ArrayField(element_type="text")

    class Meta:
        table = "reading"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "kind", "measured_at", "id")),)
