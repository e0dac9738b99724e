"""Appointments: when clinicians are free, booking, moving and calling off."""

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import appointments, availability
from domain.kinds import AbsenceKind, AppointmentKind, AppointmentStatus, Role, Weekday
from domain.rules.slots import Absence, Hours, WeeklyHours
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Context, Info
from schema.pages import Connection, check_first, decode, make_page
from schema.scalars import as_uuid, required_offset, required_uuid


@strawberry.enum(description="CONFIRM and CHECK_IN by either side, the others by the clinic.")
class AppointmentStep(StrEnum):
    CONFIRM = "confirm"
    CHECK_IN = "check in"
    BEGIN = "begin"
    COMPLETE = "complete"
    MISS = "miss"


@strawberry.type(description="A time that can be booked.")
class FreeSlot:
    starts_at: datetime = strawberry.field(description="Begin, in UTC.")
    ends_at: datetime = strawberry.field(description="End, in UTC.")
    clinician: Clinician = strawberry.field(description="With whom.")


@strawberry.type(description="A patient and a clinician at one time.")
class Appointment:
    id: strawberry.ID = strawberry.field(description="The appointment's id.")
    kind: AppointmentKind = strawberry.field(description="How they meet.")
    status: AppointmentStatus = strawberry.field(description="How far it is.")
    starts_at: datetime = strawberry.field(description="Begin, in UTC.")
    ends_at: datetime = strawberry.field(description="End, in UTC.")
    time_zone: str = strawberry.field(description="IANA time zone of the clinician's hours.")
    reason: str | None = strawberry.field(description="Why the patient comes; absent for coordinators.")
    change_reason: str | None = strawberry.field(
        description="Why it was last moved or called off; absent for coordinators."
    )
    join_url: str | None = strawberry.field(
        description="Where the video call is; absent while no video service is set up."
    )
    clinician: Clinician = strawberry.field(description="With whom.")
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")


