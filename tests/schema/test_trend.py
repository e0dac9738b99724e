"""The trend as a clinician asks for it."""

from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import ask

TREND = """query PatientOverview($id: ID!, $days: Int!) { patient(id: $id) {
  weight: trend(measure: WEIGHT, days: $days) {
    measure unit from to readings slopePerWeek slopeLow slopeHigh expectedLow expectedHigh direction explanation
    method version } } }"""


async def weigh(runtime: Runtime, people: People, numbers: list[float]) -> None:
    """One weight a day, the last one an hour ago."""
    newest = runtime.now() - timedelta(hours=1)
    await runtime.pool.executemany(
        "INSERT INTO reading (id, patient_id, client_id, kind, measured_at, offset_minutes, received_at, source, value,"
        " setting, local_day) VALUES ($1, $2, $1, 'WEIGHT', $3, 0, $3, 'DEVICE', $4, 'HOME', '2026-01-01')",
        [
            (uuid4(), people.patient_id, newest - timedelta(days=len(numbers) - 1 - day), number)
            for day, number in enumerate(numbers)
        ],
    )


async def test_a_decompensating_heart_shows_as_rising_weight(runtime: Runtime, people: People) -> None:
    noise = np.random.default_rng(7).normal(0, 0.3, 28)
    await weigh(runtime, people, [81 + day / 7 + float(noise[day]) for day in range(28)])
    found = await ask(runtime, people, Role.CLINICIAN, TREND, id=str(people.patient_id), days=30)
    assert found.errors is None, found.errors
    trend = found.data["patient"]["weight"]
    assert (trend["measure"], trend["unit"], trend["readings"], trend["direction"]) == ("WEIGHT", "kg", 28, "RISING")
    assert 0 < trend["slopeLow"] < 1 < trend["slopeHigh"]
    assert trend["slopePerWeek"] == pytest.approx(1, abs=0.25)
    assert trend["expectedLow"] < 85 < trend["expectedHigh"]
    assert "the weight is rising" in trend["explanation"]
    assert trend["version"].startswith("trend-")
    audited = await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'trend:WEIGHT'")
    assert audited == 1


async def test_too_few_readings_are_said_to_be_too_few(runtime: Runtime, people: People) -> None:
    await weigh(runtime, people, [80.0, 80.5, 81.0])
    found = await ask(runtime, people, Role.PATIENT, TREND, id=str(people.patient_id), days=30)
    trend = found.data["patient"]["weight"]
    assert (trend["readings"], trend["direction"], trend["slopePerWeek"]) == (3, "TOO_FEW_READINGS", None)
    assert "a trend needs at least 10 over 7 days" in trend["explanation"]


@pytest.mark.parametrize("days", [6, 367, -1])
async def test_a_window_out_of_range_is_refused(runtime: Runtime, people: People, days: int) -> None:
    refused = await ask(runtime, people, Role.CLINICIAN, TREND, id=str(people.patient_id), days=days)
    assert (refused.errors[0].extensions["code"], refused.data) == ("BAD_USER_INPUT", None)


async def test_a_coordinator_sees_no_trend(runtime: Runtime, people: People) -> None:
    refused = await ask(runtime, people, Role.COORDINATOR, TREND, id=str(people.patient_id), days=30)
    assert refused.errors[0].extensions["code"] == "FORBIDDEN"
    assert [row["action"] for row in await runtime.pool.fetch("SELECT action FROM audit_entry")] == ["patient"]
