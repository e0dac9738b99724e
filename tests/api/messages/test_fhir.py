"""FHIR Observations and Bundles: what is kept, what was there before, and what is refused and why."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest

from domain.kinds import Role
from tests.api.messages.sending import (
    BUNDLE,
    FHIR,
    OBSERVATION,
    Door,
    bundle,
    coded,
    minutes_ago,
    pressure,
    quantity,
    weight,
)


def told(severity: str, kind: str, sentence: str) -> dict[str, object]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": kind, "diagnostics": sentence}],
    }


async def test_an_observation_is_kept_once(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(3)
    first = await door.send(OBSERVATION, pressure(at), secret)
    assert (first.status_code, first.headers["content-type"]) == (201, f"{FHIR}; charset=utf-8")
    assert first.json() == told("information", "informational", "The reading is kept.")
    (kept,) = await door.readings()
    assert dict(kept) == {
        "id": kept["id"],
        "patient_id": door.people.patient_id,
        "kind": "BLOOD_PRESSURE",
        "measured_at": at,
        "source": "DEVICE",
        "setting": "HOME",
        "device": "Cuff 7",
        "value": 128.0,
        "diastolic": 82.0,
        "pulse": None,
    }
    assert first.headers["location"] == f"/v1/fhir/Observation/{kept['id']}"
    actions = "SELECT role, action, patient_id FROM audit_entry WHERE action = 'recordVitals'"
    assert [tuple(row) for row in await door.runtime.pool.fetch(actions)] == [
        ("DEVICE", "recordVitals", door.people.patient_id)
    ]
    events = await door.runtime.pool.fetch("SELECT kind, subject_id FROM event WHERE kind LIKE 'READINGS%'")
    assert [tuple(row) for row in events] == [("READINGS_RECORDED", kept["id"])]
    work = await door.runtime.pool.fetch("SELECT kind, subject_id FROM outbox_item")
    assert [tuple(row) for row in work] == [("ANALYSE_VITALS", door.people.patient_id)]

    # As a patient's own app would send the same, with another offset and in another unit.
    same = pressure(
        at.astimezone(timezone(timedelta(hours=-7))),
        subject={"reference": f"Patient/{door.people.patient_id}"},
        component=[
            {"code": coded("8480-6"), "valueQuantity": quantity(17.0653, "kPa")},
            {"code": coded("8462-4"), "valueQuantity": quantity(10.9325, "kPa")},
        ],
    )
    for message, bearer in ((pressure(at), secret), (same, door.token(Role.PATIENT))):
        again = await door.send(OBSERVATION, message, bearer)
        assert (again.status_code, again.headers["location"]) == (200, first.headers["location"])
        assert again.json() == told("information", "informational", "The reading was kept before.")
    assert [row["id"] for row in await door.readings()] == [kept["id"]]


async def test_whoever_sends_decides_the_source(door: Door) -> None:
    _, secret = await door.device_token()
    subject = {"reference": f"Patient/{door.people.patient_id}"}
    sent = [
        (weight(minutes_ago(5)), secret, ("DEVICE", "HOME")),
        (weight(minutes_ago(4)), door.token(Role.PATIENT), ("MANUAL", "HOME")),
        (weight(minutes_ago(3), device={"display": "Scale"}), door.token(Role.PATIENT), ("DEVICE", "HOME")),
        (weight(minutes_ago(2), subject=subject), door.token(Role.CLINICIAN), ("MANUAL", "OFFICE")),
        (weight(minutes_ago(1)), door.token(Role.DEVICE), ("DEVICE", "HOME")),
    ]
    for message, bearer, _ in sent:
        assert (await door.send(OBSERVATION, message, bearer)).status_code == 201
    assert [(row["source"], row["setting"]) for row in await door.readings()] == [as_kept for _, _, as_kept in sent]


async def test_a_day_without_an_hour_is_noon_on_the_patients_clock(door: Door) -> None:
    _, secret = await door.device_token()
    sent = weight(minutes_ago(0)) | {"effectiveDateTime": "2026-07-01"}
    assert (await door.send(OBSERVATION, sent, secret)).status_code == 201
    (kept,) = await door.readings()
    assert kept["measured_at"] == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "kind", "code", "place"),
    [
        ({"status": "entered-in-error"}, "business-rule", "NOT_VALID", "Observation.status"),
        ({"effectiveDateTime": "yesterday"}, "value", "NOT_A_TIME", "Observation.effective"),
        ({"effectiveDateTime": "2090-01-01T00:00:00Z"}, "business-rule", "IN_THE_FUTURE", "Observation.effective"),
        ({"valueQuantity": quantity(71.5, "[stone_av]")}, "value", "UNKNOWN_UNIT", "Observation.value"),
        ({"valueQuantity": None}, "required", "NO_VALUE", "Observation.value"),
        ({"valueQuantity": quantity(7150, "kg")}, "business-rule", "OUT_OF_RANGE", "Observation.value"),
        ({"code": coded("8302-2")}, "not-supported", "UNKNOWN_CODE", "Observation.code"),
        ({"code": coded("85354-9")}, "required", "UNPAIRED", "Observation.component"),
        ({"subject": {"display": "Ada"}}, "value", "UNKNOWN_SUBJECT", "Observation.subject"),
        ({"subject": {"reference": "Patient/7"}}, "value", "UNKNOWN_SUBJECT", "Observation.subject"),
        ({"subject": {"reference": f"Device/{uuid4()}"}}, "value", "UNKNOWN_SUBJECT", "Observation.subject"),
        ({"subject": None}, "value", "UNKNOWN_SUBJECT", "Observation.subject"),
    ],
)
async def test_an_observation_that_is_no_reading_says_where_and_why(
    door: Door, changes: dict[str, object], kind: str, code: str, place: str
) -> None:
    _, secret = await door.device_token()
    before = await door.looked()
    answer = await door.send(OBSERVATION, weight(minutes_ago(2)) | changes, secret)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == f"{FHIR}; charset=utf-8"
    (issue,) = answer.json()["issue"]
    assert (issue["severity"], issue["code"], issue["expression"]) == ("error", kind, [place])
    assert issue["details"] == {"coding": [{"code": code}]}
    assert issue["diagnostics"].endswith(".")
    assert await door.looked() == before


@pytest.mark.parametrize("kind", ["batch", "collection"])
async def test_of_a_batch_the_good_entries_stay(door: Door, kind: str) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(9)
    sent = bundle(
        kind,
        pressure(at),
        weight(at, 7150),
        {"resourceType": "Patient", "active": True},
        weight(at),
        pressure(at),
        None,
        weight(at, status="cancelled"),
    )
    answer = await door.send(BUNDLE, sent, secret)
    assert answer.status_code == 200, answer.text
    first, heavy = await door.readings()
    told = answer.json()
    assert (told["resourceType"], told["type"]) == ("Bundle", "batch-response")
    responses = [entry["response"] for entry in told["entry"]]
    kept, there, refused = "201 Created", "200 OK", "422 Unprocessable Entity"
    assert [one["status"] for one in responses] == [kept, refused, refused, kept, there, refused, refused]
    assert [one.get("location") for one in responses] == [
        f"Observation/{first['id']}",
        None,
        None,
        f"Observation/{heavy['id']}",
        f"Observation/{first['id']}",
        None,
        None,
    ]
    issues = [one["outcome"]["issue"][0] for one in responses if one["status"] == refused]
    assert [(one["details"]["coding"][0]["code"], one["expression"]) for one in issues] == [
        ("OUT_OF_RANGE", ["Bundle.entry[1].resource.value"]),
        ("NOT_AN_OBSERVATION", ["Bundle.entry[2].resource"]),
        ("NOT_AN_OBSERVATION", ["Bundle.entry[5].resource"]),
        ("NOT_VALID", ["Bundle.entry[6].resource.status"]),
    ]
    # The same message again: what was kept is there, what was refused is refused.
    again = [entry["response"] for entry in (await door.send(BUNDLE, sent, secret)).json()["entry"]]
    assert [one["status"] for one in again] == [there, refused, refused, there, there, refused, refused]
    assert [one.get("location") for one in again] == [one.get("location") for one in responses]
    assert len(await door.readings()) == 2


async def test_a_transaction_is_kept_whole_or_not_at_all(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(9)
    before = await door.looked()
    wrong = await door.send(BUNDLE, bundle("transaction", pressure(at), weight(at, 7150)), secret)
    assert wrong.status_code == 422
    (issue,) = wrong.json()["issue"]
    assert issue["expression"] == ["Bundle.entry[1].resource.value"]
    no_post = bundle("transaction", pressure(at), weight(at))
    no_post["entry"][1]["request"] = {"method": "PUT", "url": "Observation/7"}
    (issue,) = (await door.send(BUNDLE, no_post, secret)).json()["issue"]
    assert (issue["code"], issue["expression"]) == ("not-supported", ["Bundle.entry[1].request"])
    assert await door.looked() == before
    for status in ("201 Created", "200 OK"):
        right = await door.send(BUNDLE, bundle("transaction", pressure(at), weight(at)), secret)
        assert (right.status_code, right.json()["type"]) == (200, "transaction-response")
        assert [entry["response"]["status"] for entry in right.json()["entry"]] == [status] * 2
    assert len(await door.readings()) == 2


async def test_messages_that_are_none_are_refused_whole(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(2)
    patients = [{"reference": f"Patient/{one}"} for one in (door.people.patient_id, door.people.foreign_id)]
    several = bundle("batch", *(weight(at, subject=one) for one in patients))
    before = await door.looked()
    for path, message, sentence in (
        (OBSERVATION, bundle("batch", weight(at)), "Send an Observation."),
        (OBSERVATION, [weight(at)], "Send an Observation."),
        (OBSERVATION, None, "Send an Observation."),
        (BUNDLE, weight(at), "Send a Bundle of one of the types batch, transaction, collection."),
        (BUNDLE, bundle("history", weight(at)), "Send a Bundle of one of the types batch, transaction, collection."),
        (BUNDLE, bundle("batch"), "A message has 1 to 500 entries."),
        (BUNDLE, bundle("batch") | {"entry": {}}, "A message has 1 to 500 entries."),
        (BUNDLE, bundle("batch", *(weight(at) for _ in range(501))), "A message has 1 to 500 entries."),
        (BUNDLE, several, "A message is about one patient."),
    ):
        answer = await door.send(path, message, secret)
        assert (answer.status_code, answer.headers["content-type"]) == (422, f"{FHIR}; charset=utf-8")
        (issue,) = answer.json()["issue"]
        assert (issue["code"], issue["diagnostics"]) == ("invalid", sentence)
    assert await door.looked() == before


async def test_five_hundred_observations_in_one_bundle(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(600)
    many = [pressure(at + timedelta(minutes=number)) for number in range(500)]
    answer = await door.send(BUNDLE, bundle("batch", *many), secret)
    ids = [UUID(entry["response"]["location"].removeprefix("Observation/")) for entry in answer.json()["entry"]]
    assert ids == [row["id"] for row in await door.readings()]
    assert len(set(ids)) == 500
