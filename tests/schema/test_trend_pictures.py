"""Charts and the doctor's page behind their links, as clinicians and patients ask for them."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pypdf
import pytest
from PIL import Image

from adapters.chart_store import StoredCharts
from adapters.runtime import Runtime
from domain import trend_charts
from domain.doctor_reports import DoctorReport
from domain.errors import Unavailable
from domain.kinds import Role
from domain.trend_charts import PictureFormat, TrendChart
from tests.people import People
from tests.schema.test_pressure_to_alert import ask
from tests.schema.test_trend import weigh
from tests.schema.test_vital_limits import SET

CHART = """query Chart($id: ID!, $measure: Measure!, $days: Int!, $format: PictureFormat! = SVG, $width: Int) {
  patient(id: $id) { trendImageUrl(measure: $measure, days: $days, format: $format, width: $width) } }"""
REPORT = "query Report($id: ID!, $days: Int!) { patient(id: $id) { reportUrl(days: $days) } }"


async def fetched(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


async def chart(runtime: Runtime, people: People, role: Role = Role.CLINICIAN, **variables: Any) -> httpx.Response:
    asked = {"id": str(people.patient_id), "measure": "WEIGHT", "days": 30} | variables
    found = await ask(runtime, people, role, CHART, **asked)
    assert found.errors is None, found.errors
    return await fetched(found.data["patient"]["trendImageUrl"])


async def speak_english(runtime: Runtime) -> None:
    await runtime.pool.execute("UPDATE patient SET locale = 'en-GB'")


async def test_a_trend_is_a_picture_without_a_name_behind_a_link(runtime: Runtime, people: People) -> None:
    await speak_english(runtime)
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    limits = {"patientId": str(people.patient_id), "limits": [{"measure": "WEIGHT", "low": 78, "high": 84.5}]}
    assert (await ask(runtime, people, Role.CLINICIAN, SET, input=limits)).errors is None
    picture = await chart(runtime, people)
    assert picture.headers["content-type"] == "image/svg+xml"
    for expected in (
        *("<title>Weight</title>", "28 readings", "Clinician's limits 78–84.5", "Trend (dotted: 95 % interval)"),
        *("Weight: rising by 1.00 kg a week (", 'lang="en"'),
    ):
        assert expected in picture.text
    assert "Ada" not in picture.text
    assert (await fetched(str(picture.url).partition("?")[0])).status_code == 403
    audited = await runtime.pool.fetch(
        "SELECT DISTINCT action FROM audit_entry WHERE patient_id = $1", people.patient_id
    )
    assert {row["action"] for row in audited} >= {"trend:WEIGHT", "vitalLimits", "patient"}


async def test_a_picture_is_swept_when_its_link_has_ended(runtime: Runtime, people: People) -> None:
    await chart(runtime, people)
    await trend_charts.sweep(runtime.store, runtime.now())
    assert len(await runtime.store.written_before(trend_charts.CHARTS, runtime.now() + timedelta(minutes=1), 9)) >= 1
    await trend_charts.sweep(runtime.store, runtime.now() + trend_charts.KEPT + timedelta(minutes=1))
    assert await runtime.store.written_before(trend_charts.CHARTS, runtime.now() + timedelta(minutes=1), 9) == []


@pytest.mark.parametrize(("width", "pixels"), [(None, 720), (320, 640), (1200, 2400)])
async def test_the_same_picture_in_pixels_has_two_for_each_of_css(
    runtime: Runtime, people: People, width: int | None, pixels: int
) -> None:
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    picture = await chart(runtime, people, Role.PATIENT, format="PNG", width=width)
    assert picture.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(picture.content))
    vectors = await chart(runtime, people, Role.PATIENT, width=width)
    assert image.width == pixels
    assert f'viewBox="0 0 {pixels // 2} {image.height // 2}"' in vectors.text


@pytest.mark.parametrize("width", [319, 1201, 0, -1])
async def test_a_width_that_makes_no_chart_is_refused(runtime: Runtime, people: People, width: int) -> None:
    variables = {"id": str(people.patient_id), "measure": "WEIGHT", "days": 30, "width": width}
    refused = await ask(runtime, people, Role.CLINICIAN, CHART, **variables)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"
    assert "320 to 1200" in refused.errors[0].message


@pytest.mark.parametrize("measure", ["SYSTOLIC", "STEPS"])
async def test_nothing_measured_is_a_picture_that_says_so_in_the_patient_s_language(
    runtime: Runtime, people: People, measure: str
) -> None:
    picture = await chart(runtime, people, Role.PATIENT, measure=measure, days=90)
    assert "nessuna misurazione" in picture.text
    assert 'lang="it"' in picture.text


@pytest.mark.parametrize(("measure", "days"), [("SWELLING", 30), ("WEIGHT", 6)])
async def test_no_picture_is_made_of_what_is_no_trend(
    runtime: Runtime, people: People, measure: str, days: int
) -> None:
    refused = await ask(runtime, people, Role.CLINICIAN, CHART, id=str(people.patient_id), measure=measure, days=days)
    assert refused.errors[0].extensions["code"] == "BAD_USER_INPUT"


async def test_the_doctors_page_is_one_page_with_who_and_what(runtime: Runtime, people: People) -> None:
    await speak_english(runtime)
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    await runtime.pool.execute(
        "INSERT INTO daily_summary (patient_id, measure, local_day, readings, minimum, maximum, mean, median)"
        " SELECT $1, 'WEIGHT', (now() AT TIME ZONE 'Europe/Rome')::date - back, 1, 81, 81, 81, 81"
        " FROM unnest(ARRAY[-1, 0, 27, 28, 89, 90]) AS back",
        people.patient_id,
    )
    found = await ask(runtime, people, Role.CLINICIAN, REPORT, id=str(people.patient_id), days=30)
    assert found.errors is None, found.errors
    page = await fetched(found.data["patient"]["reportUrl"])
    assert page.headers["content-type"] == "application/pdf"
    (read,) = pypdf.PdfReader(io.BytesIO(page.content)).pages
    words = read.extract_text()
    for expected in (
        *(
            "Ada Prova",
            "Born 2 Mar 1958. Heart Clinic",
            "The last 30 days until ",
            "Europe/Rome",
            "Made by Test clinician",
        ),
        *("Blood pressure at home, 7-day protocol", "0 of 24 readings count", "Weight: rising by 1.00 kg a week"),
        *(
            "7-day protocol: 0 of 24 readings (0 %)",
            "Heart rate: on 0 of the last 28 (0 %), 0 of the last 90 (0 %) days",
        ),
        "Weight: on 2 of the last 28 (7 %), 4 of the last 90 (4 %) days",
    ):
        assert expected in words
    audited = await runtime.pool.fetch("SELECT action FROM audit_entry WHERE patient_id = $1", people.patient_id)
    expected_actions = {"doctorReport", "measuredDays", "homeBloodPressure", "vitalLimits", "trend:SYSTOLIC"}
    assert expected_actions <= {row["action"] for row in audited}
    assert [row["action"] for row in audited].count("doctorReport") == 1


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMIN, Role.DEVICE])
@pytest.mark.parametrize("query", [CHART, REPORT], ids=["chart", "report"])
async def test_who_sees_no_values_gets_no_picture(runtime: Runtime, people: People, role: Role, query: str) -> None:
    variables = {"id": str(people.patient_id), "days": 30} | ({"measure": "WEIGHT"} if query == CHART else {})
    refused = await ask(runtime, people, role, query, **variables)
    assert (refused.errors[0].extensions["code"], refused.data) == ("FORBIDDEN", None)
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action LIKE 'trend%'") == 0


class Watched(StoredCharts):
    """The real charts, and whether any connection is held when they begin to draw and when they have stored."""

    def __init__(self, runtime: Runtime, *, away: bool = False) -> None:
        super().__init__(runtime.store)
        self.pool = runtime.pool
        self.away = away
        self.idle: list[bool] = []

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        self.idle.append(self.pool.get_idle_size() == self.pool.get_size())
        if self.away:
            raise Unavailable("The store is away.")
        yield
        self.idle.append(self.pool.get_idle_size() == self.pool.get_size())

    async def picture_url(self, chart: TrendChart, picture_format: PictureFormat, width: int) -> str:
        async with self._watching():
            return await super().picture_url(chart, picture_format, width)

    async def report_url(self, report: DoctorReport) -> str:
        async with self._watching():
            return await super().report_url(report)


ALL = """query All($id: ID!) { patient(id: $id) {
  one: trendImageUrl(measure: WEIGHT, days: 30) limits { measure } trend(measure: WEIGHT, days: 30) { readings } } }"""


@pytest.mark.parametrize("query", [CHART, REPORT], ids=["chart", "report"])
async def test_drawing_and_storing_once_held_a_connection_of_the_database_all_the_while(
    runtime: Runtime, people: People, query: str
) -> None:
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    charts = Watched(runtime)
    variables = {"id": str(people.patient_id), "days": 30} | ({"measure": "WEIGHT"} if query == CHART else {})
    found = await ask(replace(runtime, charts=charts), people, Role.PATIENT, query, **variables)
    assert found.errors is None, found.errors
    assert charts.idle == [True, True]
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'trend:WEIGHT'") == 1


async def test_what_is_asked_beside_a_picture_is_read_and_audited_all_the_same(
    runtime: Runtime, people: People
) -> None:
    await weigh(runtime, people, [81 + day / 7 for day in range(28)])
    found = await ask(runtime, people, Role.PATIENT, ALL, id=str(people.patient_id))
    assert found.errors is None, found.errors
    assert (found.data["patient"]["limits"], found.data["patient"]["trend"]["readings"]) == ([], 28)
    assert runtime.pool.get_idle_size() == runtime.pool.get_size()
    audited = await runtime.pool.fetch("SELECT action FROM audit_entry ORDER BY action")
    assert [row["action"] for row in audited] == ["patient", "trend:WEIGHT", "vitalLimits"]


async def test_what_was_read_for_a_picture_that_could_not_be_stored_is_audited(
    runtime: Runtime, people: People
) -> None:
    charts = Watched(runtime, away=True)
    variables = {"id": str(people.patient_id), "measure": "WEIGHT", "days": 30}
    found = await ask(replace(runtime, charts=charts), people, Role.PATIENT, CHART, **variables)
    assert found.errors[0].extensions["code"] == "UNAVAILABLE"
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'trend:WEIGHT'") == 1
