"""The home blood pressure protocol as the clinic and the patient see it."""

from datetime import date
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.types.enum import StrawberryEnumDefinition

from domain import home_blood_pressure
from domain.kinds import BloodPressureScheme
from domain.rules.blood_pressure_classes import CLASSIFICATIONS, BloodPressureCategory, Classification
from domain.rules.home_blood_pressure import Average
from schema.context import Context


def scheme_loader(context: Context) -> DataLoader[UUID, BloodPressureScheme]:
    """One statement for the schemes of all patients of the request."""

    async def load(keys: list[UUID]) -> list[BloodPressureScheme]:
        work = await context.reads()
        found = await home_blood_pressure.schemes(work.connection, keys)
        return [found[key] for key in keys]

    return context.loaders.setdefault("blood_pressure_schemes", DataLoader(load_fn=load))


def _limits(rule: Classification, name: str) -> list[str]:
    """The limits of the class of that name, if the scheme has it."""
    limits = [f"{one.systolic_at_least:g}/{one.diastolic_at_least:g} mm[Hg]" for one in rule.classes]
    names = [one.category.value for one in rule.classes]
    if name not in names:
        return []
    place = names.index(name)
    return [f"below {limits[1]}" if place == 0 else f"from {limits[place]}"]


def _described_enum(cls: type[BloodPressureCategory]) -> None:
    """Describe each class by its limits in every scheme that has it."""
    made = strawberry.enum(
        cls, description="A class of blood pressure by the clinic's scheme: of the numbers, not a diagnosis."
    )
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = "; ".join(
            f"{rule.name} {setting.lower()}: {limit}"
            for (_, setting), rule in CLASSIFICATIONS.items()
            for limit in _limits(rule, value.name)
        )


_described_enum(BloodPressureCategory)


@strawberry.type(description="The mornings or the evenings of the protocol.")
class HomeBloodPressurePart:
    systolic_mean: float | None = strawberry.field(
        description="Mean systolic pressure in mm[Hg] (LOINC 8480-6); absent without a reading."
    )
    diastolic_mean: float | None = strawberry.field(
        description="Mean diastolic pressure in mm[Hg] (LOINC 8462-4); absent without a reading."
    )
    readings: int = strawberry.field(description="How many readings count, 12 when complete.")


@strawberry.type(
    description="The guideline protocol of blood pressure at home: seven days, two readings each morning and evening,"
    " the first day left out."
)
class HomeBloodPressure:
    from_: date = strawberry.field(name="from", description="First of the seven days, in the patient's own calendar.")
    to: date = strawberry.field(description="Last of the seven days.")
    complete: bool = strawberry.field(description="Whether all 24 readings are there.")
    readings_used: int = strawberry.field(description="How many readings count; a class needs at least 12.")
    readings_missing: int = strawberry.field(description="How many are missing from 24.")
    systolic_mean: float | None = strawberry.field(
        description="Mean systolic pressure in mm[Hg] (LOINC 8480-6); absent without a reading."
    )
    diastolic_mean: float | None = strawberry.field(
        description="Mean diastolic pressure in mm[Hg] (LOINC 8462-4); absent without a reading."
    )
    morning: HomeBloodPressurePart = strawberry.field(description="From 4 to 12 o'clock of the patient's wall clock.")
    evening: HomeBloodPressurePart = strawberry.field(description="From 17 to 24 o'clock of the patient's wall clock.")
    category: BloodPressureCategory | None = strawberry.field(
        description="Class of the means by the clinic's scheme; absent with fewer than 12 readings."
    )
    explanation: str = strawberry.field(
        description="What counts, what is missing and the class with its scheme, in plain sentences; also whether the"
        " clinic's readings differ (white-coat or masked)."
    )


def _part_of(found: Average | None) -> HomeBloodPressurePart:
    return HomeBloodPressurePart(
        systolic_mean=found.systolic if found else None,
        diastolic_mean=found.diastolic if found else None,
        readings=found.readings if found else 0,
    )


def home_blood_pressure_of(found: home_blood_pressure.Protocol) -> HomeBloodPressure:
    """The GraphQL type of a protocol."""
    week = found.week
    return HomeBloodPressure(
        from_=week.first_day,
        to=week.last_day,
        complete=week.complete,
        readings_used=week.readings_used,
        readings_missing=week.readings_missing,
        systolic_mean=week.overall.systolic if week.overall else None,
        diastolic_mean=week.overall.diastolic if week.overall else None,
        morning=_part_of(week.morning),
        evening=_part_of(week.evening),
        category=week.category,
        explanation=found.explanation(),
    )
