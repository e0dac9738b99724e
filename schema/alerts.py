"""Alerts: acknowledging them and following them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from domain import alerts, patients
from domain.kinds import AlertSeverity, AlertStatus, EventKind, Role
from schema.access import needs
from schema.context import Info
from schema.pages import decode, encode
from schema.vitals import as_uuid

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

    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def assignee(self, info: Info) -> Clinician | None:
        """Who handles it."""
        if self.assignee_key is None:
            return None

        async def load(keys: list[UUID]) -> Sequence[Clinician | None]:
            work = await info.context.reads()
            rows = await work.connection.fetch("SELECT id, display_name FROM account WHERE id = ANY($1)", keys)
            found = {
                row["id"]: Clinician(id=strawberry.ID(str(row["id"])), display_name=row["display_name"]) for row in rows
            }
            return [found.get(key) for key in keys]

        if "accounts" not in info.context.loaders:
            info.context.loaders["accounts"] = DataLoader(load_fn=load)
        return await info.context.loaders["accounts"].load(self.assignee_key)  # type: ignore[no-any-return]

    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def patient(self, info: Info) -> Annotated["Patient", strawberry.lazy("schema.patients")]:
        """Whose alert it is."""
        from schema.patients import patient_of  # noqa: PLC0415 - the two types name each other

        async def load(keys: list[UUID]) -> Sequence[Any]:
            work = await info.context.reads()
            found = await patients.visible_among(work.connection, info.context.actor, keys, work.at)
            return [patient_of(found[key]) for key in keys]

        if "patients" not in info.context.loaders:
            info.context.loaders["patients"] = DataLoader(load_fn=load)
        return await info.context.loaders["patients"].load(self.patient_key)  # type: ignore[no-any-return]


def alert_of(row: Mapping[str, Any], info: Info) -> Alert:
    """The GraphQL type of a row of `alert`; a coordinator sees no values."""
    sees_values = info.context.actor.role is Role.CLINICIAN
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
        alert_id = as_uuid(input.alert_id, "alertId")
        assert alert_id is not None
        async with info.context.change() as work:
            row = await alerts.acknowledge(work, info.context.actor, alert_id, input.expected_version)
        return AcknowledgeAlertPayload(alert=alert_of(row, info))


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
            # Events, their alerts and what the client selects of them are read, and audited, in one transaction.
            async with context.backend.unit_of_work(context.actor) as work:
                context.reading = work
                context.loaders.clear()
                if cursor is None:
                    cursor = await alerts.feed_end(work.connection)
                events = await alerts.events_after(work.connection, context.actor, at=work.at, after=cursor)
                found = await alerts.by_ids(work.connection, [event["subject_id"] for event in events])
                now = {row["id"]: row for row in found}
                for event in events:
                    row = now[event["subject_id"]]
                    work.audit("alertFeed", patient_id=row["patient_id"], subject_id=row["id"])
                    cursor = (event["transaction"], event["id"])
                    change = AlertChange(EventKind(event["kind"]).removeprefix("ALERT_"))
                    yield AlertEvent(cursor=encode(list(cursor)), change=change, alert=alert_of(row, info))
            context.reading = None
            if not events:
                await asyncio.sleep(FEED_INTERVAL_SECONDS)
