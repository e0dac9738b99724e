"""When clinicians take appointments, and when they are free."""

from datetime import date, datetime, time
from typing import Annotated

import strawberry

from domain import availability
from domain.kinds import AbsenceKind, AppointmentKind, Role, Weekday
from domain.rules.slots import Absence, Hours, WeeklyHours
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Info
from schema.scalars import as_uuid, required_offset, required_uuid


@strawberry.type(description="A time that can be booked.")
class FreeSlot:
    starts_at: datetime = strawberry.field(description="Begin, in UTC.")
    ends_at: datetime = strawberry.field(description="End, in UTC.")
    clinician: Clinician = strawberry.field(description="With whom.")


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


@strawberry.type
class AvailabilityQuery:
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
        patient_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="For whom the clinic's staff looks; a patient may leave it out."),
        ] = None,
        *,
        of_whole_clinic: Annotated[
            bool,
            strawberry.argument(
                description="With anyone of the clinic instead of the care team; always so where nobody says for whom."
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
            patient_id=as_uuid(patient_id, "patientId"),
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
class AvailabilityMutation:
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
