"""Care teams: who cares for a patient, and changing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import care_teams
from domain.kinds import Role
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Context, Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.scalars import required_uuid, with_offset


@strawberry.type(description="Someone who cares for the patient now.")
class CareTeamMember:
    display_name: str = strawberry.field(description="Name.")
    role: Role = strawberry.field(description="What the member is in the clinic.")


async def care_teams_of(context: Context, ids: list[UUID]) -> list[list[CareTeamMember]]:
    """The present care teams of these patients, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[CareTeamMember]] = {one: [] for one in ids}
    for row in await care_teams.relations(work.connection, ids, at=work.at, with_later=False):
        found[row["patient_id"]].append(CareTeamMember(display_name=row["display_name"], role=Role(row["role"])))
    for one in ids:
        work.audit("careTeam", patient_id=one)
    return [*found.values()]


@strawberry.type(description="A clinician's place in a care team: from `startsAt` on, before `endsAt`.")
class CareRelation:
    id: strawberry.ID = strawberry.field(description="The relation's id.")
    clinician: Clinician = strawberry.field(description="Who cares.")
    starts_at: datetime = strawberry.field(description="From when the clinician sees the patient, in UTC.")
    ends_at: datetime | None = strawberry.field(description="From when no longer, in UTC; absent while open.")


def care_relation_of(row: Mapping[str, Any]) -> CareRelation:
    """The GraphQL type of a row of `care_relation` with the clinician's name."""
    return CareRelation(
        id=strawberry.ID(str(row["id"])),
        clinician=Clinician(id=strawberry.ID(str(row["clinician_id"])), display_name=row["display_name"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
    )


async def care_relations_of(context: Context, ids: list[UUID]) -> list[list[CareRelation]]:
    """The present and later care relations of these records, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[CareRelation]] = {one: [] for one in ids}
    clinic_id = context.actor.organisation_id
    for row in await care_teams.relations(work.connection, ids, at=work.at, with_later=True, clinic_id=clinic_id):
        found[row["patient_id"]].append(care_relation_of(row))
    for one in ids:
        work.audit("careRelations", patient_id=one)
    return [*found.values()]


@strawberry.input(description="Who joins which care team.")
class AssignClinicianInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    patient_id: strawberry.ID = strawberry.field(description="Whose care team.")
    clinician_id: strawberry.ID = strawberry.field(description="Who joins.")
    starts_at: datetime | None = strawberry.field(default=None, description="From when, with offset; now if absent.")


@strawberry.input(description="Who leaves which care team.")
class EndCareRelationInput:
    patient_id: strawberry.ID = strawberry.field(description="Whose care team.")
    clinician_id: strawberry.ID = strawberry.field(description="Who leaves.")
    ends_at: datetime | None = strawberry.field(default=None, description="From when, with offset; now if absent.")


@strawberry.type(description="The changed care relation.")
class CareRelationPayload:
    relation: CareRelation = strawberry.field(description="As it is now.")


@strawberry.type
class CareTeamsQuery:
    @needs(Role.ADMIN)
    async def clinicians(self, info: Info, first: First, after: After = None) -> Connection[Clinician]:
        """The clinicians of the caller's clinic by name."""
        work = await info.context.reads()
        rows = await care_teams.clinicians(
            work.connection, info.context.actor, after=decode(after, str, UUID), limit=check_first(first) + 1
        )
        return make_page(
            rows,
            first,
            lambda row: [row["display_name"], str(row["id"])],
            lambda row: Clinician(id=strawberry.ID(str(row["id"])), display_name=row["display_name"]),
        )


@strawberry.type
class CareTeamsMutation:
    @needs(Role.ADMIN)
    async def assign_clinician(
        self,
        info: Info,
        input: Annotated[AssignClinicianInput, strawberry.argument(description="Who, whom, from when.")],  # noqa: A002
    ) -> CareRelationPayload:
        """Put a clinician into a care team; CONFLICT if they are in it at that time already."""
        starts_at = with_offset(input.starts_at, "startsAt")
        patient_id = required_uuid(input.patient_id, "patientId")
        clinician_id = required_uuid(input.clinician_id, "clinicianId")
        async with info.context.change() as work:
            row = await care_teams.assign(
                work, info.context.actor, input.client_id, patient_id, clinician_id, starts_at
            )
        return CareRelationPayload(relation=care_relation_of(row))

    @needs(Role.ADMIN)
    async def end_care_relation(
        self,
        info: Info,
        input: Annotated[EndCareRelationInput, strawberry.argument(description="Who, whom, from when.")],  # noqa: A002
    ) -> CareRelationPayload:
        """Take a clinician out of a care team; a relation that has not begun is called off."""
        ends_at = with_offset(input.ends_at, "endsAt")
        patient_id = required_uuid(input.patient_id, "patientId")
        clinician_id = required_uuid(input.clinician_id, "clinicianId")
        async with info.context.change() as work:
            row = await care_teams.end(work, info.context.actor, patient_id, clinician_id, ends_at)
        return CareRelationPayload(relation=care_relation_of(row))
