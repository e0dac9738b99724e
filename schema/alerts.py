"""Alerts: acknowledging them and following them."""

import functools
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain import alert_changes, alert_life, alerts, escalations, patients
from domain.errors import NotFound
from domain.kinds import AlertAudience, AlertChange, AlertOutcome, AlertSeverity, AlertStatus, Role
from domain.rules.alert_words import patient_advice, patient_title
from schema.access import loads, needs
from schema.context import Context, Info
from schema.pages import Connection, check_first, decode, make_page
from schema.scalars import required_uuid

if TYPE_CHECKING:
    from schema.patients import Patient


@strawberry.type(description="Someone of the clinic.")
class Clinician:
    id: strawberry.ID = strawberry.field(description="The account's id.")
    display_name: str = strawberry.field(description="Name.")


@strawberry.type(description="One change in an alert's life: what it was from then on.")
class AlertHistoryEntry:
    change: AlertChange = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When, in UTC.")
    by: Clinician | None = strawberry.field(description="Who did it; absent where a rule or the clock did.")
    reason: str | None = strawberry.field(description="Why, in their own words.")
    version: int = strawberry.field(description="The alert's version from then on.")
    severity: AlertSeverity = strawberry.field(description="How urgent it was.")
    status: AlertStatus = strawberry.field(description="How far it was handled.")
    assignee: Clinician | None = strawberry.field(description="Who had it.")
    snoozed_until: datetime | None = strawberry.field(description="Until when it was to be quiet, in UTC.")
    outcome: AlertOutcome | None = strawberry.field(description="What came of it, where that ended it.")


def _clinician(account_id: UUID | None, name: str | None) -> Clinician | None:
    return None if account_id is None else Clinician(id=strawberry.ID(str(account_id)), display_name=name or "")


def history_entry_of(row: Mapping[str, Any]) -> AlertHistoryEntry:
    """The GraphQL type of a row of `alert_change` with its names."""
    return AlertHistoryEntry(
        change=AlertChange(row["change"]),
        at=row["changed_at"],
        by=_clinician(row["changed_by_id"], row["changed_by_name"]),
        reason=row["reason"],
        version=row["version"],
        severity=AlertSeverity(row["severity"]),
        status=AlertStatus(row["status"]),
        assignee=_clinician(row["assignee_id"], row["assignee_name"]),
        snoozed_until=row["snoozed_until"],
        outcome=AlertOutcome(row["outcome"]) if row["outcome"] else None,
    )


@strawberry.type(description="A step that an alert took because nobody had acknowledged it.")
class AlertEscalation:
    at: datetime = strawberry.field(description="When it was taken, in UTC.")
    due_at: datetime = strawberry.field(description="When it was due, in UTC.")
    severity: AlertSeverity = strawberry.field(description="How urgent the alert was.")
    audience: AlertAudience = strawberry.field(description="For whom the step is.")
    told: AlertAudience = strawberry.field(description="Who was told: the clinic's coordinators where it had nobody.")
    clinicians: list[Clinician] = strawberry.field(description="Who they were.")


def escalation_of(row: Mapping[str, Any]) -> AlertEscalation:
    """The GraphQL type of a row of `alert_escalation` with whom it told."""
    return AlertEscalation(
        at=row["taken_at"],
        due_at=row["due_at"],
        severity=AlertSeverity(row["severity"]),
        audience=AlertAudience(row["audience"]),
        told=AlertAudience(row["told"]),
        clinicians=[
            Clinician(id=strawberry.ID(str(one)), display_name=name)
            for one, name in zip(row["account_ids"], row["names"], strict=True)
        ],
    )


