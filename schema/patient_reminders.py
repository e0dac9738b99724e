"""What a patient was told and will be."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.kinds import Role
from schema.access import needs
from schema.context import Info
from schema.pages import After, Connection, First
from schema.reminders import Reminder, reminders_page
from schema.scalars import with_offset


@strawberry.type
class PatientReminders:
    """The part of `Patient` that tells of reminders."""

    key: strawberry.Private[UUID]

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def reminders(
        self,
        info: Info,
        first: First,
        from_: Annotated[
            datetime | None,
            strawberry.argument(name="from", description="Not due before this moment; if absent, a week ago."),
        ] = None,
        after: After = None,
    ) -> Connection[Reminder]:
        """What the patient was told and will be, the soonest first: one for each channel."""
        return await reminders_page(info.context, self.key, first, with_offset(from_, "from"), after)
