"""Payloads that a gateway got over Bluetooth."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.kinds import Role
from tests.api.messages.sending import PAYLOADS, Door, cuff, minutes_ago, oximeter


async def test_payloads_are_kept_once(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(4)
    single = await door.send(PAYLOADS, cuff(at), secret)
    assert (single.status_code, single.headers["content-type"]) == (200, "application/json")
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
        "pulse": 64.0,
    }
    first = {"index": 0, "id": str(kept["id"])}
    assert single.json() == {"accepted": [first], "duplicates": [], "rejected": []}

    later = at + timedelta(minutes=1)
    several = [cuff(at), oximeter(later), cuff(at)]
    answer = (await door.send(PAYLOADS, several, secret)).json()
    rate, saturation = (await door.readings())[1:]
    assert (rate["kind"], rate["value"]) == ("HEART_RATE", 66.0)
    assert (saturation["kind"], saturation["value"]) == ("OXYGEN_SATURATION", 97.0)
    both = [{"index": 1, "id": str(one["id"])} for one in (saturation, rate)]
    known = [first, {**first, "index": 2}]
    assert answer == {"accepted": both, "duplicates": known, "rejected": []}
    again = (await door.send(PAYLOADS, several, secret)).json()
    assert again == {"accepted": [], "duplicates": [first, *both, known[1]], "rejected": []}
    assert len(await door.readings()) == 3


async def test_the_same_payload_many_times_at_once_is_one_reading(door: Door) -> None:
    _, secret = await door.device_token()
    payload = cuff(minutes_ago(4))
    answers = [one.json() for one in await asyncio.gather(*(door.send(PAYLOADS, payload, secret) for _ in range(12)))]
    (kept,) = await door.readings()
    entry = [{"index": 0, "id": str(kept["id"])}]
    assert sorted(len(one["accepted"]) for one in answers) == [0] * 11 + [1]
    assert all(one["accepted"] + one["duplicates"] == entry for one in answers)


async def test_a_clock_without_an_offset_is_the_patients(door: Door) -> None:
    _, secret = await door.device_token()
    # 2026-01-31 07:30:00 on the cuff, as written by hand: year in two bytes, the lowest first.
    sent = {"characteristic": "0x2a35", "value": "1e80005200ff07ea07011f071e004000010400"}
    answer = await door.send(PAYLOADS, sent | {"receivedAt": "2026-01-31T06:31:00Z"}, secret)
    assert len(answer.json()["accepted"]) == 1, answer.text
    (kept,) = await door.readings()
    assert kept["measured_at"] == datetime(2026, 1, 31, 6, 30, tzinfo=UTC)


async def test_bad_payloads_come_back_with_their_reason_and_the_good_ones_stay(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(4)
    answer = await door.send(
        PAYLOADS,
        [
            cuff(at, systolic=82, diastolic=128),
            {"characteristic": "2A19", "value": "64", "receivedAt": at.isoformat()},
            cuff(at) | {"value": "zz"},
            cuff(at) | {"value": "04"},
            cuff(at) | {"receivedAt": None},
            "2A35",
            cuff(at) | {"patientId": "me"},
            cuff(at, systolic=0x7FF),
            cuff(at),
        ],
        secret,
    )
    assert answer.status_code == 200
    assert [(one["index"], one["field"], one["code"]) for one in answer.json()["rejected"]] == [
        (0, "systolic", "SWAPPED_PRESSURES"),
        (1, "characteristic", "UNKNOWN_CHARACTERISTIC"),
        (2, "value", "NO_VALUE"),
        (3, "value", "TRUNCATED"),
        (4, "receivedAt", "NOT_A_TIME"),
        (5, "", "NOT_A_PAYLOAD"),
        (6, "patientId", "UNKNOWN_SUBJECT"),
        (7, "value", "NOT_A_NUMBER"),
    ]
    assert all(one["message"].endswith((".", "?")) for one in answer.json()["rejected"])
    (kept,) = await door.readings()
    assert answer.json()["accepted"] == [{"index": 8, "id": str(kept["id"])}]


async def test_messages_that_are_none_are_refused_whole(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(4)
    patients = (door.people.patient_id, door.people.foreign_id)
    before = await door.looked()
    for message, sentence in (
        ([], "A message has 1 to 500 entries."),
        ([cuff(at)] * 501, "A message has 1 to 500 entries."),
        ([oximeter(at)] * 300, "Send 1 to 500 readings at a time."),
        ([cuff(at) | {"patientId": str(one)} for one in patients], "A message is about one patient."),
    ):
        answer = await door.send(PAYLOADS, message, secret)
        assert answer.status_code == 422
        assert answer.json() == {"error": {"code": "BAD_USER_INPUT", "message": sentence}}
    assert await door.looked() == before


async def test_a_clinician_says_whose_payload_it_is(door: Door) -> None:
    clinician = door.token(Role.CLINICIAN)
    at = minutes_ago(4)
    unsaid = await door.send(PAYLOADS, cuff(at), clinician)
    assert unsaid.json() == {
        "error": {"code": "BAD_USER_INPUT", "message": "Name the patient whose readings these are."}
    }
    assert await door.readings() == []
    said = await door.send(PAYLOADS, cuff(at) | {"patientId": str(door.people.patient_id)}, clinician)
    assert len(said.json()["accepted"]) == 1
