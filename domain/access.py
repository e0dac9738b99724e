"""Who is asking, and which patients exist for them. Every read of patient data starts here."""

from dataclasses import dataclass
from uuid import UUID

from domain.kinds import Role


@dataclass(frozen=True)
class Actor:
    """A signed-in account in its one role."""

    account_id: UUID
    role: Role
    organisation_id: UUID
    patient_id: UUID | None
    display_name: str


@dataclass(frozen=True)
class Newcomer:
    """Someone whose token holds but who has no account yet: no role, and nothing exists for them."""

    issuer: str
    subject: str


def visible_patients(actor: Actor, at_parameter: str, actor_parameter: str) -> str:
    """An SQL condition on `patient.id`: the patients that exist for `actor`.

    `actor_parameter` names the parameter that `visibility_key(actor)` fills, `at_parameter` the moment.
    """
    return _visible_to(actor.role, at_parameter, actor_parameter)


def _visible_to(role: Role, at_parameter: str, key: str) -> str:
    match role:
        case Role.PATIENT:
            return f"patient.id = {key}"
        case Role.CLINICIAN:
            return (
                "EXISTS (SELECT FROM care_relation AS care WHERE care.patient_id = patient.id"
                f" AND care.clinician_id = {key} AND care.starts_at <= {at_parameter}"
                f" AND (care.ends_at IS NULL OR care.ends_at > {at_parameter}))"
            )
        case Role.COORDINATOR | Role.ADMIN:
            return f"patient.clinic_id = {key}"
        case Role.DEVICE:
            return f"patient.id = {key} AND false"


# The column of `account` in which each role's accounts have their `visibility_key`.
_KEYS = {
    Role.PATIENT: "account.patient_id",
    Role.DEVICE: "account.patient_id",
    Role.CLINICIAN: "account.id",
    Role.COORDINATOR: "account.organisation_id",
    Role.ADMIN: "account.organisation_id",
}


def visible_to_account(at_parameter: str) -> str:
    """`visible_patients` for whoever's row `account` is: a condition on `patient` beside it."""
    cases = " ".join(f"WHEN '{role}' THEN {_visible_to(role, at_parameter, _KEYS[role])}" for role in Role)
    return f"CASE account.role {cases} END"


def visibility_key(actor: Actor) -> UUID | None:
    """The id that `visible_patients` compares with."""
    match actor.role:
        case Role.PATIENT | Role.DEVICE:
            return actor.patient_id
        case Role.CLINICIAN:
            return actor.account_id
        case Role.COORDINATOR | Role.ADMIN:
            return actor.organisation_id
