"""What may change a patient's vitals."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import VitalEventKind
from domain.tables.people import Account, Patient


class VitalEvent(Model):
    """Something that may change a patient's vitals, such as another dose; only ever added to."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="vital_events", on_delete=fields.RESTRICT
    )
    client_id = fields.UUIDField()
    kind = fields.CharEnumField(VitalEventKind, max_length=32)
    at = fields.DatetimeField()
    label = fields.CharField(max_length=100)
    recorded_at = fields.DatetimeField()
    recorded_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="vital_events", on_delete=fields.RESTRICT, db_index=True
    )

    class Meta:
        table = "vital_event"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "at", "id")),)
