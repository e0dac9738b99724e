"""Reminders: what is planned and sent, how and where somebody wants to be reminded."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import contact_points, reminder_preferences, reminders
from domain.errors import BadInput
from domain.kinds import Channel, ReminderKind, ReminderStatus, Role, SendStatus
from domain.reminder_preferences import Preferences
from schema.access import needs
from schema.context import Context, Info
from schema.pages import Connection, check_first, decode, make_page
from schema.scalars import required_uuid

SHOWN_BACK = timedelta(days=7)
EVERYBODY = (Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, Role.ADMIN)


@strawberry.enum(
    description="PLANNED, SENDING until a channel has taken it, SENT; FAILED where it will not be taken, EXPIRED when"
    " it could not go out in time, UNADDRESSED where there was nowhere to send it, CANCELLED."
)
class ReminderProgress(StrEnum):
    PLANNED = "PLANNED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    UNADDRESSED = "UNADDRESSED"
    CANCELLED = "CANCELLED"


_ON_ITS_WAY = {
    SendStatus.WAITING: ReminderProgress.SENDING,
    SendStatus.SENT: ReminderProgress.SENT,
    SendStatus.DEAD: ReminderProgress.FAILED,
    SendStatus.CANCELLED: ReminderProgress.CANCELLED,
}


@strawberry.type(description="What a patient is told once by one channel.")
class Reminder:
    id: strawberry.ID = strawberry.field(description="Of the reminder by this channel.")
    kind: ReminderKind = strawberry.field(description="What it is about.")
    due_at: datetime = strawberry.field(description="When it goes out, in UTC, quiet hours heeded.")
    status: ReminderProgress = strawberry.field(description="How far it is.")
    channel: Channel | None = strawberry.field(
        description="By what; of a planned one, as it would be now. Absent where the patient is not reached."
    )
    sent_at: datetime | None = strawberry.field(description="When the channel took it, in UTC.")


def reminder_of(row: Mapping[str, Any]) -> Reminder:
    """The GraphQL type of a row of `reminders.page`."""
    if row["status"] == ReminderStatus.HANDED_OVER:
        status = _ON_ITS_WAY[SendStatus(row["send_status"])]
    else:
        status = ReminderProgress(row["status"])
    return Reminder(
        id=strawberry.ID(f"{row['id']}.{row['channel'].lower()}".rstrip(".")),
        kind=ReminderKind(row["kind"]),
        due_at=row["due_at"],
        status=status,
        channel=Channel(row["channel"]) if row["channel"] else None,
        sent_at=row["sent_at"],
    )


async def reminders_page(
    context: Context, patient_id: UUID, first: int, since: datetime | None, after: str | None
) -> Connection[Reminder]:
    """A page of a patient's reminders."""
    work = await context.reads()
    rows = await reminders.page(
        work.connection,
        patient_id,
        since=since or work.at - SHOWN_BACK,
        after=decode(after, datetime, UUID, str),
        limit=check_first(first) + 1,
    )
    work.audit("reminders", patient_id=patient_id)
    return make_page(rows, first, lambda row: [row["due_at"], str(row["id"]), row["channel"]], reminder_of)


@strawberry.type(description="How the caller wants to be reminded.")
class ReminderPreferences:
    channels: list[Channel] = strawberry.field(description="By what, of all where the caller is reached.")
    quiet_from: time | None = strawberry.field(
        description="From this time on the caller's wall clock what can wait is held back; absent without quiet hours."
    )
    quiet_until: time | None = strawberry.field(description="Until this time; before `quietFrom` it is next day's.")
    appointment_lead_minutes: list[int] = strawberry.field(description="So many minutes before an appointment.")
    locale: str | None = strawberry.field(description="Language of notices; absent for the one of the record.")
    shows_details: bool = strawberry.field(
        description="Whether notices may say what they are about, such as a medicine."
    )


def preferences_of(found: Preferences) -> ReminderPreferences:
    """The GraphQL type."""
    return ReminderPreferences(
        channels=[*found.channels],
        quiet_from=found.quiet_from,
        quiet_until=found.quiet_until,
        appointment_lead_minutes=[*found.appointment_lead_minutes],
        locale=found.locale,
        shows_details=found.shows_details,
    )


@strawberry.type(description="Where the caller is reached.")
class ContactPoint:
    id: strawberry.ID = strawberry.field(description="The contact point's id.")
    channel: Channel = strawberry.field(description="By what.")
    address: str = strawberry.field(description="The mail address, or where a browser or gateway takes messages.")
    made_at: datetime = strawberry.field(description="When it was added, in UTC.")
    confirmed_at: datetime | None = strawberry.field(
        description="Since when it is used, in UTC; absent while the code that was sent there has not come back."
    )


