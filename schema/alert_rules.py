"""The rules that alert, and what is set of them for one patient."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain import rule_overrides
from domain.kinds import AlertSeverity, Role
from domain.rules.overrides import ADJUSTABLE, Adjustable, Override
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Context, Info
from schema.scalars import required_offset, required_uuid

if TYPE_CHECKING:
    from schema.patients import Patient


@strawberry.type(description="A rule that may be set for one patient, as it ships; to be confirmed by a clinician.")
class AlertRule:
    id: strawberry.ID = strawberry.field(description="The rule's id, such as HR-HIGH-1.")
    title: str = strawberry.field(description="What it finds.")
    severity: AlertSeverity = strawberry.field(description="How soon someone should look.")
    limit: float | None = strawberry.field(description="Its limit in `unit`; absent where it has several.")
    unit: str = strawberry.field(description="UCUM unit of the limit.")
    may_be_off: bool = strawberry.field(description="Whether it may be off; what can be an emergency never is.")
    source: str = strawberry.field(description="Where it is from.")


def alert_rule_of(rule: Adjustable) -> AlertRule:
    """The GraphQL type of a rule."""
    return AlertRule(
        id=strawberry.ID(rule.id),
        title=rule.title,
        severity=rule.severity,
        limit=rule.limit,
        unit=rule.unit,
        may_be_off=rule.may_be_off,
        source=rule.source,
    )


@strawberry.type(description="What differs of a rule for one patient, until it ends.")
class RuleOverride:
    rule: strawberry.ID = strawberry.field(description="The rule's id.")
    is_off: bool = strawberry.field(description="Whether it rings nobody.")
    limit: float | None = strawberry.field(description="Its limit, in the rule's unit.")
    readings: int | None = strawberry.field(description="How many readings have to be beyond it.")
    apart_minutes: float | None = strawberry.field(description="At least so many minutes from one to the next.")
    quiet_days: float | None = strawberry.field(description="For so many days it is quiet once it was resolved.")
    reason: str = strawberry.field(description="Why.")
    set_by: Clinician = strawberry.field(description="Who set it.")
    set_at: datetime = strawberry.field(description="When, in UTC.")
    expires_at: datetime = strawberry.field(description="Until when it holds, in UTC.")


def rule_override_of(row: Mapping[str, Any]) -> RuleOverride:
    """The GraphQL type of a row of `rule_override` with the name of who set it."""
    return RuleOverride(
        rule=strawberry.ID(row["rule"]),
        is_off=row["is_off"],
        limit=row["bound"],
        readings=row["readings"],
        apart_minutes=row["apart_minutes"],
        quiet_days=row["quiet_days"],
        reason=row["reason"],
        set_by=Clinician(id=strawberry.ID(str(row["set_by_id"])), display_name=row["set_by_name"]),
        set_at=row["set_at"],
        expires_at=row["expires_at"],
    )


async def rule_overrides_of(context: Context, ids: list[UUID]) -> list[list[RuleOverride]]:
    """What is set for these patients now, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[RuleOverride]] = {one: [] for one in ids}
    for row in await rule_overrides.of_patients(work.connection, ids, work.at):
        found[row["patient_id"]].append(rule_override_of(row))
    for one in ids:
        work.audit("ruleOverrides", patient_id=one)
    return [*found.values()]


@strawberry.input(description="What is to differ of which rule, for whom, why and until when.")
class OverrideAlertRuleInput:
    patient_id: strawberry.ID = strawberry.field(description="For whom.")
    rule: strawberry.ID = strawberry.field(description="The rule's id, such as HR-HIGH-3.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")
    expires_at: datetime = strawberry.field(description="Until when, within 366 days.")
    is_off: bool = strawberry.field(default=False, description="Ring nobody; not for what can be an emergency.")
    limit: float | None = strawberry.field(default=None, description="Another limit, in the rule's unit.")
    readings: int | None = strawberry.field(default=None, description="So many readings beyond it, 1 to 5.")
    apart_minutes: float | None = strawberry.field(
        default=None, description="At least so many minutes from one to the next, 1 to 720."
    )
    quiet_days: float | None = strawberry.field(
        default=None, description="Quiet for so many days once it was resolved, 0 to 90."
    )


@strawberry.input(description="Which rule is to hold as it ships again, and why.")
class EndRuleOverrideInput:
    patient_id: strawberry.ID = strawberry.field(description="For whom.")
    rule: strawberry.ID = strawberry.field(description="The rule's id.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")


@strawberry.type(description="The patient with what is set now.")
class RuleOverridePayload:
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] = strawberry.field(description="As it is now.")


@strawberry.type
class AlertRulesQuery:
    @needs(Role.CLINICIAN)
    async def alert_rules(self, info: Info) -> list[AlertRule]:
        """The rules that may be set for one patient, as they ship."""
        del info
        return [alert_rule_of(rule) for rule in ADJUSTABLE.values()]


@strawberry.type
class AlertRulesMutation:
    @needs(Role.CLINICIAN)
    async def override_alert_rule(
        self,
        info: Info,
        input: Annotated[OverrideAlertRuleInput, strawberry.argument(description="What, for whom.")],  # noqa: A002
    ) -> RuleOverridePayload:
        """Set a rule for one patient until a moment, in the place of what was set of it before."""
        from schema.patients import patient_of  # noqa: PLC0415 - it imports this module

        sent = input
        new = rule_overrides.NewOverride(
            sent.rule,
            Override(sent.is_off, sent.limit, sent.readings, sent.apart_minutes, sent.quiet_days),
            sent.reason,
            required_offset(sent.expires_at, "expiresAt"),
        )
        patient_id = required_uuid(sent.patient_id, "patientId")
        async with info.context.change() as work:
            row = await rule_overrides.set_override(work, info.context.actor, patient_id, new)
        return RuleOverridePayload(patient=patient_of(row))

    @needs(Role.CLINICIAN)
    async def end_rule_override(
        self,
        info: Info,
        input: Annotated[EndRuleOverrideInput, strawberry.argument(description="Which rule, for whom.")],  # noqa: A002
    ) -> RuleOverridePayload:
        """Let a rule hold as it ships again."""
        from schema.patients import patient_of  # noqa: PLC0415 - as above

        patient_id = required_uuid(input.patient_id, "patientId")
        async with info.context.change() as work:
            row = await rule_overrides.end_override(work, info.context.actor, patient_id, input.rule, input.reason)
        return RuleOverridePayload(patient=patient_of(row))
