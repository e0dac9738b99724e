"""Tokens with which the gateways of patients' devices sign in."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("cuore", "0005_blood_pressure_scheme")]
    initial = False
    operations = [
        ops.CreateModel(
            name="DeviceToken",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "account",
                    fields.OneToOneField(
                        "cuore.Account",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="device_token",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "cuore.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="device_tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "made_by",
                    fields.ForeignKeyField(
                        "cuore.Account",
                        source_field="made_by_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="made_device_tokens",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("client_id", fields.UUIDField()),
                ("secret_sha256", fields.CharField(unique=True, max_length=64)),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "device_token",
                "app": "cuore",
                "unique_together": (("patient", "client_id"),),
                "indexes": [Index(fields=["patient_id", "made_at", "id"])],
                "pk_attr": "id",
                "table_description": "The secret with which one device account signs in, of which only the hash is kept.",
            },
            bases=["Model"],
        ),
    ]
