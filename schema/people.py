"""Joining: invitations, activation, records without health data, and who the caller is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import activation, care_teams, invitations
from domain.access import Newcomer
from domain.kinds import Role
from domain.new_patients import NewPatient
from schema.access import loads, needs
from schema.care_teams import CareRelation, care_relations_of
from schema.context import Context, Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.patients import Patient, patient_of
from schema.scalars import as_uuid, required_uuid


@strawberry.type(description="Who the caller is.")
class Viewer:
    role: Role = strawberry.field(description="What the caller's account may do.")
    display_name: str = strawberry.field(description="Name of the account.")

    @needs(*Role)
    async def patient(self, info: Info) -> Patient | None:
        """The caller's own record; only patients have one."""
        if info.context.actor.role is not Role.PATIENT:
            return None
        return await own_patient(info.context)


async def own_patient(context: Context) -> Patient:
    """The record of the patient who asks."""
    work = await context.reads()
    row = await activation.own_record(work.connection, context.actor)
    work.audit("patient", patient_id=row["id"])
    return patient_of(row)


@strawberry.type(description="A patient's record as administration sees it: a person, no health data.")
class PatientRecord:
    id: strawberry.ID = strawberry.field(description="The patient's id.")
    display_name: str = strawberry.field(description="Name.")
    birth_date: date = strawberry.field(description="Date of birth.")
    time_zone: str = strawberry.field(description="IANA time zone in which the patient lives.")
    locale: str = strawberry.field(description="Language and region, such as it-IT.")
    has_account: bool = strawberry.field(description="Whether the patient has activated the record.")

    @loads(Role.ADMIN, key=lambda record: UUID(record.id))
    @staticmethod
    async def care_relations(ids: list[UUID], info: Info) -> list[list[CareRelation]]:
        """Who cares for the patient now or will later, by start; empty for an insurer."""
        return await care_relations_of(info.context, ids)


def record_of(row: Mapping[str, Any]) -> PatientRecord:
    """The GraphQL type of a record as `invitations` gives it."""
    return PatientRecord(
        id=strawberry.ID(str(row["id"])),
        display_name=row["display_name"],
        birth_date=row["birth_date"],
        time_zone=row["time_zone"],
        locale=row["locale"],
        has_account=row["has_account"],
    )


@strawberry.type(description="A clinic.")
class Clinic:
    id: strawberry.ID = strawberry.field(description="The clinic's id.")
    name: str = strawberry.field(description="Name.")


@strawberry.input(description="The record of someone who is invited, and the first code for it.")
class InvitePatientInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    display_name: str = strawberry.field(description="Name, 1 to 200 characters.")
    birth_date: date = strawberry.field(description="Date of birth.")
    time_zone: str = strawberry.field(description="IANA time zone in which the patient lives, such as Europe/Rome.")
    locale: str = strawberry.field(description="Language and region, such as it-IT.")
    conditions: list[str] = strawberry.field(
        default_factory=list, description="Known conditions as codes such as HYPERTENSION, at most 50."
    )
    clinic_id: strawberry.ID | None = strawberry.field(
        default=None, description="Which clinic will look after the patient; only an insurer says it."
    )


@strawberry.input(description="The record for which a new code is wanted.")
class IssueActivationCodeInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    patient_id: strawberry.ID = strawberry.field(description="Whose record.")


@strawberry.type(description="A record and the code that activates it.")
class ActivationCodePayload:
    patient: PatientRecord = strawberry.field(description="The record.")
    code: str | None = strawberry.field(
        description="XXXX-XXXX-XXXX-XXXX: letters and digits in Crockford's base32, the last is his check character"
        " (mod 37). Shown this once and not kept: absent when the same clientId is sent again; then issue another."
    )
    expires_at: datetime = strawberry.field(description="Until when the code works, in UTC.")


@strawberry.input(description="The code on the patient's letter.")
class ActivateInput:
    code: str = strawberry.field(description="As it was given; hyphens, spaces and lower case do not matter.")


@strawberry.type(description="The activated record.")
class ActivatePayload:
    patient: Patient = strawberry.field(description="The caller's own record from now on.")