@strawberry.type(description="What a rule found, for a clinician to handle.")
class Alert:
    id: strawberry.ID = strawberry.field(description="The alert's id.")
    severity: AlertSeverity = strawberry.field(description="How soon someone should look.")
    status: AlertStatus = strawberry.field(description="How far it has been handled.")
    title: str = strawberry.field(description="What it is, without values; for patients in their language.")
    explanation: str = strawberry.field(
        description="For clinicians what was seen and which limit it crossed; for patients what they may do."
    )
    rule: str = strawberry.field(description="The rule's id and version.")
    raised_at: datetime = strawberry.field(description="When it was raised, in UTC.")
    snoozed_until: datetime | None = strawberry.field(description="Until when it is quiet, in UTC.")
    acknowledged_at: datetime | None = strawberry.field(description="When somebody first took notice of it, in UTC.")
    resolved_at: datetime | None = strawberry.field(description="When it was resolved, in UTC.")
    outcome: AlertOutcome | None = strawberry.field(description="What came of it, once it is resolved.")
    version: int = strawberry.field(description="Goes up with each change; pass it as expectedVersion.")
    key: strawberry.Private[UUID]
    patient_key: strawberry.Private[UUID]
    assignee_key: strawberry.Private[UUID | None]

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.assignee_key, for_all=True)
    @staticmethod
    async def assignee(ids: list[UUID], info: Info) -> list[Clinician | None]:
        """Who handles it."""
        work = await info.context.reads()
        found = await patients.account_names(work.connection, ids)
        return [Clinician(id=strawberry.ID(str(one)), display_name=found[one]) for one in ids]

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.patient_key, for_all=True)
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

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.key)
    @staticmethod
    async def occurrences(ids: list[UUID], info: Info) -> list[int]:
        """At how many readings or strips it held; those that joined it while it was snoozed are among them."""
        work = await info.context.reads()
        found = await alerts.occurrences(work.connection, ids)
        return [found[one] for one in ids]

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.key)
    @staticmethod
    async def history(ids: list[UUID], info: Info) -> list[list[AlertHistoryEntry]]:
        """What became of it, oldest first; repeats that changed nothing are not among it."""
        work = await info.context.reads()
        found: dict[UUID, list[AlertHistoryEntry]] = {one: [] for one in ids}
        for row in await alert_changes.of_alerts(work.connection, ids):
            found[row["alert_id"]].append(history_entry_of(row))
        return [*found.values()]

    @loads(Role.CLINICIAN, Role.COORDINATOR, key=lambda alert: alert.key)
    @staticmethod
    async def escalations(ids: list[UUID], info: Info) -> list[list[AlertEscalation]]:
        """The steps that it took while nobody had acknowledged it, oldest first."""
        work = await info.context.reads()
        found: dict[UUID, list[AlertEscalation]] = {one: [] for one in ids}
        for row in await escalations.of_alerts(work.connection, ids):
            found[row["alert_id"]].append(escalation_of(row))
        return [*found.values()]


def alert_of(row: Mapping[str, Any], context: Context, locale: str = "en") -> Alert:
    """The GraphQL type of a row of `alert`; a coordinator sees no values, a patient in `locale` what it is about."""
    role = context.actor.role
    title, explanation = row["title"], row["explanation"]
    if role is Role.PATIENT:
        title, explanation = patient_title(row["rule"], locale), patient_advice(AlertSeverity(row["severity"]), locale)
    elif role is not Role.CLINICIAN:
        explanation = "The patient's clinicians see the details."
    return Alert(
        id=strawberry.ID(str(row["id"])),
        severity=AlertSeverity(row["severity"]),
        status=AlertStatus(row["status"]),
        title=title,
        explanation=explanation,
        rule=f"{row['rule']} v{row['rule_version']}",
        raised_at=row["raised_at"],
        snoozed_until=row["snoozed_until"],
        acknowledged_at=row["acknowledged_at"],
        resolved_at=row["resolved_at"],
        outcome=AlertOutcome(row["outcome"]) if row["outcome"] else None,
        version=row["version"],
        key=row["id"],
        patient_key=row["patient_id"],
        assignee_key=row["assignee_id"],
    )


async def alerts_of_patients(
    context: Context,
    whose: list[tuple[UUID, str]],
    first: int,
    statuses: list[AlertStatus] | None,
    after: str | None,
) -> list[Connection[Alert]]:
    """A page of alerts of each of these patients, given with their locales, by one statement."""
    work = await context.reads()
    ids = [one for one, _ in whose]
    rows: dict[UUID, list[Mapping[str, Any]]] = {one: [] for one in ids}
    before = decode(after, datetime, UUID)
    for row in await alerts.of_patients(work.connection, ids, statuses, before=before, limit=check_first(first) + 1):
        rows[row["patient_id"]].append(row)
    for one in ids:
        work.audit("alerts", patient_id=one)
    return [
        make_page(
            rows[one],
            first,
            lambda row: [row["raised_at"], str(row["id"])],
            functools.partial(alert_of, context=context, locale=locale),
        )
        for one, locale in whose
    ]


@strawberry.input(description="The alert to acknowledge.")
class AcknowledgeAlertInput:
    alert_id: strawberry.ID = strawberry.field(description="The alert's id.")
    expected_version: int = strawberry.field(description="The version you saw.")


@strawberry.type(description="The acknowledged alert.")
class AcknowledgeAlertPayload:
    alert: Alert = strawberry.field(description="As it is now.")


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
            row = await alert_life.acknowledge(work, info.context.actor, alert_id, input.expected_version)
        return AcknowledgeAlertPayload(alert=alert_of(row, info.context))
