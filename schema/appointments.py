"""Appointments: booking, moving, calling off, and what happens on the day."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import appointments, calendar_entries, calendar_feeds, video_calls, visit_notes
from domain.kinds import AppointmentKind, AppointmentStatus, Role
from schema.access import loads, needs
from schema.alerts import Clinician
from schema.context import Context, Info
from schema.pages import Connection, check_first, decode, make_page
from schema.scalars import as_uuid, required_offset, required_uuid
from schema.visit_notes import VisitNote, visit_note_of

CallStatus = strawberry.enum(
    video_calls.CallStatus,
    description="Who is in a call that is open; NOT_OPEN before, ENDED after and where the visit is off or over.",
)


@strawberry.enum(description="CONFIRM and CHECK_IN by either side, the others by the clinic.")
class AppointmentStep(StrEnum):
    CONFIRM = "confirm"
    CHECK_IN = "check in"
    BEGIN = "begin"
    COMPLETE = "complete"
    MISS = "miss"


@strawberry.type(description="The call of a video appointment; the visit has a state of its own.")
class VideoCall:
    status: video_calls.CallStatus = strawberry.field(description="Who is in it.")
    opens_at: datetime = strawberry.field(description="From when on it can be entered, in UTC.")
    closes_at: datetime = strawberry.field(description="From when on it cannot be entered any more, in UTC.")


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
        description="Where the caller enters the video call: a link of their own that lives 10 minutes. Absent for"
        " whoever is not one of the two, while the call is not open, and where no video service is set up."
    )
    clinician: Clinician = strawberry.field(description="With whom.")
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")
    row: strawberry.Private[Any]

    @loads(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR, key=lambda one: one.row if one.kind == "VIDEO" else None)
    @staticmethod
    async def call(rows: list[Any], info: Info) -> list[VideoCall | None]:
        """The video call; absent where they meet in another way."""
        work = await info.context.reads()
        present = await video_calls.present(work.connection, [row["id"] for row in rows])
        return [_call_of(row, present.get(row["id"], frozenset()), work.at) for row in rows]

    @loads(Role.PATIENT, key=lambda one: one.row["id"])
    @staticmethod
    async def calendar_file(ids: list[UUID], info: Info) -> list[str]:
        """The appointment as an iCalendar file: opened again after a change, it changes or goes in the calendar."""
        work = await info.context.reads()
        found = await calendar_feeds.entries(work.connection, ids)
        return [calendar_entries.entry(found[one]) for one in ids]

    @loads(Role.PATIENT, Role.CLINICIAN, key=lambda one: one.row["id"])
    @staticmethod
    async def visit_notes(ids: list[UUID], info: Info) -> list[list[VisitNote]]:
        """What the clinician wrote of the visit, the newest version first."""
        work = await info.context.reads()
        found: dict[UUID, list[VisitNote]] = {one: [] for one in ids}
        for row in await visit_notes.of_appointments(work.connection, ids):
            found[row["appointment_id"]].append(visit_note_of(row))
            work.audit("visitNotes", patient_id=row["patient_id"], subject_id=row["id"])
        return [*found.values()]


def _call_of(row: Mapping[str, Any], roles: frozenset[Role], at: datetime) -> VideoCall:
    opens, closes = video_calls.window(row)
    status = video_calls.call_status(row, roles, at)
    return VideoCall(status=status, opens_at=opens, closes_at=closes)


def appointment_of(row: Mapping[str, Any], context: Context) -> Appointment:
    """The GraphQL type of a row of `appointment` with the clinician's name; a coordinator sees no reasons."""
    sees_reasons = context.actor.role is not Role.COORDINATOR
    video, entry = context.backend.video, video_calls.call_pass(row, context.actor, context.backend.now())
    return Appointment(
        id=strawberry.ID(str(row["id"])),
        kind=AppointmentKind(row["kind"]),
        status=AppointmentStatus(row["status"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        time_zone=row["time_zone"],
        reason=row["reason"] if sees_reasons else None,
        change_reason=row["change_reason"] if sees_reasons else None,
        join_url=video.join_url(entry) if video and entry else None,
        clinician=Clinician(id=strawberry.ID(str(row["clinician_id"])), display_name=row["clinician_name"]),
        version=row["version"],
        row=row,
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


@strawberry.input(description="Whose call is entered or left.")
class CallInput:
    appointment_id: strawberry.ID = strawberry.field(description="The appointment's id.")


@strawberry.type(description="The appointment.")
class AppointmentPayload:
    appointment: Appointment = strawberry.field(description="As it is now.")


@strawberry.type
class AppointmentsMutation:
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

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def enter_call(
        self,
        info: Info,
        input: Annotated[CallInput, strawberry.argument(description="Which call.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Say that the caller is in the video call, and get its link; the other side's feed tells it."""
        appointment_id = required_uuid(input.appointment_id, "appointmentId")
        async with info.context.change() as work:
            row = await video_calls.enter(work, info.context.actor, appointment_id)
        return AppointmentPayload(appointment=appointment_of(row, info.context))

    @needs(Role.PATIENT, Role.CLINICIAN)
    async def leave_call(
        self,
        info: Info,
        input: Annotated[CallInput, strawberry.argument(description="Which call.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Say that the caller has left the video call; the visit stays as it is."""
        appointment_id = required_uuid(input.appointment_id, "appointmentId")
        async with info.context.change() as work:
            row = await video_calls.leave(work, info.context.actor, appointment_id)
        return AppointmentPayload(appointment=appointment_of(row, info.context))
