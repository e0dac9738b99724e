"""Notes of visits, as clinicians write and patients read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import visit_notes
from domain.kinds import Role, VisitOutcome
from schema.access import loads, needs
from schema.alerts import Clinician
from schema.context import Info
from schema.scalars import required_uuid
from schema.vital_events import MedicationChange, medication_change_of


@strawberry.type(description="A version of what a clinician wrote of a visit.")
class VisitNote:
    version: int = strawberry.field(description="1 for the first; pass the newest as expectedVersion to amend it.")
    outcome: VisitOutcome = strawberry.field(description="What the visit led to.")
    text: str = strawberry.field(description="What was found and agreed.")
    written_at: datetime = strawberry.field(description="When, in UTC.")
    written_by: Clinician = strawberry.field(description="By whom.")
    change_keys: strawberry.Private[tuple[UUID, ...]]

    @loads(Role.PATIENT, Role.CLINICIAN, key=lambda note: note.change_keys)
    @staticmethod
    async def medication_changes(keys: list[tuple[UUID, ...]], info: Info) -> list[list[MedicationChange]]:
        """What was changed in the patient's medication on account of the visit."""
        work = await info.context.reads()
        found = await visit_notes.medication_changes(work.connection, [one for key in keys for one in key])
        return [[medication_change_of(found[one]) for one in key] for key in keys]


def visit_note_of(row: Mapping[str, Any]) -> VisitNote:
    """The GraphQL type of a row of `visit_note` with its writer's name."""
    return VisitNote(
        version=row["version"],
        outcome=VisitOutcome(row["outcome"]),
        text=row["text"],
        written_at=row["written_at"],
        written_by=Clinician(id=strawberry.ID(str(row["written_by_id"])), display_name=row["written_by_name"]),
        change_keys=tuple(row["medication_change_ids"]),
    )


@strawberry.input(description="What is written of a visit.")
class WriteVisitNoteInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    appointment_id: strawberry.ID = strawberry.field(description="Of which appointment.")
    expected_version: int = strawberry.field(description="The version of the note that you saw, 0 where there is none.")
    outcome: VisitOutcome = strawberry.field(description="What the visit led to.")
    text: str = strawberry.field(description="What was found and agreed, 1 to 10000 characters; the patient reads it.")
    medication_change_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Changes of medication that recordMedicationChange kept, at most 20."
    )


@strawberry.type(description="The note.")
class WriteVisitNotePayload:
    note: VisitNote = strawberry.field(description="As it was written.")


@strawberry.type
class VisitNotesMutation:
    @needs(Role.CLINICIAN)
    async def write_visit_note(
        self,
        info: Info,
        input: Annotated[WriteVisitNoteInput, strawberry.argument(description="The note.")],  # noqa: A002
    ) -> WriteVisitNotePayload:
        """Write the note of one's own visit once it has begun, or amend it; earlier versions stay."""
        appointment_id = required_uuid(input.appointment_id, "appointmentId")
        changes = [required_uuid(one, "medicationChangeIds") for one in input.medication_change_ids]
        async with info.context.change() as work:
            row = await visit_notes.write(
                work,
                info.context.actor,
                appointment_id,
                input.client_id,
                input.expected_version,
                input.outcome,
                input.text,
                changes,
            )
        return WriteVisitNotePayload(note=visit_note_of(row))
