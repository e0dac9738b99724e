"""What may change a patient's vitals, as clinicians tell it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import vital_events
from domain.kinds import Role
from schema.access import needs
from schema.context import Info
from schema.scalars import required_offset, required_uuid


@strawberry.type(description="A change of medication that may account for a change of vitals.")
class MedicationChange:
    id: strawberry.ID = strawberry.field(description="Its id.")
    at: datetime = strawberry.field(description="From when on it holds, in UTC.")
    label: str = strawberry.field(description="What changed, such as ramipril 5 mg to 10 mg.")


def medication_change_of(row: Mapping[str, Any]) -> MedicationChange:
    """The GraphQL type of a row of `vital_event`."""
    return MedicationChange(id=strawberry.ID(str(row["id"])), at=row["at"], label=row["label"])


@strawberry.input(description="Whose medication changed, when and how.")
class RecordMedicationChangeInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    patient_id: strawberry.ID = strawberry.field(description="Whose medication.")
    at: datetime = strawberry.field(description="From when on, with offset; at most two years back.")
    label: str = strawberry.field(description="What changed, such as ramipril 5 mg to 10 mg; 1 to 100 characters.")


@strawberry.type(description="The change that was kept.")
class RecordMedicationChangePayload:
    medication_change: MedicationChange = strawberry.field(description="As it is kept.")


@strawberry.type
class VitalEventsMutation:
    @needs(Role.CLINICIAN)
    async def record_medication_change(
        self,
        info: Info,
        input: Annotated[RecordMedicationChangeInput, strawberry.argument(description="What changed.")],  # noqa: A002
    ) -> RecordMedicationChangePayload:
        """Tell that medication changed: what it accounts for is then reported as explained, and charts are marked."""
        patient_id = required_uuid(input.patient_id, "patientId")
        at = required_offset(input.at, "at")
        async with info.context.change() as work:
            row = await vital_events.record_medication_change(
                work, info.context.actor, input.client_id, patient_id, at, input.label
            )
        return RecordMedicationChangePayload(medication_change=medication_change_of(row))
