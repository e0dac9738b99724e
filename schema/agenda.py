"""Whom a clinician meets when."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain import agenda
from domain.kinds import Role
from schema.access import needs
from schema.appointments import Appointment, appointment_of
from schema.context import Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.scalars import as_uuid, required_offset


@strawberry.type(description="An appointment, and whom it is with.")
class AgendaItem:
    appointment: Appointment = strawberry.field(description="The appointment.")
    patient_id: strawberry.ID = strawberry.field(description="The patient's id.")
    patient_name: str = strawberry.field(description="The patient's name.")


@strawberry.type
class AgendaQuery:
    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def agenda(
        self,
        info: Info,
        from_: Annotated[datetime, strawberry.argument(name="from", description="Not those over by this moment.")],
        to: Annotated[datetime, strawberry.argument(description="Before this moment, at most 31 days later.")],
        first: First,
        after: After = None,
        clinician_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Whose; a clinician's own, and for coordinators the whole clinic's if absent."
            ),
        ] = None,
    ) -> Connection[AgendaItem]:
        """Appointments in the order of their begins, also those that were called off."""
        work = await info.context.reads()
        rows = await agenda.agenda(
            work,
            info.context.actor,
            clinician_id=as_uuid(clinician_id, "clinicianId"),
            since=required_offset(from_, "from"),
            until=required_offset(to, "to"),
            after=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        for row in rows[:first]:
            work.audit("agenda", patient_id=row["patient_id"], subject_id=row["id"])
        return make_page(
            rows,
            first,
            lambda row: [row["starts_at"], str(row["id"])],
            lambda row: AgendaItem(
                appointment=appointment_of(row, info.context),
                patient_id=strawberry.ID(str(row["patient_id"])),
                patient_name=row["patient_name"],
            ),
        )
