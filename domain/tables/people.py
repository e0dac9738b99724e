"""Organisations, the people in them, and who cares for whom."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.indexes import Index
from tortoise.models import Model

from domain.kinds import BloodPressureScheme, OrganisationKind, Role


class Organisation(Model):
    """A clinic that treats, or an insurer that issues activation codes."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(OrganisationKind, max_length=16)
    name = fields.CharField(max_length=200)
    blood_pressure_scheme = fields.CharEnumField(
        BloodPressureScheme, max_length=16, default=BloodPressureScheme.ESC_2024, db_default="ESC_2024"
    )

    class Meta:
        table = "organisation"


class Patient(Model):
    """A person whose heart is looked after by one clinic."""

    id = fields.UUIDField(primary_key=True)
    clinic: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "cuore.Organisation", related_name="patients", on_delete=fields.RESTRICT, db_index=True
    )
    display_name = fields.CharField(max_length=200)
    birth_date = fields.DateField()
    time_zone = fields.CharField(max_length=64)
    locale = fields.CharField(max_length=16)
    conditions = ArrayField(element_type="text")
    created_at = fields.DatetimeField()

    class Meta:
        table = "patient"
        indexes = (Index(fields=("clinic_id", "display_name", "id")),)


class Account(Model):
    """Someone, or a device, that signs in: one issuer and subject, one role."""

    id = fields.UUIDField(primary_key=True)
    issuer = fields.CharField(max_length=300)
    subject = fields.CharField(max_length=200)
    role = fields.CharEnumField(Role, max_length=16)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "cuore.Organisation", related_name="accounts", on_delete=fields.RESTRICT, db_index=True
    )
    # The record of a PATIENT, or the one patient for whom a DEVICE records.
    patient: fields.ForeignKeyNullableRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="accounts", on_delete=fields.RESTRICT, null=True, db_index=True
    )
    display_name = fields.CharField(max_length=200)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "account"
        unique_together = (("issuer", "subject"),)


class CareRelation(Model):
    """A clinician's place in a patient's care team, from a start to an end."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="care_team", on_delete=fields.RESTRICT, db_index=True
    )
    clinician: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="cares_for", on_delete=fields.RESTRICT, db_index=True
    )
    # From `starts_at` on, before `ends_at`; a relation that was called off before it began has both the same.
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    client_id = fields.UUIDField(null=True)

    class Meta:
        table = "care_relation"
        unique_together = (("patient", "client_id"),)


class ActivationCode(Model):
    """A single-use code with which a person takes over a patient record; the code itself is not kept."""

    id = fields.UUIDField(primary_key=True)
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "cuore.Patient", related_name="activation_codes", on_delete=fields.RESTRICT, db_index=True
    )
    # The clinic or insurer in whose name the code was issued.
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "cuore.Organisation", related_name="activation_codes", on_delete=fields.RESTRICT
    )
    issued_by: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="issued_codes", on_delete=fields.RESTRICT, db_index=True
    )
    client_id = fields.UUIDField()
    # Whether the record was made together with this code.
    is_invitation = fields.BooleanField()
    code_sha256 = fields.CharField(max_length=64, unique=True)
    issued_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    used_at = fields.DatetimeField(null=True)
    # The account that the code made.
    account: fields.ForeignKeyNullableRelation[Account] = fields.ForeignKeyField(
        "cuore.Account", related_name="used_codes", on_delete=fields.RESTRICT, null=True, db_index=True
    )

    class Meta:
        table = "activation_code"
        unique_together = (("organisation", "client_id"),)


class ActivationTry(Model):
    """A wrong code that someone without an account sent, or one that is being checked right now."""

    id = fields.UUIDField(primary_key=True)
    issuer = fields.CharField(max_length=300)
    subject = fields.CharField(max_length=200)
    at = fields.DatetimeField()

    class Meta:
        table = "activation_try"
        indexes = (Index(fields=("issuer", "subject", "at")),)