def appointment_of(row: Mapping[str, Any], context: Context) -> Appointment:
    """The GraphQL type of a row of `appointment` with the clinician's name; a coordinator sees no reasons."""
    sees_reasons = context.actor.role is not Role.COORDINATOR
    return Appointment(
        id=strawberry.ID(str(row["id"])),
        kind=AppointmentKind(row["kind"]),
        status=AppointmentStatus(row["status"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        time_zone=row["time_zone"],
        reason=row["reason"] if sees_reasons else None,
        change_reason=row["change_reason"] if sees_reasons else None,
        join_url=None,
        clinician=Clinician(id=strawberry.ID(str(row["clinician_id"])), display_name=row["clinician_name"]),
        version=row["version"],
    )


async def appointments_page(
    context: Context, patient_id: UUID, first: int, since: datetime | None, after: str | None
) -> Connection[Appointment]:
    """A page of a patient's appointments that are not over by `since`."""
    work = await context.reads()
    rows = await appointments.page(
        work.connection,
        patient_id,
        since=since,
        after=decode(after, datetime, UUID),
        limit=check_first(first) + 1,
    )
    work.audit("appointments", patient_id=patient_id)
    return make_page(
        rows,
        first,
        lambda row: [row["starts_at"], str(row["id"])],
        lambda row: appointment_of(row, context),
    )


async def next_appointments_of(context: Context, ids: list[UUID]) -> list[Appointment | None]:
    """The next appointment of each of these patients, by one statement."""
    work = await context.reads()
    rows = await appointments.next_of(work.connection, ids, work.at)
    found = {row["patient_id"]: appointment_of(row, context) for row in rows}
    for one in ids:
        work.audit("nextAppointment", patient_id=one)
    return [found.get(one) for one in ids]


@strawberry.input(description="Hours of a weekday on the wall clock of the clinician's time zone.")
class WeeklyHoursInput:
    weekday: Weekday = strawberry.field(description="The day on which they begin.")
    from_: time = strawberry.field(name="from", description="Begin, such as 09:00.")
    to: time = strawberry.field(description="End, such as 12:00; one that is not later than the begin is next day's.")


@strawberry.input(description="Whole days without appointments.")
class AbsenceInput:
    kind: AbsenceKind = strawberry.field(description="Why.")
    from_: date = strawberry.field(name="from", description="The first day.")
    to: date = strawberry.field(description="The last day.")


@strawberry.input(description="When a clinician takes appointments; what is left out holds no more.")
class SetAvailabilityInput:
    clinician_id: strawberry.ID = strawberry.field(description="Whose hours.")
    weekly: list[WeeklyHoursInput] = strawberry.field(description="The hours of each week, at most 50; none for never.")
    slot_minutes: int = strawberry.field(description="How long an appointment takes, 5 to 240.")
    kinds: list[AppointmentKind] = strawberry.field(description="Which appointments, at least one kind.")
    time_zone: str = strawberry.field(description="IANA time zone of the hours, such as Europe/Rome.")
    absences: list[AbsenceInput] = strawberry.field(
        default_factory=list, description="Days without appointments, at most 100; none if absent."
    )
    buffer_minutes: int = strawberry.field(default=0, description="Kept free behind each appointment, 0 to 120.")
    lead_minutes: int = strawberry.field(
        default=0, description="So long before a slot patients can book it no more, 0 to 43200."
    )


@strawberry.type(description="Whose availability was set.")
class SetAvailabilityPayload:
    clinician: Clinician = strawberry.field(description="The clinician.")


@strawberry.input(description="The wanted appointment.")
class BookAppointmentInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    clinician_id: strawberry.ID = strawberry.field(description="With whom.")
    kind: AppointmentKind = strawberry.field(description="How they meet.")
    starts_at: datetime = strawberry.field(description="Begin of a free slot, with offset.")
    patient_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom; a patient may leave it out."
    )
    reason: str | None = strawberry.field(default=None, description="Why the patient comes, at most 500 characters.")


@strawberry.input(description="Where an appointment is moved.")
class RescheduleAppointmentInput:
    appointment_id: strawberry.ID = strawberry.field(description="The appointment's id.")
    expected_version: int = strawberry.field(description="The version you saw.")
    starts_at: datetime = strawberry.field(description="Begin of a free slot of the same clinician, with offset.")
    reason: str | None = strawberry.field(default=None, description="Why, at most 500 characters; the clinic must say.")


@strawberry.input(description="Which appointment is called off.")
class CancelAppointmentInput:
    appointment_id: strawberry.ID = strawberry.field(description="The appointment's id.")
    expected_version: int = strawberry.field(description="The version you saw.")
    reason: str | None = strawberry.field(default=None, description="Why, at most 500 characters; the clinic must say.")


@strawberry.input(description="What has happened to an appointment.")
class AdvanceAppointmentInput:
    appointment_id: strawberry.ID = strawberry.field(description="The appointment's id.")
    expected_version: int = strawberry.field(description="The version you saw.")
    step: AppointmentStep = strawberry.field(description="The next step.")


@strawberry.type(description="The appointment.")
class AppointmentPayload:
    appointment: Appointment = strawberry.field(description="As it is now.")


@strawberry.type
class AppointmentsQuery:
    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def free_slots(
        self,
        info: Info,
        from_: Annotated[datetime, strawberry.argument(name="from", description="Not before this moment.")],
        to: Annotated[datetime, strawberry.argument(description="Over by this moment, at most 62 days later.")],
        kind: Annotated[AppointmentKind, strawberry.argument(description="How they meet.")],
        clinician_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="With whom; if absent, with anyone of the patient's care team."),
        ] = None,
        *,
        of_whole_clinic: Annotated[
            bool,
            strawberry.argument(
                description="With anyone of the clinic instead of the care team; always so for the clinic's staff."
            ),
        ] = False,
        most: Annotated[int, strawberry.argument(description="At most so many, the soonest; 1 to 1000.")] = 100,
    ) -> list[FreeSlot]:
        """The soonest times that can be booked, computed from hours, absences and what is booked."""
        work = await info.context.reads()
        found = await availability.free_slots(
            work,
            info.context.actor,
            kind,
            since=required_offset(from_, "from"),
            until=required_offset(to, "to"),
            clinician_id=as_uuid(clinician_id, "clinicianId"),
            of_whole_clinic=of_whole_clinic,
            most=most,
        )
        return [
            FreeSlot(
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                clinician=Clinician(id=strawberry.ID(str(slot.clinician_id)), display_name=name),
            )
            for slot, name in found
        ]


