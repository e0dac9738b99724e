"""The same reading is one reading, whoever sends it; a correction replaces it and forgets nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from adapters.runtime import Runtime
from domain.kinds import Role
from tests.people import People
from tests.schema.test_pressure_to_alert import RECORD, ask, pressure

READINGS = """query R($patientId: ID!, $kind: VitalKind!, $all: Boolean!) { patient(id: $patientId) {
  readings(kind: $kind, first: 50, withSuperseded: $all) { edges { node { id measuredAt source device
    supersededBy setting flags loinc snomed
    ... on BloodPressureReading { systolic diastolic pulse category arm bodyPosition isIrregular
      sent { systolic diastolic unit } }
    ... on QuantityReading { value unit sentValue sentUnit } } } } } }"""
CORRECT = """mutation C($input: CorrectReadingInput!) { correctReading(input: $input) { reading { id source
  ... on QuantityReading { value } } } }"""
SUMMARIES = """query D($patientId: ID!, $from: DateTime!, $to: DateTime!) { patient(id: $patientId) {
  dailySummaries(measure: WEIGHT, from: $from, to: $to) { day count minimum maximum mean median } } }"""


async def send(runtime: Runtime, people: People, *readings: dict[str, Any], role: Role = Role.PATIENT) -> Any:
    owner = {"patientId": str(people.patient_id)} if role is Role.CLINICIAN else {}
    answer = await ask(runtime, people, role, RECORD, input=owner | {"readings": list(readings)})
    assert answer.errors is None, answer.errors
    return answer.data["recordVitals"]


async def kept(runtime: Runtime, people: People, kind: str, *, everything: bool = False) -> list[dict[str, Any]]:
    answer = await ask(
        runtime, people, Role.CLINICIAN, READINGS, patientId=str(people.patient_id), kind=kind, all=everything
    )
    assert answer.errors is None, answer.errors
    return [edge["node"] for edge in answer.data["patient"]["readings"]["edges"]]


def weight(at: datetime, kilograms: float, **more: Any) -> dict[str, Any]:
    return pressure(at, 0, 0) | {"value": {"weight": {"value": kilograms}}} | more


async def test_one_reading_of_two_apps_is_one_and_the_devices_word_shows(runtime: Runtime, people: People) -> None:
    at = runtime.now() - timedelta(minutes=5)
    imported = pressure(at, 128, 82, source="IMPORT", device="Phone") | {
        "value": {"bloodPressure": {"systolic": 128, "diastolic": 82}}
    }
    cuff = pressure(at, 128, 82, device="Cuff")
    again = pressure(at, 128, 82, source="MANUAL", device="Typed in")
    assert len((await send(runtime, people, imported))["accepted"]) == 1
    for later in (cuff, again):
        outcome = await send(runtime, people, later)
        assert (outcome["accepted"], outcome["duplicates"]) == ([], [later["clientId"]])
    (one,) = await kept(runtime, people, "BLOOD_PRESSURE")
    assert (one["source"], one["device"], one["pulse"]) == ("DEVICE", "Cuff", 71)
    assert one["category"] == "ELEVATED"
    await runtime.pool.execute("UPDATE organisation SET blood_pressure_scheme = 'ESH_2023'")
    (other,) = await kept(runtime, people, "BLOOD_PRESSURE")
    assert other["category"] != one["category"]


async def test_two_apps_in_one_call_and_units_that_round_to_the_same(runtime: Runtime, people: People) -> None:
    at = runtime.now()
    kilograms = weight(at, 81.2)
    pounds = weight(at, 179.0) | {"value": {"weight": {"value": 179.0, "unit": "[lb_av]"}}}
    outcome = await send(runtime, people, kilograms, pounds)
    assert [one["kind"] for one in outcome["accepted"]] == ["WEIGHT"]
    assert outcome["duplicates"] == [pounds["clientId"]]
    other_minute = weight(at - timedelta(minutes=1), 81.2)
    assert len((await send(runtime, people, other_minute))["accepted"]) == 1


async def test_how_and_in_which_unit_it_was_measured_is_kept_beside(runtime: Runtime, people: People) -> None:
    sent = pressure(runtime.now(), 0, 0) | {
        "value": {
            "bloodPressure": {
                "systolic": 17.0,
                "diastolic": 11.0,
                "unit": "kPa",
                "arm": "LEFT",
                "bodyPosition": "SITTING",
                "isIrregular": True,
            }
        }
    }
    breathless = pressure(runtime.now(), 0, 0) | {"value": {"breathlessness": {"value": 4}}}
    asleep = pressure(runtime.now(), 0, 0) | {"value": {"sleepDuration": {"value": 7.5, "unit": "h"}}}
    await send(runtime, people, sent, breathless, asleep)
    (one,) = await kept(runtime, people, "BLOOD_PRESSURE")
    assert (one["arm"], one["bodyPosition"], one["isIrregular"]) == ("LEFT", "SITTING", True)
    assert one["sent"] == {"systolic": 17.0, "diastolic": 11.0, "unit": "kPa"}
    assert (round(one["systolic"], 2), one["loinc"], one["setting"]) == (127.51, "85354-9", "HOME")
    (symptom,) = await kept(runtime, people, "BREATHLESSNESS")
    assert (symptom["value"], symptom["unit"], symptom["loinc"], symptom["snomed"]) == (4, "{score}", None, "267036007")
    (sleep,) = await kept(runtime, people, "SLEEP_DURATION")
    assert (sleep["value"], sleep["unit"], sleep["sentValue"], sleep["sentUnit"]) == (450, "min", 7.5, "h")


async def test_what_a_clinician_types_in_is_of_the_clinic_unless_it_says_otherwise(
    runtime: Runtime, people: People
) -> None:
    at = runtime.now()
    await send(runtime, people, pressure(at, 128, 82, source="MANUAL"), role=Role.CLINICIAN)
    home = pressure(at - timedelta(hours=1), 128, 82, source="MANUAL", setting="HOME")
    await send(runtime, people, home, role=Role.CLINICIAN)
    assert [one["setting"] for one in await kept(runtime, people, "BLOOD_PRESSURE")] == ["OFFICE", "HOME"]


async def test_pounds_for_kilograms_are_offered_back_and_an_unusual_weight_is_flagged(
    runtime: Runtime, people: People
) -> None:
    at = runtime.now()
    await send(runtime, people, *(weight(at - timedelta(days=day), 81.2) for day in range(1, 4)))
    outcome = await send(runtime, people, weight(at, 179.0), weight(at - timedelta(hours=1), 90.0))
    assert [(one["index"], one["code"]) for one in outcome["rejected"]] == [(0, "POUNDS_FOR_KILOGRAMS")]
    newest = (await kept(runtime, people, "WEIGHT"))[0]
    assert (newest["value"], newest["flags"]) == (90.0, ["UNUSUAL_FOR_PATIENT"])


async def test_a_correction_takes_the_place_and_the_old_value_stays_in_history(
    runtime: Runtime, people: People
) -> None:
    at = runtime.now() - timedelta(hours=1)
    await send(runtime, people, weight(at, 81.2), weight(at - timedelta(days=1), 81.0))
    wrong = (await kept(runtime, people, "WEIGHT"))[0]
    right = weight(at, 82.1)
    corrected = await ask(runtime, people, Role.PATIENT, CORRECT, input={"readingId": wrong["id"], "right": right})
    assert corrected.errors is None, corrected.errors
    reading = corrected.data["correctReading"]["reading"]
    assert (reading["source"], reading["value"]) == ("CORRECTION", 82.1)
    assert [one["value"] for one in await kept(runtime, people, "WEIGHT")] == [82.1, 81.0]
    history = await kept(runtime, people, "WEIGHT", everything=True)
    assert {one["value"]: one["supersededBy"] for one in history} == {82.1: None, 81.2: reading["id"], 81.0: None}
    # Sent again, the correction gives the first answer again, and the wrong reading stays corrected.
    again = await ask(runtime, people, Role.PATIENT, CORRECT, input={"readingId": wrong["id"], "right": right})
    assert again.data == corrected.data
    outcome = await send(runtime, people, weight(at, 81.2))
    assert len(outcome["duplicates"]) == 1
    days = await ask(
        runtime,
        people,
        Role.CLINICIAN,
        SUMMARIES,
        patientId=str(people.patient_id),
        **{"from": (at - timedelta(hours=1)).isoformat(), "to": at.isoformat()},
    )
    assert [day["maximum"] for day in days.data["patient"]["dailySummaries"]][-1:] == [82.1]


@pytest.mark.parametrize(
    ("right", "code"),
    [
        ({"value": {"heartRate": {"value": 70}}}, "BAD_USER_INPUT"),
        ({"value": {"weight": {"value": 5000}}}, "BAD_USER_INPUT"),
        ({"value": {"weight": {"value": 81.2}}}, "BAD_USER_INPUT"),
        ({"value": {"weight": {"value": 81.0}}, "measuredAt": "yesterday"}, "CONFLICT"),
    ],
    ids=["another kind", "impossible", "nothing changed", "there already"],
)
async def test_a_correction_that_cannot_be_changes_nothing(
    runtime: Runtime, people: People, right: dict[str, Any], code: str
) -> None:
    at = runtime.now() - timedelta(hours=1)
    yesterday = at - timedelta(days=1)
    await send(runtime, people, weight(at, 81.2), weight(yesterday, 81.0))
    before = await kept(runtime, people, "WEIGHT", everything=True)
    sent = weight(at, 81.2) | right
    if sent["measuredAt"] == "yesterday":
        sent["measuredAt"] = yesterday.isoformat()
    refused = await ask(runtime, people, Role.PATIENT, CORRECT, input={"readingId": before[0]["id"], "right": sent})
    assert refused.errors[0].extensions["code"] == code
    assert await kept(runtime, people, "WEIGHT", everything=True) == before


async def test_nobody_corrects_a_foreign_reading(runtime: Runtime, people: People) -> None:
    await send(runtime, people, weight(runtime.now(), 81.2))
    (own,) = await kept(runtime, people, "WEIGHT")
    right = weight(runtime.now(), 80.0)
    foreign = {"patientId": str(people.foreign_id), "readingId": own["id"], "right": right}
    unknown = {"patientId": str(people.patient_id), "readingId": str(uuid4()), "right": right}
    for sent in (foreign, unknown):
        refused = await ask(runtime, people, Role.CLINICIAN, CORRECT, input=sent)
        assert refused.errors[0].extensions["code"] == "NOT_FOUND"
    for role in (Role.COORDINATOR, Role.ADMIN, Role.DEVICE):
        refused = await ask(runtime, people, role, CORRECT, input=unknown)
        assert refused.errors[0].extensions["code"] == "FORBIDDEN"
    assert len(await kept(runtime, people, "WEIGHT", everything=True)) == 1


async def test_a_reading_of_any_year_finds_its_partition(runtime: Runtime, people: People) -> None:
    now = runtime.now()
    moments = [datetime(year, 6, 1, 8, tzinfo=UTC) for year in range(now.year - 29, now.year)]
    moments += [now, datetime(2023, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)]
    sent = [weight(at, 80 + number % 3, source="IMPORT") for number, at in enumerate(moments)]
    assert len((await send(runtime, people, *sent))["accepted"]) == len(moments)
    assert len(await kept(runtime, people, "WEIGHT")) == len(moments)
