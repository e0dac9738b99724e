"""What the worklist needs to know ahead."""

from tortoise import fields
from tortoise.models import Model

from domain.tables.people import Patient


class MedicationLapse(Model):
    """That a patient's medicines are not taken as planned (ADH-PDC); counted some times a day, gone once they are."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="medication_lapses", on_delete=fields.RESTRICT
    )
    # Since when they are not.
    found_at = fields.DatetimeField()
    rule_version = fields.IntField()
    days = fields.IntField()
    covered = fields.IntField()
    days_before = fields.IntField()
    covered_before = fields.IntField()

    class Meta:
        table = "medication_lapse"
        unique_together = (("patient",),)
