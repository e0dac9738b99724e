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
    match actor.role:
        case Role.PATIENT:
            return f"patient.id = {actor_parameter}"
        case Role.CLINICIAN:
            return (
                "EXISTS (SELECT FROM care_relation AS care WHERE care.patient_id = patient.id"
                f" AND care.clinician_id = {actor_parameter} AND care.starts_at <= {at_parameter}"
                f" AND (care.ends_at IS NULL OR care.ends_at > {at_parameter}))"
            )
        case Role.COORDINATOR | Role.ADMIN:
            return f"patient.clinic_id = {actor_parameter}"
        case Role.DEVICE:
            return f"patient.id = {actor_parameter} AND false"


def visibility_key(actor: Actor) -> UUID | None:
    """The id that `visible_patients` compares with."""
    match actor.role:
        case Role.PATIENT | Role.DEVICE:
            return actor.patient_id
        case Role.CLINICIAN:
            return actor.account_id
        case Role.COORDINATOR | Role.ADMIN:
            return actor.organisation_id
