"""What people do with an alert beside taking it: assign, snooze and resolve it."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import alert_life
from domain.kinds import AlertOutcome, Role
from schema.access import needs
from schema.alerts import Alert, alert_of
from schema.context import Info
from schema.scalars import required_offset, required_uuid


@strawberry.input(description="Who is to answer for which alert.")
class AssignAlertInput:
    alert_id: strawberry.ID = strawberry.field(description="The alert's id.")
    expected_version: int = strawberry.field(description="The version you saw.")
    assignee_id: strawberry.ID = strawberry.field(description="A clinician of the patient's care team.")
    reason: str | None = strawberry.field(default=None, description="Why, at most 500 characters.")


@strawberry.type(description="The assigned alert.")
class AssignAlertPayload:
    alert: Alert = strawberry.field(description="As it is now.")


@strawberry.input(description="Which alert is to be quiet until when.")
class SnoozeAlertInput:
    alert_id: strawberry.ID = strawberry.field(description="The alert's id.")
    expected_version: int = strawberry.field(description="The version you saw.")
    until: datetime = strawberry.field(description="When it is to be open again; its severity has a longest snooze.")
    reason: str = strawberry.field(description="Why it may wait, at most 500 characters.")


@strawberry.type(description="The snoozed alert.")
class SnoozeAlertPayload:
    alert: Alert = strawberry.field(description="As it is now.")


@strawberry.input(description="What came of which alert.")
class ResolveAlertInput:
    alert_id: strawberry.ID = strawberry.field(description="The alert's id.")
    expected_version: int = strawberry.field(description="The version you saw.")
    outcome: AlertOutcome = strawberry.field(description="What came of it.")
    reason: str | None = strawberry.field(default=None, description="Why, at most 500 characters.")


@strawberry.type(description="The resolved alert.")
class ResolveAlertPayload:
    alert: Alert = strawberry.field(description="As it is now.")


@strawberry.type
class AlertLifeMutation:
    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def assign_alert(
        self,
        info: Info,
        input: Annotated[AssignAlertInput, strawberry.argument(description="The alert, and who.")],  # noqa: A002
    ) -> AssignAlertPayload:
        """Make someone answer for an alert; one that was acknowledged is open again until they take it."""
        ids = required_uuid(input.alert_id, "alertId"), required_uuid(input.assignee_id, "assigneeId")
        async with info.context.change() as work:
            row = await alert_life.assign(
                work, info.context.actor, ids[0], input.expected_version, ids[1], input.reason
            )
        return AssignAlertPayload(alert=alert_of(row, info.context))

    @needs(Role.CLINICIAN)
    async def snooze_alert(
        self,
        info: Info,
        input: Annotated[SnoozeAlertInput, strawberry.argument(description="The alert, and until when.")],  # noqa: A002
    ) -> SnoozeAlertPayload:
        """Let an alert be quiet for a while: repeats join it in silence, what is worse opens it again."""
        alert_id, until = required_uuid(input.alert_id, "alertId"), required_offset(input.until, "until")
        async with info.context.change() as work:
            row = await alert_life.snooze(
                work, info.context.actor, alert_id, input.expected_version, until, input.reason
            )
        return SnoozeAlertPayload(alert=alert_of(row, info.context))

    @needs(Role.CLINICIAN)
    async def resolve_alert(
        self,
        info: Info,
        input: Annotated[ResolveAlertInput, strawberry.argument(description="The alert, and its outcome.")],  # noqa: A002
    ) -> ResolveAlertPayload:
        """End an alert; what rings afterwards is another one."""
        alert_id = required_uuid(input.alert_id, "alertId")
        async with info.context.change() as work:
            row = await alert_life.resolve(
                work, info.context.actor, alert_id, input.expected_version, input.outcome, input.reason
            )
        return ResolveAlertPayload(alert=alert_of(row, info.context))
