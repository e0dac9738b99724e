"""Analyses of all patients anew, and how far they are."""

from tortoise import fields
from tortoise.models import Model


class Reanalysis(Model):
    """One analysis of all patients anew, part by part."""

    id = fields.UUIDField(primary_key=True)
    begun_at = fields.DatetimeField()
    stopped_at = fields.DatetimeField(null=True)
    # So many parts wait or are worked on at a time; the others have not been asked for yet.
    lanes = fields.IntField()

    class Meta:
        table = "reanalysis"


class ReanalysisPart(Model):
    """The patients from one id to another, analysed in one transaction."""

    id = fields.UUIDField(primary_key=True)
    reanalysis: fields.ForeignKeyRelation[Reanalysis] = fields.ForeignKeyField(
        "cuore.Reanalysis", related_name="parts", on_delete=fields.CASCADE
    )
    number = fields.IntField()
    first_patient_id = fields.UUIDField()
    last_patient_id = fields.UUIDField()
    done_at = fields.DatetimeField(null=True)
    series = fields.IntField(null=True)
    readings = fields.IntField(null=True)
    findings = fields.IntField(null=True)

    class Meta:
        table = "reanalysis_part"
        unique_together = (("reanalysis", "number"),)
