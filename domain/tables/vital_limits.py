"""Limits of a patient's own: the history of what clinicians have set."""

from tortoise import fields
from tortoise.models import Model

from domain.kinds import Measure
from domain.tables.people import Account, Patient


class VitalLimit(Model):
    """The limits of one measure of one patient, until the next version; only ever added to.

    Without any bound the clinic's defaults hold again.
    """

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="vital_limits", on_delete=fields.RESTRICT
    )
    measure = fields.CharEnumField(Measure, max_length=40)
    low = fields.FloatField(null=True)
    high = fields.FloatField(null=True)
    # 1 for the first of a measure; the highest one holds.
    version = fields.IntField()
    set_at = fields.DatetimeField()
    set_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="vital_limits", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "vital_limit"
        unique_together = (("patient", "measure", "version"),)
