"""Someone to see at once."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import telemedic
from domain.kinds import AppointmentKind, Role
from schema.access import needs
from schema.alerts import Clinician
from schema.availability import FreeSlot
from schema.context import Info


@strawberry.type(description="Someone who is on call now.")
class OnCallClinician:
    clinician: Clinician = strawberry.field(description="Who.")
    until: datetime = strawberry.field(description="Until when, in UTC.")


@strawberry.type
class TelemedicQuery:
    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def on_call_now(self, info: Info) -> list[OnCallClinician]:
        """Who is on call for the caller's clinic, the longest first."""
        work = await info.context.reads()
        rows = await telemedic.on_call(work.connection, info.context.actor.organisation_id, work.at, work.at)
        return [
            OnCallClinician(
                clinician=Clinician(id=strawberry.ID(str(row["clinician_id"])), display_name=row["display_name"]),
                until=row["ends_at"],
            )
            for row in rows
        ]

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def next_telemedic(
        self,
        info: Info,
        kind: Annotated[AppointmentKind, strawberry.argument(description="VIDEO or PHONE.")] = AppointmentKind.VIDEO,
    ) -> FreeSlot | None:
        """The soonest call that bookAppointment takes, with anyone of the clinic: at the next whole five minutes with
        someone who is on call and free, or in the next free slot of the next 31 days.
        """
        found = await telemedic.next_telemedic(await info.context.reads(), info.context.actor, kind)
        if found is None:
            return None
        slot, name = found
        clinician = Clinician(id=strawberry.ID(str(slot.clinician_id)), display_name=name)
        return FreeSlot(starts_at=slot.starts_at, ends_at=slot.ends_at, clinician=clinician)
