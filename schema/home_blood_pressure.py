"""The home blood pressure protocol as the clinic and the patient see it."""

from datetime import date

import strawberry

from domain import home_blood_pressure
from domain.rules.blood_pressure_classes import BloodPressureCategory
from domain.rules.home_blood_pressure import Average


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
