"""The home blood pressure protocol as phones and clinicians ask for it."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from adapters.runtime import Runtime
from domain import vitals
from domain.kinds import ReadingSource, Role, VitalKind
from domain.new_readings import NewReading
from tests.people import People
from tests.schema.test_pressure_to_alert import ask

ROME = ZoneInfo("Europe/Rome")
HOME_BLOOD_PRESSURE = """query HomeBloodPressure($patientId: ID!, $endingOn: Date) { patient(id: $patientId) {
  homeBloodPressure(endingOn: $endingOn) {
    from to complete readingsUsed readingsMissing systolicMean diastolicMean
    morning { systolicMean diastolicMean readings } evening { systolicMean diastolicMean readings }
    category explanation } } }"""


async def measure(runtime: Runtime, people: People, last_day: date, days: int) -> None:
    """Two mornings' and two evenings' readings on each of the days up to `last_day`."""
    by = people.actors[Role.PATIENT]
    readings = [
        NewReading(
            uuid4(),
            VitalKind.BLOOD_PRESSURE,
            datetime.combine(last_day - timedelta(days=back), clock, ROME),
            ReadingSource.DEVICE,
            {"systolic": systolic, "diastolic": diastolic},
        )
        for back in range(days)
        for clock, systolic, diastolic in (
            (time(7), 138, 84),
            (time(7, 2), 136, 82),
            (time(20), 132, 80),
            (time(20, 2), 130, 78),
        )
    ]
    async with runtime.unit_of_work(by) as work:
        assert (await vitals.record(work, by, None, readings)).rejected == []


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN])
async def test_a_complete_week(runtime: Runtime, people: People, role: Role) -> None:
    yesterday = runtime.now().astimezone(ROME).date() - timedelta(days=1)
    await measure(runtime, people, yesterday, 7)
    found = await ask(
        runtime, people, role, HOME_BLOOD_PRESSURE, patientId=str(people.patient_id), endingOn=str(yesterday)
    )
    assert found.errors is None, found.errors
    first_day = str(yesterday - timedelta(days=6))
    assert found.data["patient"]["homeBloodPressure"] == {
        "from": first_day,
        "to": str(yesterday),
        "complete": True,
        "readingsUsed": 24,
        "readingsMissing": 0,
        "systolicMean": 134.0,
        "diastolicMean": 81.0,
        "morning": {"systolicMean": 137.0, "diastolicMean": 83.0, "readings": 12},
        "evening": {"systolicMean": 131.0, "diastolicMean": 79.0, "readings": 12},
        "category": "ELEVATED",
        "explanation": f"Leaving out the first day, {first_day}, 24 of 24 home readings count; their average of"
        " 134.0/81.0 mm[Hg] is elevated by ESC 2024.",
    }
    audited = await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'homeBloodPressure'")
    assert audited == 1


async def test_without_a_day_it_ends_today_and_without_readings_it_has_no_means(
    runtime: Runtime, people: People
) -> None:
    found = await ask(runtime, people, Role.PATIENT, HOME_BLOOD_PRESSURE, patientId=str(people.patient_id))
    assert found.errors is None, found.errors
    week = found.data["patient"]["homeBloodPressure"]
    today = runtime.now().astimezone(ROME).date()
    assert (week["from"], week["to"]) == (str(today - timedelta(days=6)), str(today))
    nothing = {"systolicMean": None, "diastolicMean": None, "readings": 0}
    assert (week["morning"], week["evening"], week["category"]) == (nothing, nothing, None)
    assert (week["complete"], week["readingsUsed"], week["readingsMissing"]) == (False, 0, 24)
    assert (week["systolicMean"], week["diastolicMean"]) == (None, None)


async def test_three_days_have_means_and_no_class(runtime: Runtime, people: People) -> None:
    yesterday = runtime.now().astimezone(ROME).date() - timedelta(days=1)
    await measure(runtime, people, yesterday, 3)
    found = await ask(
        runtime, people, Role.PATIENT, HOME_BLOOD_PRESSURE, patientId=str(people.patient_id), endingOn=str(yesterday)
    )
    week = found.data["patient"]["homeBloodPressure"]
    assert (week["readingsUsed"], week["systolicMean"], week["category"]) == (8, 134.0, None)
    assert week["explanation"].endswith("a class needs at least 12, so there is none.")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_day_beyond_every_reading_is_refused(runtime: Runtime, people: People, day: str) -> None:
    refused = await ask(
        runtime, people, Role.CLINICIAN, HOME_BLOOD_PRESSURE, patientId=str(people.patient_id), endingOn=day
    )
    assert (refused.errors[0].extensions["code"], refused.data) == ("BAD_USER_INPUT", None)


async def test_a_coordinator_sees_no_pressures(runtime: Runtime, people: People) -> None:
    refused = await ask(runtime, people, Role.COORDINATOR, HOME_BLOOD_PRESSURE, patientId=str(people.patient_id))
    assert refused.errors[0].extensions["code"] == "FORBIDDEN"
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'homeBloodPressure'") == 0


async def test_the_class_is_by_the_scheme_of_the_patient_s_clinic(runtime: Runtime, people: People) -> None:
    yesterday = runtime.now().astimezone(ROME).date() - timedelta(days=1)
    await measure(runtime, people, yesterday, 7)
    await runtime.pool.execute(
        "UPDATE organisation SET blood_pressure_scheme = 'ESH_2023' WHERE id = (SELECT clinic_id FROM patient"
        " WHERE id = $1)",
        people.patient_id,
    )
    found = await ask(
        runtime, people, Role.CLINICIAN, HOME_BLOOD_PRESSURE, patientId=str(people.patient_id), endingOn=str(yesterday)
    )
    week = found.data["patient"]["homeBloodPressure"]
    assert week["category"] == "BELOW_HYPERTENSION"
    assert week["explanation"].endswith("134.0/81.0 mm[Hg] is below hypertension by ESH 2023.")