def _payload(issued: invitations.Issued) -> ActivationCodePayload:
    return ActivationCodePayload(patient=record_of(issued.record), code=issued.code, expires_at=issued.expires_at)


@strawberry.type
class PeopleQuery:
    @needs(*Role, newcomers=True)
    async def viewer(self, info: Info) -> Viewer | None:
        """Who the caller is; absent before the caller has activated a record."""
        if isinstance(info.context.caller, Newcomer):
            return None
        return Viewer(role=info.context.actor.role, display_name=info.context.actor.display_name)

    @needs(Role.ADMIN)
    async def clinics(self, info: Info, first: First, after: After = None) -> Connection[Clinic]:
        """Every clinic by name, for an insurer to choose from."""
        work = await info.context.reads()
        rows = await care_teams.clinics(work.connection, after=decode(after, str, UUID), limit=check_first(first) + 1)
        return make_page(
            rows,
            first,
            lambda row: [row["name"], str(row["id"])],
            lambda row: Clinic(id=strawberry.ID(str(row["id"])), name=row["name"]),
        )

    @needs(Role.ADMIN, Role.COORDINATOR)
    async def patient_record(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The patient's id.")],  # noqa: A002
    ) -> PatientRecord:
        """One record, without health data: of the clinic, or invited by the insurer."""
        work = await info.context.reads()
        row = await invitations.record(work, info.context.actor, required_uuid(id, "id"))
        work.audit("patientRecord", patient_id=row["id"])
        return record_of(row)

    @needs(Role.ADMIN, Role.COORDINATOR)
    async def patient_records(
        self,
        info: Info,
        first: First,
        after: After = None,
        search: Annotated[str | None, strawberry.argument(description="A part of the name.")] = None,
    ) -> Connection[PatientRecord]:
        """Records by name, without health data: those of the clinic, or those that the insurer invited."""
        work = await info.context.reads()
        rows = await invitations.records(
            work, info.context.actor, search=search, after=decode(after, str, UUID), limit=check_first(first) + 1
        )
        for row in rows[:first]:
            work.audit("patientRecords", patient_id=row["id"])
        return make_page(rows, first, lambda row: [row["display_name"], str(row["id"])], record_of)


@strawberry.type
class PeopleMutation:
    @needs(Role.ADMIN, Role.COORDINATOR)
    async def invite_patient(
        self,
        info: Info,
        input: Annotated[InvitePatientInput, strawberry.argument(description="Who is invited.")],  # noqa: A002
    ) -> ActivationCodePayload:
        """Make a record and issue its first activation code."""
        clinic_id = as_uuid(input.clinic_id, "clinicId")
        new = NewPatient(
            input.display_name, input.birth_date, input.time_zone, input.locale, input.conditions, clinic_id
        )
        async with info.context.change() as work:
            return _payload(await invitations.invite(work, info.context.actor, input.client_id, new))

    @needs(Role.ADMIN, Role.COORDINATOR)
    async def issue_activation_code(
        self,
        info: Info,
        input: Annotated[IssueActivationCodeInput, strawberry.argument(description="For whom.")],  # noqa: A002
    ) -> ActivationCodePayload:
        """Issue a new code for a record that nobody has activated; earlier codes of it stop working."""
        patient_id = required_uuid(input.patient_id, "patientId")
        async with info.context.change() as work:
            return _payload(await invitations.issue(work, info.context.actor, input.client_id, patient_id))

    @needs(Role.PATIENT, newcomers=True)
    async def activate(
        self,
        info: Info,
        input: Annotated[ActivateInput, strawberry.argument(description="The code.")],  # noqa: A002
    ) -> ActivatePayload:
        """Take over one's record with a code; after 5 codes that do not work within an hour RATE_LIMITED."""
        context = info.context
        newcomer = context.caller
        if isinstance(newcomer, Newcomer):
            # Counted and committed before the code is looked at: see `begin_try`.
            async with context.backend.unit_of_work() as work:
                this_try = await activation.begin_try(work, newcomer)
            async with context.backend.unit_of_work() as work:
                actor = await activation.activate(work, newcomer, this_try, input.code)
            context.actor = actor
        else:
            async with context.change() as work:
                await activation.activate_again(work, context.actor, input.code)
        return ActivatePayload(patient=await own_patient(context))
