"""Alerts: acknowledging them and following them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain import alerts, patients
from domain.errors import NotFound
from domain.kinds import AlertSeverity, AlertStatus, EventKind, Role
from schema.access import loads, needs
from schema.context import Context, Info
from schema.pages import decode, encode
from schema.scalars import required_uuid

if TYPE_CHECKING:
    from schema.patients import Patient

# How often a feed looks for new events when nothing tells it of them.
FEED_INTERVAL_SECONDS = 0.5


@strawberry.enum(description="What happened to the alert.")
class AlertChange(StrEnum):
    RAISED = "RAISED"
    REPEATED = "REPEATED"
    ACKNOWLEDGED = "ACKNOWLEDGED"


@strawberry.type(description="Someone of the clinic.")
class Clinician:
    id: strawberry.ID = strawberry.field(description="The account's id.")
    display_name: str = strawberry.field(description="Name.")


@strawberry.type(description="What a rule found, for a clinician to handle.")
class Alert:
    id: strawberry.ID = strawberry.field(description="The alert's id.")
    severity: AlertSeverity = strawberry.field(description="How soon someone should look.")
    status: AlertStatus = strawberry.field(description="How far it has been handled.")
    title: str = strawberry.field(description="What it is, without values.")
    explanation: str = strawberry.field(description="What was seen and which limit it crossed; for clinicians.")
    rule: str = strawberry.field(description="The rule's id and version.")
    raised_at: datetime = strawberry.field(description="When it was raised, in UTC.")
    snoozed_until: datetime | None = strawberry.field(description="Until when it is quiet, in UTC.")
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")
    patient_key: strawberry.Private[UUID]
    assignee_key: strawberry.Private[UUID | None]

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.assignee_key)
    @staticmethod
    async def assignee(ids: list[UUID], info: Info) -> list[Clinician | None]:
        """Who handles it."""
        work = await info.context.reads()
        found = await patients.account_names(work.connection, ids)
        return [Clinician(id=strawberry.ID(str(one)), display_name=found[one]) for one in ids]

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.patient_key)
    @staticmethod
    async def patient(ids: list[UUID], info: Info) -> list[Annotated["Patient", strawberry.lazy("schema.patients")]]:
        """Whose alert it is."""
        from schema.patients import patient_of  # noqa: PLC0415 - the two types name each other

        work = await info.context.reads()
        found = await patients.visible_among(work.connection, info.context.actor, ids, work.at)
        # One that is not visible any more is refused.
        values: list[Any] = [
            patient_of(found[one]) if one in found else NotFound("There is no such patient.") for one in ids
        ]
        return values


def alert_of(row: Mapping[str, Any], context: Context) -> Alert:
    """The GraphQL type of a row of `alert`; a coordinator sees no values."""
    sees_values = context.actor.role is Role.CLINICIAN
    return Alert(
        id=strawberry.ID(str(row["id"])),
        severity=AlertSeverity(row["severity"]),
        status=AlertStatus(row["status"]),
        title=row["title"],
        explanation=row["explanation"] if sees_values else "The patient's clinicians see the details.",
        rule=f"{row['rule']} v{row['rule_version']}",
        raised_at=row["raised_at"],
        snoozed_until=row["snoozed_until"],
        version=row["version"],
        patient_key=row["patient_id"],
        assignee_key=row["assignee_id"],
    )


@strawberry.input(description="The alert to acknowledge.")
class AcknowledgeAlertInput:
    alert_id: strawberry.ID = strawberry.field(description="The alert's id.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The acknowledged alert.")
class AcknowledgeAlertPayload:
    alert: Alert = strawberry.field(description="As it is now.")


@strawberry.type(description="One change of one alert.")
class AlertEvent:
    cursor: str = strawberry.field(description="Pass as `after` to go on from here.")
    change: AlertChange = strawberry.field(description="What happened.")
    alert: Alert = strawberry.field(description="The alert as it is now.")


@strawberry.type
class AlertsMutation:
    @needs(Role.CLINICIAN)
    async def acknowledge_alert(
        self,
        info: Info,
        input: Annotated[AcknowledgeAlertInput, strawberry.argument(description="The alert.")],  # noqa: A002
    ) -> AcknowledgeAlertPayload:
        """Take an open alert; a stale version is a CONFLICT that tells the current one."""
        alert_id = required_uuid(input.alert_id, "alertId")
        async with info.context.change() as work:
            row = await alerts.acknowledge(work, info.context.actor, alert_id, input.expected_version)
        return AcknowledgeAlertPayload(alert=alert_of(row, info.context))


@strawberry.type
class AlertsSubscription:
    @needs(Role.CLINICIAN, Role.COORDINATOR, subscription=True)
    async def alert_feed(
        self,
        info: Info,
        after: Annotated[
            str | None, strawberry.argument(description="Replay what came behind this cursor first.")
        ] = None,
    ) -> AsyncIterator[AlertEvent]:
        """Changes of the alerts of the caller's patients, without gap or repetition behind `after`."""
        context = info.context
        cursor = decode(after, int, int)
        while True:
            cursor, events = await _alert_events(context, cursor)
            for event in events:
                yield event
            if not events:
                await asyncio.sleep(FEED_INTERVAL_SECONDS)


async def _alert_events(context: Context, cursor: tuple[int, int] | None) -> tuple[tuple[int, int], list[AlertEvent]]:
    """The next events and the cursor behind them.

    All of it is read, audited and committed before the first is sent: a slow reader holds no connection.
    """
    async with context.backend.unit_of_work(context.actor) as work:
        if cursor is None:
            cursor = await alerts.feed_end(work.connection)
        found = await alerts.events_after(work.connection, context.actor, at=work.at, after=cursor)
        rows = {row["id"]: row for row in await alerts.by_ids(work.connection, [one["subject_id"] for one in found])}
        events = []
        for one in found:
            row = rows[one["subject_id"]]
            work.audit("alertFeed", patient_id=row["patient_id"], subject_id=row["id"])
            cursor = (one["transaction"], one["id"])
            events.append(
                AlertEvent(
                    cursor=encode(list(cursor)),
                    change=AlertChange(EventKind(one["kind"]).removeprefix("ALERT_")),
                    alert=alert_of(row, context),
                )
            )
        return cursor, events
