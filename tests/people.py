"""The people of most tests."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from adapters.runtime import Runtime
from domain.access import Actor
from domain.kinds import Role
from domain.tables import Account, CareRelation, Organisation, Patient
from domain.unit_of_work import new_id

ISSUER = "http://127.0.0.1:1"


@dataclass(frozen=True)
class People:
    """Actors by role, and two patients: `patient_id` is cared for, `foreign_id` is not."""

    actors: dict[Role, Actor]
    patient_id: UUID
    foreign_id: UUID


async def settle(runtime: Runtime) -> People:
    """Write them into the database."""
    now = runtime.now()
    clinic, other = [
        await Organisation.create(id=new_id(), kind="CLINIC", name=name) for name in ("Heart Clinic", "Elsewhere")
    ]
    mine, foreign = [
        await Patient.create(
            id=new_id(),
            clinic=home,
            display_name=name,
            birth_date=date(1958, 3, 2),
            time_zone="Europe/Rome",
            locale="it-IT",
            conditions=["HYPERTENSION"],
            created_at=now,
        )
        for home, name in ((clinic, "Ada Prova"), (other, "Bruno Altro"))
    ]
    actors = {}
    for role in Role:
        patient = mine if role in (Role.PATIENT, Role.DEVICE) else None
        account = await Account.create(
            id=new_id(),
            issuer=ISSUER,
            subject=f"test-{role.lower()}",
            role=role,
            organisation=clinic,
            patient=patient,
            display_name=f"Test {role.lower()}",
            created_at=now,
        )
        actors[role] = Actor(account.id, role, clinic.id, patient.id if patient else None, account.display_name)
    clinician = await Account.get(id=actors[Role.CLINICIAN].account_id)
    await CareRelation.create(id=new_id(), patient=mine, clinician=clinician, starts_at=now)
    return People(actors, mine.id, foreign.id)
