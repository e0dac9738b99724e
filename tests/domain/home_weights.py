"""Weights of one patient, sent through the domain's own verbs, and what the analysis keeps of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from adapters.runtime import Runtime
from domain import vital_analysis, vitals
from domain.kinds import ReadingSource, Role, VitalKind
from domain.new_readings import NewReading
from domain.unit_of_work import unit_of_work
from tests.people import People

Weights = Sequence[tuple[datetime, float]]


def ramp(until: datetime, *, days: int = 60, rises: int = 7, kilograms: float = 3.5, seed: int = 7) -> Weights:
    """One weight a morning; the last `rises` days go up."""
    noise = np.random.default_rng(seed).normal(0, 0.3, days)
    risen = np.clip((np.arange(days) - (days - 1 - rises)) / rises, 0, 1) * kilograms
    return [
        (until - timedelta(days=days - 1 - day), round(float(81 + noise[day] + risen[day]), 1)) for day in range(days)
    ]


def as_sent(weights: Weights, source: ReadingSource = ReadingSource.DEVICE) -> list[NewReading]:
    """As a phone sends them."""
    return [NewReading(uuid4(), VitalKind.WEIGHT, at, source, {"value": kilograms}) for at, kilograms in weights]


async def record(
    runtime: Runtime,
    people: People,
    weights: Weights,
    source: ReadingSource = ReadingSource.DEVICE,
    *,
    at: datetime | None = None,
) -> None:
    """Record them in one call, now or at some other moment."""
    by = people.actors[Role.PATIENT]
    async with unit_of_work(runtime.pool, at=at or runtime.now(), by=by) as work:
        recorded = await vitals.record(work, by, None, as_sent(weights, source))
    assert not recorded.rejected


async def analyse(runtime: Runtime, patient_id: UUID, *, at: datetime | None = None) -> None:
    """Do what a worker does for the patient, now or at some other moment."""
    async with unit_of_work(runtime.pool, at=at or runtime.now(), by=None) as work:
        await vital_analysis.take_in(work, patient_id)


async def live(runtime: Runtime, people: People, weights: Weights) -> None:
    """Each weight recorded and analysed a minute after it was measured."""
    for at, kilograms in weights:
        later = at + timedelta(minutes=1)
        await record(runtime, people, [(at, kilograms)], at=later)
        await analyse(runtime, people.patient_id, at=later)


async def remembered(runtime: Runtime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The filters and the findings that hold, without when they were found."""
    filters = await runtime.pool.fetch(
        "SELECT patient_id, measure::text, version, last_at, readings, memory FROM vital_filter ORDER BY 1, 2"
    )
    findings = await runtime.pool.fetch(
        "SELECT * FROM finding WHERE withdrawn_at IS NULL ORDER BY patient_id, raised_at, id"
    )
    hidden = {"found_at", "withdrawn_at"}
    return [dict(row) for row in filters], [
        {name: value for name, value in row.items() if name not in hidden} for row in findings
    ]
