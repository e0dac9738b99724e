"""What a patient has of appointments: those booked, those waited for, and where calendars read them."""

from datetime import datetime
from operator import attrgetter
from typing import Annotated
from uuid import UUID

import strawberry

from domain.kinds import Role
from schema.access import loads, needs
from schema.appointments import Appointment, appointments_page, next_appointments_of
from schema.calendars import calendar_url_of
from schema.context import Info
from schema.pages import After, Connection, First
from schema.scalars import with_offset
from schema.waiting_list import WaitingWish, wishes_of_patients


@strawberry.type
class PatientVisits:
    """The part of `Patient` that tells of visits."""

    key: strawberry.Private[UUID]

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def appointments(
        self,
        info: Info,
        first: First,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="Not those that are over by this moment.")
        ] = None,
        after: After = None,
    ) -> Connection[Appointment]:
        """Appointments, the soonest first, also those that were called off."""
        return await appointments_page(info.context, self.key, first, with_offset(from_, "from"), after)

    @loads(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, key=attrgetter("key"))
    @staticmethod
    async def next_appointment(ids: list[UUID], info: Info) -> list[Appointment | None]:
        """The appointment that runs now or comes next; absent without one."""
        return await next_appointments_of(info.context, ids)

    @loads(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, key=attrgetter("key"))
    @staticmethod
    async def waiting_list(ids: list[UUID], info: Info) -> list[list[WaitingWish]]:
        """What the patient waits for, the oldest first, with what is held for them now."""
        return await wishes_of_patients(info.context, ids)

    @needs(Role.PATIENT)
    async def calendar_url(self, info: Info) -> str | None:
        """Where calendars read the patient's appointments, below this server's address; absent until it is made."""
        return await calendar_url_of(info.context, self.key)
