"""The trend as a clinician asks for it."""

import io
from datetime import timedelta
from uuid import uuid4

import httpx
import numpy as np
import pypdf
import pytest

from adapters.runtime import Runtime
from domain import trend_charts
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


CHART = """query Chart($id: ID!, $measure: Measure!, $days: Int!) { patient(id: $id) {
  trendImageUrl(measure: $measure, days: $days) } }"""


async def test_a_trend_is_a_picture_without_a_name_behind_a_link(runtime: Runtime, people: People) -> None:
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    found = await ask(runtime, people, Role.CLINICIAN, CHART, id=str(people.patient_id), measure="WEIGHT", days=30)
    assert found.errors is None, found.errors
    url = found.data["patient"]["trendImageUrl"]
    async with httpx.AsyncClient() as clinic:
        picture = await clinic.get(url)
        assert (await clinic.get(url.partition("?")[0])).status_code == 403
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "Body weight" in picture.text
    assert "28 readings" in picture.text
    assert "Ada" not in picture.text
    await trend_charts.sweep(runtime.store, runtime.now())
    assert len(await runtime.store.written_before(trend_charts.CHARTS, runtime.now() + timedelta(minutes=1), 9)) >= 1
    await trend_charts.sweep(runtime.store, runtime.now() + trend_charts.KEPT + timedelta(minutes=1))
    assert await runtime.store.written_before(trend_charts.CHARTS, runtime.now() + timedelta(minutes=1), 9) == []


@pytest.mark.parametrize("measure", ["SYSTOLIC", "STEPS"])
async def test_nothing_measured_is_a_picture_that_says_so(runtime: Runtime, people: People, measure: str) -> None:
    found = await ask(runtime, people, Role.PATIENT, CHART, id=str(people.patient_id), measure=measure, days=90)
    async with httpx.AsyncClient() as phone:
        picture = await phone.get(found.data["patient"]["trendImageUrl"])
    assert "No readings" in picture.text


@pytest.mark.parametrize(("measure", "days"), [("SWELLING", 30), ("WEIGHT", 6)])
async def test_no_picture_is_made_of_what_is_no_trend(
    runtime: Runtime, people: People, measure: str, days: int
) -> None:
    refused = await ask(runtime, people, Role.CLINICIAN, CHART, id=str(people.patient_id), measure=measure, days=days)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"


REPORT = "query Report($id: ID!, $days: Int!) { patient(id: $id) { reportUrl(days: $days) } }"


async def test_the_doctors_page_is_one_page_with_who_and_what(runtime: Runtime, people: People) -> None:
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    found = await ask(runtime, people, Role.PATIENT, REPORT, id=str(people.patient_id), days=30)
    assert found.errors is None, found.errors
    async with httpx.AsyncClient() as phone:
        page = await phone.get(found.data["patient"]["reportUrl"])
    assert page.headers["content-type"] == "application/pdf"
    (read,) = pypdf.PdfReader(io.BytesIO(page.content)).pages
    words = read.extract_text()
    for expected in ("Ada Prova, born 1958-03-02", "Heart Clinic", "Blood pressure at home", "Body weight"):
        assert expected in words
    audited = await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'doctorReport'")
    assert audited == 1


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN, Role.DEVICE])
async def test_who_sees_no_values_gets_no_page(runtime: Runtime, people: People, role: Role) -> None:
    refused = await ask(runtime, people, role, REPORT, id=str(people.patient_id), days=30)
    assert refused.errors[0].extensions["code"] == "FORBIDDEN"
