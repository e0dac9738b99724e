"""Feeds: what happens, as it happens, and what was missed meanwhile."""

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import alerts
from domain.feeds import Batch, Delivery, Told, Topic
from domain.kinds import AlertChange, EventKind, Role
from domain.unit_of_work import UnitOfWork
from schema.access import needs
from schema.alerts import Alert, alert_of
from schema.context import Context, Info
from schema.execution.feeds import EventForAll
from schema.pages import decode, encode
from schema.scalars import required_uuid

FollowAfter = Annotated[str | None, strawberry.argument(description="Replay what came behind this cursor first.")]


@strawberry.type(description="One change of one alert.")
class AlertEvent(EventForAll):
    cursor: str = strawberry.field(description="Pass as `after` to go on from here.")
    change: AlertChange = strawberry.field(description="What happened.")
    alert: Alert = strawberry.field(description="The alert as it is now.")


@strawberry.type(description="Something that happened to one patient.")
class PatientEvent(EventForAll):
    cursor: str = strawberry.field(description="Pass as `after` to go on from here.")
    at: datetime = strawberry.field(description="When it happened, in UTC.")
    kind: EventKind = strawberry.field(description="What happened.")
    subject_id: strawberry.ID = strawberry.field(description="The id of what it happened to: an alert, a strip …")


def _followed(context: Context, topic: Topic, after: str | None) -> AsyncGenerator[Delivery]:
    # What the transport itself remembers is later than what the operation was first sent with.
    cursor = decode(context.resume_after or after, int, int)
    return context.backend.events.follow(context.actor, topic, cursor)


async def _alert_events(context: Context, batch: Batch) -> dict[Told, AlertEvent]:
    """The alert events of a batch for everybody of the caller's role, by one statement."""
    told = [event for event in batch.events if Topic().has(event)]
    async with context.backend.reading() as work:
        rows = await _alert_rows(work, told)
    return {
        event: AlertEvent(
            cursor=encode([*event.cursor]),
            change=AlertChange(event.kind.removeprefix("ALERT_")),
            alert=alert_of(rows[event.subject_id], context),
        )
        for event in told
    }


async def _alert_rows(work: UnitOfWork, told: Sequence[Told]) -> dict[UUID, Mapping[str, Any]]:
    return {row["id"]: row for row in await alerts.by_ids(work.connection, [event.subject_id for event in told])}


async def _patient_events(batch: Batch) -> dict[Told, PatientEvent]:
    return {
        event: PatientEvent(
            cursor=encode([*event.cursor]),
            at=event.at,
            kind=event.kind,
            subject_id=strawberry.ID(str(event.subject_id)),
        )
        for event in batch.events
    }


@strawberry.type
class FeedsSubscription:
    @needs(Role.CLINICIAN, Role.COORDINATOR, subscription=True)
    async def alert_feed(self, info: Info, after: FollowAfter = None) -> AsyncIterator[AlertEvent]:
        """Changes of the alerts of the caller's patients, without gap or repetition behind `after`."""
        context = info.context
        async with aclosing(_followed(context, Topic(), after)) as deliveries:
            async for delivery in deliveries:
                make = functools.partial(_alert_events, context, delivery.batch)
                events = await delivery.batch.once(("alertFeed", context.actor.role), make)
                for event in delivery.events:
                    yield events[event]

    @needs(Role.PATIENT, Role.CLINICIAN, subscription=True)
    async def patient_feed(
        self,
        info: Info,
        patient_id: Annotated[strawberry.ID, strawberry.argument(description="Whose.")],
        after: FollowAfter = None,
    ) -> AsyncIterator[PatientEvent]:
        """All that happens to one patient, without gap or repetition behind `after`; NOT_FOUND once the caller may not
        see the patient any more.
        """
        topic = Topic(required_uuid(patient_id, "patientId"))
        async with aclosing(_followed(info.context, topic, after)) as deliveries:
            async for delivery in deliveries:
                make = functools.partial(_patient_events, delivery.batch)
                events = await delivery.batch.once("patientFeed", make)
                for event in delivery.events:
                    yield events[event]
