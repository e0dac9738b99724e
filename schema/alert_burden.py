"""How much the clinic is told."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import strawberry

from domain import alert_burden
from domain.kinds import AlertSeverity, FindingKind, Role
from schema.access import needs
from schema.context import Info


@strawberry.type(description="How long something took, of those alerts where it came about.")
class MinutesTaken:
    alerts: int = strawberry.field(description="How many they were.")
    median: float = strawberry.field(description="Half of them took no longer, in minutes.")
    ninetieth_percentile: float = strawberry.field(description="Nine of ten took no longer, in minutes.")


def _minutes_taken(count: int, centiles: Sequence[float] | None) -> MinutesTaken | None:
    if centiles is None:
        return None
    median, ninetieth = centiles
    return MinutesTaken(alerts=count, median=median, ninetieth_percentile=ninetieth)


@strawberry.type(description="Alerts of one severity in one month.")
class SeverityBurden:
    severity: AlertSeverity = strawberry.field(description="The worst that each of them became.")
    alerts: int = strawberry.field(description="How many were raised; repeats join an open one.")
    alerts_per_patient: float = strawberry.field(description="For each patient, whether it had any or not.")
    false_alarms: int = strawberry.field(description="How many were resolved as such.")
    to_acknowledge: MinutesTaken | None = strawberry.field(
        description="From raising until somebody took notice; absent where nobody has."
    )
    to_resolve: MinutesTaken | None = strawberry.field(description="From raising to the end; absent where none ended.")


@strawberry.type(description="Alerts of one rule in one month.")
class RuleBurden:
    rule: str = strawberry.field(description="The rule's id.")
    alerts: int = strawberry.field(description="How many were raised; repeats join an open one.")
    alerts_per_patient: float = strawberry.field(description="For each patient, whether it had any or not.")
    false_alarms: int = strawberry.field(description="How many were resolved as such.")
    acknowledged: int = strawberry.field(description="How many of them somebody took.")
    minutes_to_acknowledge: float | None = strawberry.field(
        description="Median minutes until then; absent where none was taken."
    )
    to_acknowledge: MinutesTaken | None = strawberry.field(
        description="From raising until somebody took notice; absent where nobody has."
    )
    to_resolve: MinutesTaken | None = strawberry.field(description="From raising to the end; absent where none ended.")


@strawberry.type(description="Findings of one kind in one month.")
class FindingBurden:
    kind: FindingKind = strawberry.field(description="What was unusual.")
    findings: int = strawberry.field(description="How many were found.")
    findings_per_patient: float = strawberry.field(description="For each patient, whether it had any or not.")
    explained: int = strawberry.field(description="For how many of them a change of medication accounts.")


@strawberry.type(description="What one month brought; counts without anybody's values.")
class BurdenMonth:
    month: date = strawberry.field(description="First day of the month, in UTC.")
    patients: int = strawberry.field(description="How many patients the caller sees now.")
    rules: list[RuleBurden] = strawberry.field(description="Alerts by rule, the most frequent first.")
    severities: list[SeverityBurden] = strawberry.field(description="Alerts by severity, the worst first.")
    findings: list[FindingBurden] = strawberry.field(description="Findings by kind, the most frequent first.")


def burden_month_of(found: alert_burden.Burden) -> BurdenMonth:
    """The GraphQL type of a month."""
    patients = max(found.patients, 1)
    return BurdenMonth(
        month=found.month,
        patients=found.patients,
        rules=[
            RuleBurden(
                rule=row["rule"],
                alerts=row["alerts"],
                alerts_per_patient=row["alerts"] / patients,
                false_alarms=row["false_alarms"],
                acknowledged=row["acknowledged"],
                minutes_to_acknowledge=row["minutes_to_acknowledge"][0] if row["acknowledged"] else None,
                to_acknowledge=_minutes_taken(row["acknowledged"], row["minutes_to_acknowledge"]),
                to_resolve=_minutes_taken(row["resolved"], row["minutes_to_resolve"]),
            )
            for row in found.by_rule
        ],
        severities=[
            SeverityBurden(
                severity=AlertSeverity(row["severity"]),
                alerts=row["alerts"],
                alerts_per_patient=row["alerts"] / patients,
                false_alarms=row["false_alarms"],
                to_acknowledge=_minutes_taken(row["acknowledged"], row["minutes_to_acknowledge"]),
                to_resolve=_minutes_taken(row["resolved"], row["minutes_to_resolve"]),
            )
            for row in found.by_severity
        ],
        findings=[
            FindingBurden(
                kind=FindingKind(row["kind"]),
                findings=row["findings"],
                findings_per_patient=row["findings"] / patients,
                explained=row["explained"],
            )
            for row in found.findings
        ],
    )


@strawberry.type
class AlertBurdenQuery:
    @needs(Role.CLINICIAN, Role.COORDINATOR)
    async def alert_burden(
        self,
        info: Info,
        months: Annotated[int, strawberry.argument(description="This month and those before it: 1 to 24.")],
    ) -> list[BurdenMonth]:
        """How many alerts and findings each month brought for the caller's patients, the newest month first."""
        found = await alert_burden.burden(await info.context.reads(), info.context.actor, months)
        return [burden_month_of(month) for month in found]
