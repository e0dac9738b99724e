"""The waiting list: who waits for what, and what they are offered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import waiting_list
from domain.kinds import AppointmentKind, Role, WishStatus
from schema.access import needs
from schema.alerts import Clinician
from schema.appointments import AppointmentPayload, appointment_of
from schema.context import Context, Info
from schema.scalars import as_uuid, required_offset, required_uuid


@strawberry.type(description="A slot that came free and is held for the patient until they answer.")
class SlotOffer:
    id: strawberry.ID = strawberry.field(description="The offer's id, and the appointment's once it is accepted.")
    starts_at: datetime = strawberry.field(description="Begin, in UTC.")
    ends_at: datetime = strawberry.field(description="End, in UTC.")
    clinician: Clinician = strawberry.field(description="With whom.")
    held_until: datetime = strawberry.field(description="Then it goes to the next one who waits, in UTC.")


@strawberry.type(description="What a patient waits for.")
class WaitingWish:
    id: strawberry.ID = strawberry.field(description="The wish's id.")
    kind: AppointmentKind = strawberry.field(description="How they would meet.")
    clinician: Clinician | None = strawberry.field(description="With whom; anyone of the clinic if absent.")
    from_: datetime = strawberry.field(name="from", description="Not before this moment, in UTC.")
    to: datetime = strawberry.field(description="Over by this moment, in UTC.")
    instead_of: strawberry.ID | None = strawberry.field(
        description="The appointment that is called off when an offer is accepted."
    )
    status: WishStatus = strawberry.field(description="What became of it.")
    asked_at: datetime = strawberry.field(description="Since when the patient waits, in UTC.")
    offer: SlotOffer | None = strawberry.field(description="What is held for the patient now.")


def wish_of(row: Mapping[str, Any]) -> WaitingWish:
    """The GraphQL type of a row of `waiting_wish` with names, and with what is offered where that was read."""
    clinician_id, offer_id = row["clinician_id"], row.get("offer_id")
    return WaitingWish(
        id=strawberry.ID(str(row["id"])),
        kind=AppointmentKind(row["kind"]),
        clinician=clinician_id and Clinician(id=strawberry.ID(str(clinician_id)), display_name=row["clinician_name"]),
        from_=row["since"],
        to=row["until"],
        instead_of=row["instead_of_id"] and strawberry.ID(str(row["instead_of_id"])),
        status=WishStatus(row["status"]),
        asked_at=row["asked_at"],
        offer=offer_id
        and SlotOffer(
            id=strawberry.ID(str(offer_id)),
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            clinician=Clinician(
                id=strawberry.ID(str(row["offer_clinician_id"])), display_name=row["offer_clinician_name"]
            ),
            held_until=row["offer_ends_at"],
        ),
    )


async def wishes_of_patients(context: Context, ids: list[UUID]) -> list[list[WaitingWish]]:
    """What these patients wait for, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[WaitingWish]] = {one: [] for one in ids}
    for row in await waiting_list.wishes_of(work.connection, ids, work.at):
        found[row["patient_id"]].append(wish_of(row))
    for one in ids:
        work.audit("waitingList", patient_id=one)
    return [*found.values()]


@strawberry.input(description="What a patient would take if it came free.")
class JoinWaitingListInput:
    client_id: UUID = strawberry.field(description="Made by the client, for safe retries.")
    kind: AppointmentKind = strawberry.field(description="How they would meet.")
    from_: datetime = strawberry.field(name="from", description="Not before this moment, with offset.")
    to: datetime = strawberry.field(description="Over by this moment, with offset; at most 366 days later.")
    patient_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom; a patient may leave it out."
    )
    clinician_id: strawberry.ID | None = strawberry.field(
        default=None, description="With whom; anyone of the clinic if absent."
    )
    instead_of: strawberry.ID | None = strawberry.field(
        default=None, description="A later appointment of the patient, called off when an earlier one is accepted."
    )


@strawberry.input(description="Which wish is taken back.")
class LeaveWaitingListInput:
    wish_id: strawberry.ID = strawberry.field(description="The wish's id.")


@strawberry.input(description="Which offer is answered.")
class OfferInput:
    offer_id: strawberry.ID = strawberry.field(description="The offer's id.")


@strawberry.type(description="The wish.")
class WaitingWishPayload:
    wish: WaitingWish = strawberry.field(description="As it is now.")


@strawberry.type
class WaitingListMutation:
    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def join_waiting_list(
        self,
        info: Info,
        input: Annotated[JoinWaitingListInput, strawberry.argument(description="What is wanted.")],  # noqa: A002
    ) -> WaitingWishPayload:
        """Wait for a slot: when one comes free, it is held for the one who has waited the longest."""
        patient_id = as_uuid(input.patient_id, "patientId")
        clinician_id = as_uuid(input.clinician_id, "clinicianId")
        instead_of = as_uuid(input.instead_of, "insteadOf")
        since, until = required_offset(input.from_, "from"), required_offset(input.to, "to")
        async with info.context.change() as work:
            row = await waiting_list.join(
                work,
                info.context.actor,
                input.client_id,
                patient_id,
                clinician_id=clinician_id,
                kind=input.kind,
                since=since,
                until=until,
                instead_of=instead_of,
            )
        return WaitingWishPayload(wish=wish_of(row))

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def leave_waiting_list(
        self,
        info: Info,
        input: Annotated[LeaveWaitingListInput, strawberry.argument(description="Which wish.")],  # noqa: A002
    ) -> WaitingWishPayload:
        """Wait no more; what is held goes to the next."""
        wish_id = required_uuid(input.wish_id, "wishId")
        async with info.context.change() as work:
            row = await waiting_list.leave(work, info.context.actor, wish_id)
        return WaitingWishPayload(wish=wish_of(row))

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def accept_offer(
        self,
        info: Info,
        input: Annotated[OfferInput, strawberry.argument(description="Which offer.")],  # noqa: A002
    ) -> AppointmentPayload:
        """Book what is held, and call off the appointment that it is instead of; CONFLICT once the offer has ended."""
        offer_id = required_uuid(input.offer_id, "offerId")
        async with info.context.change() as work:
            row = await waiting_list.accept(work, info.context.actor, offer_id)
        return AppointmentPayload(appointment=appointment_of(row, info.context))

    @needs(Role.PATIENT, Role.CLINICIAN, Role.COORDINATOR)
    async def decline_offer(
        self,
        info: Info,
        input: Annotated[OfferInput, strawberry.argument(description="Which offer.")],  # noqa: A002
    ) -> WaitingWishPayload:
        """Let the slot go to the next one who waits; the wish stays."""
        offer_id = required_uuid(input.offer_id, "offerId")
        async with info.context.change() as work:
            row = await waiting_list.decline(work, info.context.actor, offer_id)
        return WaitingWishPayload(wish=wish_of(row))