def contact_point_of(row: Mapping[str, Any]) -> ContactPoint:
    """The GraphQL type of a row of `contact_point`."""
    return ContactPoint(
        id=strawberry.ID(str(row["id"])),
        channel=Channel(row["channel"]),
        address=row["address"],
        made_at=row["made_at"],
        confirmed_at=row["confirmed_at"],
    )


@strawberry.input(description="What is to be changed; what is left out stays.")
class SetReminderPreferencesInput:
    channels: list[Channel] | None = strawberry.field(default=strawberry.UNSET, description="By what; none for never.")
    quiet_from: time | None = strawberry.field(
        default=strawberry.UNSET, description="Such as 22:00; null for no quiet hours."
    )
    quiet_until: time | None = strawberry.field(default=strawberry.UNSET, description="Such as 07:00.")
    appointment_lead_minutes: list[int] | None = strawberry.field(
        default=strawberry.UNSET, description="At most 5, each 1 to 20160; none for no reminders of appointments."
    )
    locale: str | None = strawberry.field(
        default=strawberry.UNSET, description="en, de or it, perhaps with a region; null for the one of the record."
    )
    shows_details: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether notices may say what they are about."
    )


@strawberry.type(description="How the caller is reminded.")
class SetReminderPreferencesPayload:
    preferences: ReminderPreferences = strawberry.field(description="As they are now.")


@strawberry.input(description="Where the patient lives now.")
class SetTimeZoneInput:
    time_zone: str = strawberry.field(description="IANA time zone, such as Europe/Rome.")


@strawberry.type(description="Where the patient lives now.")
class SetTimeZonePayload:
    time_zone: str = strawberry.field(description="IANA time zone.")


@strawberry.input(description="A mail address of the caller.")
class AddEmailInput:
    address: str = strawberry.field(description="Such as ada@example.org.")


@strawberry.input(description="What came back from a mail address.")
class ConfirmEmailInput:
    contact_point_id: strawberry.ID = strawberry.field(description="Of the address.")
    code: str = strawberry.field(description="Six digits, within 15 minutes; at most 5 tries.")


@strawberry.input(description="A browser's subscription, as PushSubscription.toJSON() gives it.")
class AddWebPushInput:
    endpoint: str = strawberry.field(description="Where its push service takes messages.")
    p256dh: str = strawberry.field(description="Its public key, in base64url.")
    auth: str = strawberry.field(description="Its secret, in base64url.")


@strawberry.input(description="A gateway that sends SMS or an app's own push.")
class AddWebhookInput:
    url: str = strawberry.field(description="An https address.")


@strawberry.type(description="Where the caller is reached.")
class ContactPointPayload:
    contact_point: ContactPoint = strawberry.field(description="As it is now.")


@strawberry.type(description="A gateway and its secret.")
class AddWebhookPayload:
    contact_point: ContactPoint = strawberry.field(description="As it is now.")
    secret: str | None = strawberry.field(
        description="With what it checks signatures (standardwebhooks.com). Shown this once: absent for one that is"
        " known already; then remove it and add it again."
    )


@strawberry.input(description="Where the caller is reached no more.")
class RemoveContactPointInput:
    contact_point_id: strawberry.ID = strawberry.field(description="The contact point's id.")


@strawberry.type(description="Where the caller is reached.")
class RemoveContactPointPayload:
    contact_points: list[ContactPoint] = strawberry.field(description="What is left.")


def _checked(info: Info, channel: Channel, address: str, name: str) -> str:
    messenger = info.context.backend.messengers.get(channel)
    if messenger is None:
        raise BadInput(f"{name}: this centre does not use this channel.")
    if not messenger.accepts(address):
        raise BadInput(f"{name}: this is no address that can be used.")
    return address


def _changed(now: Preferences, sent: SetReminderPreferencesInput) -> Preferences:
    """What is left out stays; null is nothing for what may be nothing, else the default."""
    given = {name: value for name, value in vars(sent).items() if value is not strawberry.UNSET}
    kept = {name: getattr(now, name) for name in vars(now) if name not in given}
    may_be_none = {"quiet_from", "quiet_until", "locale"}
    return Preferences(**kept, **{name: it for name, it in given.items() if it is not None or name in may_be_none})


