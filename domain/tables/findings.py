"""What the analysis of vitals found."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import FindingDirection, FindingKind, Measure
from domain.tables.people import Patient


class Finding(Model):
    """Something unusual that the analysis found in one series; its id is made of what it says.

    One that the readings do not show any more, because one of them was corrected or came late, is withdrawn.
    """

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="findings", on_delete=fields.RESTRICT
    )
    measure = fields.CharEnumField(Measure, max_length=40)
    kind = fields.CharEnumField(FindingKind, max_length=16)
    direction = fields.CharEnumField(FindingDirection, max_length=8)
    score = fields.FloatField()
    onset_at = fields.DatetimeField()
    # When the reading was measured that raised it, and which one that is.
    raised_at = fields.DatetimeField()
    reading_id = fields.UUIDField()
    observed = fields.FloatField()
    expected_low = fields.FloatField()
    expected_high = fields.FloatField()
    # Whether a change of medication accounts for it.
    is_explained = fields.BooleanField()
    method = fields.CharField(max_length=200)
    version = fields.CharField(max_length=200)
    # `domain.findings.Explanation` as JSON.
    explanation: fields.JSONField[dict[str, object]] = fields.JSONField()
    found_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "finding"
        indexes = (Index(fields=("patient_id", "raised_at", "id")),)
