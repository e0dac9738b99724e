"""With what gateways sign in."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from domain.tables.people import Account, Patient


class DeviceToken(Model):
    """The secret with which one device account signs in, of which only the hash is kept.

    The account has the device's name, and its end is the token's: it is when the token was revoked.
    """

    id = fields.UUIDField(primary_key=True)
    account: fields.OneToOneRelation[Account] = fields.OneToOneField(
        "cuore.Account", related_name="device_token", on_delete=fields.RESTRICT
    )
    # As in the account; here it leads the keys.
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="device_tokens", on_delete=fields.RESTRICT
    )
    made_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="made_device_tokens", on_delete=fields.RESTRICT, db_index=True
    )
    client_id = fields.UUIDField()
    secret_sha256 = fields.CharField(max_length=64, unique=True)
    made_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    # To within some minutes.
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "device_token"
        unique_together = (("patient", "client_id"),)
        indexes = (Index(fields=("patient_id", "made_at", "id")),)
