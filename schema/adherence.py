"""How regularly medicines are taken."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from domain import adherence
from schema.context import Context


@strawberry.type(description="How regularly one medicine was taken.")
class MedicationAdherence:
    medication: str = strawberry.field(description="What it is called.")
    proportion_of_days_covered: float | None = strawberry.field(
        description="Share of its days on which every dose was taken, 0 to 1; absent without a day that counts."
    )
    days: int = strawberry.field(description="Days with doses that count.")
    scheduled: int = strawberry.field(description="Doses that count: those booked, and those whose time is over.")
    taken: int = strawberry.field(description="Of them booked as taken.")
    skipped: int = strawberry.field(description="Of them skipped on purpose.")
    missed: int = strawberry.field(description="Of them without any word.")


@strawberry.type(description="How regularly medicines were taken in a week.")
class WeeklyAdherence:
    week: date = strawberry.field(description="Its Monday.")
    proportion_of_days_covered: float = strawberry.field(
        description="Share of its days on which every dose of every medicine was taken, 0 to 1."
    )
    scheduled: int = strawberry.field(description="Doses that count.")
    taken: int = strawberry.field(description="Of them booked as taken.")


@strawberry.type(description="How regularly medicines were taken; docs/adherence.md says how that is counted.")
class Adherence:
    proportion_of_days_covered: float | None = strawberry.field(
        description="Share of days on which every dose of every medicine was taken, 0 to 1; absent without such a day."
    )
    days: int = strawberry.field(description="Days with doses that count.")
    scheduled: int = strawberry.field(description="Doses that count: those booked, and those whose time is over.")
    taken: int = strawberry.field(description="Of them booked as taken.")
    skipped: int = strawberry.field(description="Of them skipped on purpose.")
    missed: int = strawberry.field(description="Of them without any word.")
    by_medication: list[MedicationAdherence] = strawberry.field(description="The same for each medicine, by name.")
    by_week: list[WeeklyAdherence] = strawberry.field(description="The same for each week with doses, the first first.")


def _counts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "proportion_of_days_covered": row["covered"] / row["days"],
        **{name: row[name] for name in ("days", "scheduled", "taken", "skipped", "missed")},
    }


def _nothing() -> Adherence:
    return Adherence(
        proportion_of_days_covered=None,
        days=0,
        scheduled=0,
        taken=0,
        skipped=0,
        missed=0,
        by_medication=[],
        by_week=[],
    )


async def adherence_of(context: Context, ids: list[UUID], since: date, until: date) -> list[Adherence]:
    """What the days come to for each of these patients, by one statement."""
    work = await context.reads()
    found = {one: _nothing() for one in ids}
    for row in await adherence.of_patients(work.connection, ids, since, until, work.at):
        one, counts = found[row["patient_id"]], _counts(row)
        if row["medication"] is not None:
            one.by_medication.append(MedicationAdherence(medication=row["medication"], **counts))
        elif row["week"] is not None:
            told = {name: counts[name] for name in ("proportion_of_days_covered", "scheduled", "taken")}
            one.by_week.append(WeeklyAdherence(week=row["week"], **told))
        else:
            for name, value in counts.items():
                setattr(one, name, value)
    for patient_id in ids:
        work.audit("adherence", patient_id=patient_id)
    return list(found.values())


@strawberry.type(description="Blood pressure at home after days on which medicines were taken, or were not.")
class PressureByAdherence:
    all_taken: bool = strawberry.field(description="Whether every dose of the day before was booked as taken.")
    days: int = strawberry.field(description="Of how many days with readings it is the mean.")
    systolic: float = strawberry.field(description="Mean systolic pressure in mm[Hg] (LOINC 8480-6).")
    diastolic: float = strawberry.field(description="Mean diastolic pressure in mm[Hg] (LOINC 8462-4).")


async def pressures_of(context: Context, ids: list[UUID], since: date, until: date) -> list[list[PressureByAdherence]]:
    """What these patients' pressure was on the days after, by one statement."""
    work = await context.reads()
    found: dict[UUID, list[PressureByAdherence]] = {one: [] for one in ids}
    for row in await adherence.pressures(work.connection, ids, since, until, work.at):
        found[row["patient_id"]].append(
            PressureByAdherence(
                all_taken=row["is_covered"], days=row["days"], systolic=row["systolic"], diastolic=row["diastolic"]
            )
        )
    for patient_id in ids:
        work.audit("adherence", patient_id=patient_id)
        work.audit("dailySummaries:SYSTOLIC", patient_id=patient_id)
    return list(found.values())
