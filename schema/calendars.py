"""Where calendars read a patient's appointments."""

from uuid import UUID

import strawberry

from domain import calendar_feeds
from domain.kinds import Role
from schema.access import needs
from schema.context import Context, Info


@strawberry.type(description="Where calendars read the caller's appointments now.")
class CalendarPayload:
    calendar_url: str | None = strawberry.field(
        description="Below this server's address; whoever knows it sees when and with whom, but not why. Absent once"
        " it is revoked."
    )


def _url(key: str | None) -> str | None:
    return None if key is None else f"/calendars/{key}.ics"


async def calendar_url_of(context: Context, patient_id: UUID) -> str | None:
    """Where calendars read a patient's appointments; None without such an address."""
    work = await context.reads()
    work.audit("calendarUrl", patient_id=patient_id)
    return _url(await calendar_feeds.key_of(work.connection, patient_id))


@strawberry.type
class CalendarsMutation:
    @needs(Role.PATIENT)
    async def renew_calendar_url(self, info: Info) -> CalendarPayload:
        """Make an address at which calendars read the caller's appointments; an earlier one works no more."""
        async with info.context.change() as work:
            return CalendarPayload(calendar_url=_url(await calendar_feeds.renew(work, info.context.actor)))

    @needs(Role.PATIENT)
    async def revoke_calendar_url(self, info: Info) -> CalendarPayload:
        """Let the address work no more, from now on."""
        async with info.context.change() as work:
            await calendar_feeds.revoke(work, info.context.actor)
        return CalendarPayload(calendar_url=None)