@strawberry.type
class RemindersQuery:
    @needs(*EVERYBODY)
    async def reminder_preferences(self, info: Info) -> ReminderPreferences:
        """How the caller is reminded."""
        work = await info.context.reads()
        return preferences_of(await reminder_preferences.preferences_of(work.connection, info.context.actor.account_id))

    @needs(*EVERYBODY)
    async def contact_points(self, info: Info) -> list[ContactPoint]:
        """Where the caller is reached, also what is not confirmed yet."""
        work = await info.context.reads()
        rows = await contact_points.contact_points_of(work.connection, info.context.actor.account_id)
        return [contact_point_of(row) for row in rows]

    @needs(*EVERYBODY)
    async def web_push_key(self, info: Info) -> str | None:
        """With what browsers subscribe (applicationServerKey, base64url); absent where the centre sends no Web Push."""
        return info.context.backend.messengers.web_push_key


@strawberry.type
class RemindersMutation:
    @needs(*EVERYBODY)
    async def set_reminder_preferences(
        self,
        info: Info,
        input: Annotated[SetReminderPreferencesInput, strawberry.argument(description="What changes.")],  # noqa: A002
    ) -> SetReminderPreferencesPayload:
        """Say how the caller wants to be reminded; what is planned moves with it."""
        by = info.context.actor
        async with info.context.change() as work:
            wanted = _changed(await reminder_preferences.preferences_of(work.connection, by.account_id), input)
            await reminder_preferences.set_preferences(work, by, wanted)
        return SetReminderPreferencesPayload(preferences=preferences_of(wanted))

    @needs(Role.PATIENT)
    async def set_time_zone(
        self,
        info: Info,
        input: Annotated[SetTimeZoneInput, strawberry.argument(description="Where.")],  # noqa: A002
    ) -> SetTimeZonePayload:
        """Take the patient's wall clock to another zone: what is planned for eight is at eight there.

        Appointments stay at their instant.
        """
        async with info.context.change() as work:
            await reminder_preferences.set_time_zone(work, info.context.actor, input.time_zone)
        return SetTimeZonePayload(time_zone=input.time_zone)

    @needs(*EVERYBODY)
    async def add_email(
        self,
        info: Info,
        input: Annotated[AddEmailInput, strawberry.argument(description="Which address.")],  # noqa: A002
    ) -> ContactPointPayload:
        """Add a mail address; it is used once the code that is sent there has come back. A code a minute."""
        address = _checked(info, Channel.EMAIL, input.address.strip(), "address")
        async with info.context.change() as work:
            row = await contact_points.add_email(work, info.context.actor, address)
        return ContactPointPayload(contact_point=contact_point_of(row))

    @needs(*EVERYBODY)
    async def confirm_email(
        self,
        info: Info,
        input: Annotated[ConfirmEmailInput, strawberry.argument(description="Address and code.")],  # noqa: A002
    ) -> ContactPointPayload:
        """Send back the code; `confirmedAt` stays absent where it was not the right one."""
        contact_point_id = required_uuid(input.contact_point_id, "contactPointId")
        async with info.context.change() as work:
            row = await contact_points.confirm_email(work, info.context.actor, contact_point_id, input.code.strip())
        return ContactPointPayload(contact_point=contact_point_of(row))

    @needs(*EVERYBODY)
    async def add_web_push(
        self,
        info: Info,
        input: Annotated[AddWebPushInput, strawberry.argument(description="The subscription.")],  # noqa: A002
    ) -> ContactPointPayload:
        """Add a browser that has subscribed with `webPushKey`."""
        endpoint = _checked(info, Channel.WEB_PUSH, input.endpoint, "endpoint")
        if not contact_points.are_browser_keys(input.p256dh, input.auth):
            raise BadInput("p256dh, auth: a browser has no such keys.")
        async with info.context.change() as work:
            row = await contact_points.add_browser(work, info.context.actor, endpoint, input.p256dh, input.auth)
        return ContactPointPayload(contact_point=contact_point_of(row))

    @needs(*EVERYBODY)
    async def add_webhook(
        self,
        info: Info,
        input: Annotated[AddWebhookInput, strawberry.argument(description="Where.")],  # noqa: A002
    ) -> AddWebhookPayload:
        """Add a gateway, which gets every notice as a signed request."""
        url = _checked(info, Channel.WEBHOOK, input.url, "url")
        async with info.context.change() as work:
            row, secret = await contact_points.add_webhook(work, info.context.actor, url)
        return AddWebhookPayload(contact_point=contact_point_of(row), secret=secret)

    @needs(*EVERYBODY)
    async def remove_contact_point(
        self,
        info: Info,
        input: Annotated[RemoveContactPointInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> RemoveContactPointPayload:
        """Reach the caller there no more, from now on."""
        contact_point_id = required_uuid(input.contact_point_id, "contactPointId")
        async with info.context.change() as work:
            await contact_points.remove(work, info.context.actor, contact_point_id)
            rows = await contact_points.contact_points_of(work.connection, info.context.actor.account_id)
        return RemoveContactPointPayload(contact_points=[contact_point_of(row) for row in rows])
