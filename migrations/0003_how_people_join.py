"""Activation codes, their wrong tries, and care relations that cannot overlap."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("cuore", "0002_what_models_cannot_say")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ActivationCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "cuore.Patient",
                        source_field="patient_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="activation_codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "cuore.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="activation_codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "issued_by",
                    fields.ForeignKeyField(
                        "cuore.Account",
                        source_field="issued_by_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="issued_codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("client_id", fields.UUIDField()),
                ("is_invitation", fields.BooleanField()),
                ("code_sha256", fields.CharField(unique=True, max_length=64)),
                ("issued_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "cuore.Account",
                        source_field="account_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="used_codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "activation_code",
                "app": "cuore",
                "unique_together": (("organisation", "client_id"),),
                "pk_attr": "id",
                "table_description": "A single-use code with which a person takes over a patient record; the code itself is not kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ActivationTry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("issuer", fields.CharField(max_length=300)),
                ("subject", fields.CharField(max_length=200)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "activation_try",
                "app": "cuore",
                "indexes": [Index(fields=["issuer", "subject", "at"])],
                "pk_attr": "id",
                "table_description": "A wrong code that someone without an account sent, or one that is being checked right now.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="CareRelation",
            name="client_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddConstraint(
            model_name="CareRelation",
            constraint=UniqueConstraint(fields=("patient", "client_id"), name=None),
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX activation_code_one_open ON activation_code (patient_id)"
            " WHERE revoked_at IS NULL AND used_at IS NULL;",
            "DROP INDEX activation_code_one_open;",
        ),
        ops.RunSQL(
            # Two stays of one clinician in one care team never overlap; this says more than the index before it.
            "CREATE EXTENSION IF NOT EXISTS btree_gist;"
            "ALTER TABLE care_relation ADD CONSTRAINT care_relation_no_overlap EXCLUDE USING gist"
            " (patient_id WITH =, clinician_id WITH =, tstzrange(starts_at, ends_at) WITH &&);"
            "DROP INDEX care_relation_once;",
            "CREATE UNIQUE INDEX care_relation_once ON care_relation (patient_id, clinician_id)"
            " WHERE ends_at IS NULL;"
            "ALTER TABLE care_relation DROP CONSTRAINT care_relation_no_overlap;",
        ),
    ]
