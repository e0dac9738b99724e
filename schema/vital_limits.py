"""A patient's own limits: reading and setting them."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain import vital_limits
from domain.kinds import Measure, Role
from schema.access import needs
from schema.alerts import Clinician
from schema.context import Context, Info
from schema.scalars import required_uuid

if TYPE_CHECKING:
    from schema.patients import Patient


@strawberry.type(description="A limit of the patient's own for one measure, which takes the place of the clinic's.")
class VitalLimit:
    measure: Measure = strawberry.field(description="What is measured.")
    low: float | None = strawberry.field(description="Readings below it are out of limits; in the measure's UCUM unit.")
    high: float | None = strawberry.field(description="Readings above it are out of limits; in the same unit.")
    set_at: datetime = strawberry.field(description="When it was set, in UTC.")
    set_by: Clinician = strawberry.field(description="Who set it.")


def vital_limit_of(row: Mapping[str, Any]) -> VitalLimit:
    """The GraphQL type of a row of `vital_limit` with the name of who set it."""
    return VitalLimit(
        measure=Measure(row["measure"]),
        low=row["low"],
        high=row["high"],
        set_at=row["set_at"],
        set_by=Clinician(id=strawberry.ID(str(row["set_by_id"])), display_name=row["set_by_name"]),
    )


async def vital_limits_of(context: Context, ids: list[UUID]) -> list[list[VitalLimit]]:
    """The limits that these patients have of their own, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[VitalLimit]] = {one: [] for one in ids}
    for row in await vital_limits.limits_of(work.connection, ids):
        found[row["patient_id"]].append(vital_limit_of(row))
    for one in ids:
        work.audit("vitalLimits", patient_id=one)
    return [*found.values()]


@strawberry.input(description="The limits of one measure; leave both out to return to the clinic's defaults.")
class VitalLimitInput:
    measure: Measure = strawberry.field(description="What is measured, each at most once.")
    low: float | None = strawberry.field(
        default=None, description="The lower limit in the measure's UCUM unit, if any."
    )
    high: float | None = strawberry.field(default=None, description="The upper limit in the same unit, if any.")


@strawberry.input(description="Whose limits of which measures; measures that are not named keep theirs.")
class SetVitalLimitsInput:
    patient_id: strawberry.ID = strawberry.field(description="Whose limits.")
    limits: list[VitalLimitInput] = strawberry.field(description="The limits to set, at least one.")


@strawberry.type(description="The patient with the limits that hold now.")
class SetVitalLimitsPayload:
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] = strawberry.field(description="As it is now.")


@strawberry.type
class VitalLimitsMutation:
    @needs(Role.CLINICIAN)
    async def set_vital_limits(
        self,
        info: Info,
        input: Annotated[SetVitalLimitsInput, strawberry.argument(description="Whose limits, and which.")],  # noqa: A002
    ) -> SetVitalLimitsPayload:
        """Set limits of the patient's own; the same once more changes nothing, and the history is kept."""
        from schema.patients import patient_of  # noqa: PLC0415 - it imports this module

        patient_id = required_uuid(input.patient_id, "patientId")
        limits = [vital_limits.VitalLimit(one.measure, one.low, one.high) for one in input.limits]
        async with info.context.change() as work:
            row = await vital_limits.set_limits(work, info.context.actor, patient_id, limits)
        return SetVitalLimitsPayload(patient=patient_of(row))