@strawberry.type
class AppointmentsMutation:
    @needs(Role.CLINICIAN, Role.COORDINATOR, Role.ADMIN)
    async def set_availability(
        self,
        info: Info,
        input: Annotated[SetAvailabilityInput, strawberry.argument(description="Whose and when.")],  # noqa: A002
    ) -> SetAvailabilityPayload:
        """Say when a clinician takes appointments, instead of what held before; what is booked stays.

        Clinicians say it for themselves, coordinators and administrators for those of their clinic.
        """
        clinician_id = required_uuid(input.clinician_id, "clinicianId")
        hours = Hours(
            input.time_zone,
            [WeeklyHours(one.weekday, one.from_, one.to) for one in input.weekly],
            [Absence(one.kind, one.from_, one.to) for one in input.absences],
            [*dict.fromkeys(input.kinds)],
            input.slot_minutes,
            input.buffer_minutes,
            input.lead_minutes,
        )
        async with info.context.change() as work:
            row = await availability.set_availability(work, info.context.actor, clinician_id, hours)
        clinician = Clinician(id=strawberry.ID(str(row["id"])), display_name=row["display_name"])
        return SetAvailabilityPayload(clinician=clinician)

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def book_appointment(
        self,
        info: Info,
        input: Annotated[BookAppointmentInput, strawberry.argument(description="With whom and when.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Book a free slot; if someone was faster, a CONFLICT whose `freeSlots` are the next ones of the clinician."""
        patient_id = as_uuid(input.patient_id, "patientId")
        clinician_id = required_uuid(input.clinician_id, "clinicianId")
        starts_at = required_offset(input.starts_at, "startsAt")
        async with info.context.change() as work:
            row = await appointments.book(
                work,
                info.context.actor,
                input.client_id,
                patient_id,
                clinician_id,
                input.kind,
                starts_at,
                input.reason,
            )
        return AppointmentPayload(appointment=appointment_of(row, info.context))

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def reschedule_appointment(
        self,
        info: Info,
        input: Annotated[RescheduleAppointmentInput, strawberry.argument(description="Which and to when.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Move an appointment to another free slot of its clinician; patients until 2 hours before it."""
        appointment_id = required_uuid(input.appointment_id, "appointmentId")
        starts_at = required_offset(input.starts_at, "startsAt")
        async with info.context.change() as work:
            row = await appointments.reschedule(
                work, info.context.actor, appointment_id, input.expected_version, starts_at, input.reason
            )
        return AppointmentPayload(appointment=appointment_of(row, info.context))

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def cancel_appointment(
        self,
        info: Info,
        input: Annotated[CancelAppointmentInput, strawberry.argument(description="Which one.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Call an appointment off, which frees its time at once; patients until 2 hours before it."""
        appointment_id = required_uuid(input.appointment_id, "appointmentId")
        async with info.context.change() as work:
            row = await appointments.cancel(
                work, info.context.actor, appointment_id, input.expected_version, input.reason
            )
        return AppointmentPayload(appointment=appointment_of(row, info.context))

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def advance_appointment(
        self,
        info: Info,
        input: Annotated[AdvanceAppointmentInput, strawberry.argument(description="Which one, and how.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Confirm an appointment, check in, begin or complete it, or note that the patient did not come."""
        appointment_id = required_uuid(input.appointment_id, "appointmentId")
        async with info.context.change() as work:
            row = await appointments.advance(
                work, info.context.actor, appointment_id, input.expected_version, input.step.value
            )
        return AppointmentPayload(appointment=appointment_of(row, info.context))
