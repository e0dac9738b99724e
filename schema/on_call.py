"""Who is on call for the clinic."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import on_call
from domain.kinds import Role
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Info
from schema.pages import After, Connection, First, check_first, decode, make_page
from schema.scalars import required_offset, required_uuid, with_offset


@strawberry.type(description="When a clinician is on call: told of alerts that the care team leaves open.")
class OnCallShift:
    id: strawberry.ID = strawberry.field(description="The shift's id.")
    clinician: Clinician = strawberry.field(description="Who is on call.")
    starts_at: datetime = strawberry.field(description="From when on, in UTC.")
    ends_at: datetime = strawberry.field(description="Until when, in UTC; its start where it was called off before.")


def on_call_shift_of(row: Mapping[str, Any]) -> OnCallShift:
    """The GraphQL type of a row of `on_call_shift` with the clinician's name."""
    return OnCallShift(
        id=strawberry.ID(str(row["id"])),
        clinician=Clinician(id=strawberry.ID(str(row["clinician_id"])), display_name=row["display_name"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
    )


@strawberry.input(description="Who is on call, and when.")
class AddOnCallShiftInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    clinician_id: strawberry.ID = strawberry.field(description="A clinician of the clinic.")
    starts_at: datetime = strawberry.field(description="From when on, at most a year ahead.")
    ends_at: datetime = strawberry.field(description="Until when, at most 31 days later.")


@strawberry.input(description="The shift to end.")
class EndOnCallShiftInput:
    shift_id: strawberry.ID = strawberry.field(description="The shift's id.")


@strawberry.type(description="The shift that was added.")
class AddOnCallShiftPayload:
    shift: OnCallShift = strawberry.field(description="As it is now.")


@strawberry.type(description="The shift that has ended.")
class EndOnCallShiftPayload:
    shift: OnCallShift = strawberry.field(description="As it is now.")


@strawberry.type
class OnCallQuery:
    @needs(Role.CLINICIAN, Role.COORDINATOR, Role.ADMIN)
    async def on_call_shifts(
        self,
        info: Info,
        first: First,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="Not those over by then; now if absent.")
        ] = None,
        after: After = None,
    ) -> Connection[OnCallShift]:
        """Who is on call for the caller's clinic, the first one first."""
        work = await info.context.reads()
        rows = await on_call.page(
            work.connection,
            info.context.actor,
            since=with_offset(from_, "from") or work.at,
            after=decode(after, datetime, UUID),
            limit=check_first(first) + 1,
        )
        return make_page(rows, first, lambda row: [row["starts_at"], str(row["id"])], on_call_shift_of)


@strawberry.type
class OnCallMutation:
    @needs(Role.COORDINATOR, Role.ADMIN)
    async def add_on_call_shift(
        self,
        info: Info,
        input: Annotated[AddOnCallShiftInput, strawberry.argument(description="Who, and when.")],  # noqa: A002
    ) -> AddOnCallShiftPayload:
        """Put a clinician on call; several may be so at once."""
        sent = input
        async with info.context.change() as work:
            row = await on_call.add(
                work,
                info.context.actor,
                sent.client_id,
                required_uuid(sent.clinician_id, "clinicianId"),
                required_offset(sent.starts_at, "startsAt"),
                required_offset(sent.ends_at, "endsAt"),
            )
        return AddOnCallShiftPayload(shift=on_call_shift_of(row))

    @needs(Role.COORDINATOR, Role.ADMIN)
    async def end_on_call_shift(
        self,
        info: Info,
        input: Annotated[EndOnCallShiftInput, strawberry.argument(description="The shift.")],  # noqa: A002
    ) -> EndOnCallShiftPayload:
        """End a shift now, or call it off before it begins."""
        shift_id = required_uuid(input.shift_id, "shiftId")
        async with info.context.change() as work:
            row = await on_call.end(work, info.context.actor, shift_id)
        return EndOnCallShiftPayload(shift=on_call_shift_of(row))
