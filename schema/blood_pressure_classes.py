"""Classes of blood pressure under their GraphQL names, each described by its limits."""

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from domain.rules.blood_pressure_classes import CLASSIFICATIONS, BloodPressureCategory, Classification


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
