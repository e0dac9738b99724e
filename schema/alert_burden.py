"""How much the clinic is told."""

from datetime import date
from typing import Annotated

import strawberry

from domain import alert_burden
from domain.kinds import FindingKind, Role
from schema.access import needs
from schema.context import Info


@strawberry.type(description="Alerts of one rule in one month.")
class RuleBurden:
    rule: str = strawberry.field(description="The rule's id.")
    alerts: int = strawberry.field(description="How many were raised; repeats join an open one.")
    alerts_per_patient: float = strawberry.field(description="For each patient, whether it had any or not.")
    acknowledged: int = strawberry.field(description="How many of them somebody took.")
    minutes_to_acknowledge: float | None = strawberry.field(
        description="Median minutes until then; absent where none was taken."
    )


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
                acknowledged=row["acknowledged"],
                minutes_to_acknowledge=row["minutes_to_acknowledge"],
            )
            for row in found.alerts
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
