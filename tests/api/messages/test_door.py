"""Who may send messages and in what form; as every kind of caller, and what is refused changes nothing."""

import logging
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from api.messages.limits import LIMITS
from domain import device_tokens
from domain.kinds import OrganisationKind, Role
from domain.tables import Account, Organisation, Patient
from domain.unit_of_work import new_id
from domain.vitals import MOST_READINGS_PER_CALL
from tests.api.messages.sending import BUNDLE, FHIR, OBSERVATION, PAYLOADS, Door, bundle, cuff, minutes_ago, weight
from tests.api.signing import token_of
from tests.joining import staff
from tests.people import ISSUER
from tests.schema.test_pressure_to_alert import work_off

PATHS = (OBSERVATION, BUNDLE, PAYLOADS)


def message(path: str, patient_id: object = None) -> dict[str, Any]:
    """A message for each route, about a patient where one is named."""
    at = minutes_ago(2)
    if path == PAYLOADS:
        return cuff(at) | ({"patientId": str(patient_id)} if patient_id else {})
    resource = weight(at) | ({"subject": {"reference": f"Patient/{patient_id}"}} if patient_id else {})
    return resource if path == OBSERVATION else bundle("batch", resource)


def refusal(path: str, answer: Mapping[str, Any]) -> tuple[str, str]:
    """Code and sentence of a refusal in the words of its route."""
    if path == PAYLOADS:
        assert set(answer) == {"error"}
        return answer["error"]["code"], answer["error"]["message"]
    assert answer["resourceType"] == "OperationOutcome"
    (issue,) = answer["issue"]
    assert issue["severity"] == "error"
    return issue["details"]["coding"][0]["code"], issue["diagnostics"]


@pytest.mark.parametrize("path", PATHS)
async def test_who_is_let_in_and_who_is_not(door: Door, path: str) -> None:
    people, runtime = door.people, door.runtime
    revoked_id, revoked = await door.device_token()
    await runtime.pool.execute(
        "UPDATE account SET ended_at = now() WHERE id = (SELECT account_id FROM device_token WHERE id = $1)", revoked_id
    )
    _, expired = await door.device_token()
    await runtime.pool.execute("UPDATE device_token SET expires_at = now()")
    _, secret = await door.device_token()
    outside = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Elsewhere")
    other = await Account.create(
        id=new_id(),
        issuer=ISSUER,
        subject="other-patient",
        role=Role.PATIENT,
        organisation=await Organisation.get(id=outside.organisation_id),
        patient=await Patient.get(id=people.foreign_id),
        display_name="Bruno Altro",
        created_at=runtime.now(),
    )
    mine, foreign, nobody = people.patient_id, people.foreign_id, new_id()
    stranger = token_of(runtime, "Elsewhere-CLINICIAN")
    signed_out = (401, "UNAUTHENTICATED", "Sign in to use this endpoint.")
    no_role = (403, "FORBIDDEN", "Your role may not record readings.")
    not_there = (404, "NOT_FOUND", "There is no such patient.")
    not_its_own = (403, "FORBIDDEN", "This device records for its own patient alone.")
    refused: list[tuple[str | None, object, tuple[int, str, str]]] = [
        (None, None, signed_out),
        ("", None, signed_out),
        ("nonsense", None, signed_out),
        (revoked, None, signed_out),
        (expired, None, signed_out),
        (secret[:-1] + ("A" if secret[-1] != "A" else "B"), None, signed_out),
        (token_of(runtime, "test-patient", -60), None, signed_out),
        (token_of(runtime, "newcomer"), None, (403, "FORBIDDEN", "Activate your account first.")),
        (door.token(Role.ADMIN), mine, no_role),
        (door.token(Role.COORDINATOR), mine, no_role),
        (door.token(Role.CLINICIAN), None, (422, "BAD_USER_INPUT", "Name the patient whose readings these are.")),
        (door.token(Role.CLINICIAN), foreign, not_there),
        (door.token(Role.CLINICIAN), nobody, not_there),
        (stranger, mine, not_there),
        (door.token(Role.PATIENT), foreign, not_there),
        (token_of(runtime, other.subject), mine, not_there),
        (secret, foreign, not_its_own),
        (secret, nobody, not_its_own),
        (door.token(Role.DEVICE), foreign, not_its_own),
    ]
    before = await door.looked()
    for bearer, named, expected in refused:
        answer = await door.send(path, message(path, named), bearer)
        assert (answer.status_code, *refusal(path, answer.json())) == expected
        assert answer.headers.get("www-authenticate") == ("Bearer" if expected is signed_out else None)
    assert await door.looked() == before
    assert await door.readings() == []
    for bearer, named in (
        (secret, None),
        (secret, mine),
        (door.token(Role.DEVICE), None),
        (door.token(Role.PATIENT), None),
        (door.token(Role.PATIENT), mine),
        (door.token(Role.CLINICIAN), mine),
    ):
        answer = await door.send(path, message(path, named), bearer)
        assert answer.status_code in {200, 201}, answer.text
    assert {row["patient_id"] for row in await door.readings()} == {mine}


async def test_revoking_works_on_the_next_message(door: Door) -> None:
    token_id, secret = await door.device_token()
    assert (await door.send(PAYLOADS, cuff(minutes_ago(3)), secret)).status_code == 200
    revoke = "mutation ($id: ID!) { revokeDeviceToken(input: {deviceTokenId: $id}) { deviceToken { name } } }"
    asked = {"query": revoke, "variables": {"id": str(token_id)}}
    json = {"content_type": "application/json"}
    assert (await door.send("/graphql", asked, door.token(Role.PATIENT), **json)).json()["data"] is not None
    for path in PATHS:
        assert (await door.send(path, message(path), secret)).status_code == 401
    assert (await door.send("/graphql", {"query": "{ __typename }"}, secret, **json)).status_code == 401
    assert len(await door.readings()) == 1


async def test_graphql_takes_the_device_for_what_it_is(door: Door) -> None:
    _, secret = await door.device_token()
    at = minutes_ago(3).isoformat()
    record = f"""mutation {{ recordVitals(input: {{readings: [{{
      clientId: "0d9c6a52-5f3e-4a59-9a0f-3f4de1a6c0a1", measuredAt: "{at}",
      value: {{weight: {{value: 71.5}}}}}}]}}) {{ accepted {{ kind source }} }} }}"""
    json = {"content_type": "application/json"}
    recorded = await door.send("/graphql", {"query": record}, secret, **json)
    assert recorded.json() == {"data": {"recordVitals": {"accepted": [{"kind": "WEIGHT", "source": "DEVICE"}]}}}
    seen = await door.send("/graphql", {"query": "{ patients(first: 1) { edges { cursor } } }"}, secret, **json)
    assert [error["extensions"]["code"] for error in seen.json()["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize("path", PATHS)
async def test_only_strict_json_of_the_right_media_type_gets_in(door: Door, path: str) -> None:
    _, secret = await door.device_token()
    good = orjson.dumps(message(path))
    deep = b'{"a":' * 65 + b"1" + b"}" * 65
    media = "application/json" if path == PAYLOADS else f"{FHIR} or application/json"
    unreadable, finite = "The JSON could not be read.", b'{"value": NaN}'
    before = await door.looked()
    for body, headers, status, sentence in (
        (good, {"content_type": "text/plain"}, 415, f"Send {media} in UTF-8."),
        (good, {"content_type": ""}, 415, f"Send {media} in UTF-8."),
        (good, {"content_type": "application/fhir+xml"}, 415, f"Send {media} in UTF-8."),
        (good, {"content_type": "application/json; charset=latin-1"}, 415, f"Send {media} in UTF-8."),
        (good, {"content_type": "application/fhir+json; fhirVersion=5.0"}, 415, f"Send {media} in UTF-8."),
        (good, {"content_encoding": "gzip"}, 415, "Send the body uncompressed."),
        (good[:-1], {}, 400, unreadable),
        (b"", {}, 400, unreadable),
        (finite, {}, 400, unreadable),
        (b'{"value": 1e999}', {}, 400, unreadable),
        (b'{"value": "\xff"}', {}, 400, unreadable),
        (b"\xef\xbb\xbf" + good, {}, 400, unreadable),
        (b'{"a": 1, "a": 2}', {}, 400, "A JSON key is given twice."),
        (b'{"a": "\\u0000"}', {}, 400, "Text may not contain NUL."),
        (deep, {}, 400, "JSON may nest 64 levels."),
        (good + b" " * LIMITS.body_bytes, {}, 413, "A request may have 1048576 bytes."),
    ):
        answer = await door.send(path, body, secret, **headers)
        assert (answer.status_code, *refusal(path, answer.json())) == (status, "BAD_USER_INPUT", sentence)
    for method in ("GET", "PUT", "DELETE"):
        answer = await door.client.request(method, path, headers={"authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert refusal(path, answer.json()) == ("BAD_USER_INPUT", "Use POST.")
    assert await door.looked() == before
    allowed = ["application/json", 'application/json; charset="UTF-8"']
    allowed += [] if path == PAYLOADS else [FHIR, f"{FHIR}; charset=utf-8; fhirVersion=4.0"]
    for content_type in allowed:
        assert (await door.send(path, good, secret, content_type=content_type)).status_code in {200, 201}


async def test_a_body_without_a_length_is_counted_as_it_comes(door: Door) -> None:
    _, secret = await door.device_token()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b" " * 4096

    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    answer = await door.client.post(PAYLOADS, content=endless(), headers=headers)
    assert answer.status_code == 413


async def test_a_fault_of_ours_is_masked_and_logged_without_the_message(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, secret = await door.device_token()

    async def broken(*_: object) -> None:
        raise ValueError("systolic 128 of Ada Prova")

    before = await door.looked()
    monkeypatch.setattr("domain.messages.record", broken)
    with caplog.at_level(logging.DEBUG):
        for path in PATHS:
            answer = await door.send(path, message(path), secret)
            assert (answer.status_code, *refusal(path, answer.json())) == (500, "INTERNAL", "Something went wrong.")
    ours = [record for record in caplog.records if record.name == "cuore.door"]
    assert [record.getMessage() for record in ours] == ["a message failed: ValueError"] * 3
    assert not any(secret in record.getMessage() or "Ada" in record.getMessage() for record in caplog.records)
    assert await door.looked() == before


async def test_while_the_database_is_away_a_gateway_is_told_to_come_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await door.device_token()

    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("api.identity.device_of", away)
    for path in PATHS:
        answer = await door.send(path, message(path), secret)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert refusal(path, answer.json())[0] == "UNAVAILABLE"


async def test_what_a_message_tells_of_now_raises_an_alert_and_of_two_days_ago_none(door: Door) -> None:
    _, secret = await door.device_token()

    async def alerts_after(*minutes: float) -> list[tuple[str, UUID]]:
        payloads = [cuff(minutes_ago(one), 190, 115) for one in minutes]
        assert len((await door.send(PAYLOADS, payloads, secret)).json()["accepted"]) == 2
        assert await work_off(door.runtime) == 1
        rows = await door.runtime.pool.fetch("SELECT severity, patient_id FROM alert")
        return [(row["severity"], row["patient_id"]) for row in rows]

    two_days = 2 * 24 * 60
    assert await alerts_after(two_days + 8, two_days + 3) == []
    assert await alerts_after(8, 3) == [("URGENT", door.people.patient_id)]


def test_the_page_of_limits_tells_those_of_messages_and_device_tokens() -> None:
    page = (Path(__file__).parents[3] / "docs" / "limits.md").read_text()
    told = dict(re.findall(r"^\| (.+?) \| ([\d,]+)(?: bytes)? \|", page, re.MULTILINE))
    numbers = {
        "the body of a message": LIMITS.body_bytes,
        "entries of a message": MOST_READINGS_PER_CALL,
        "device tokens of a patient": device_tokens.MOST_LIVE,
        "days of a device token": device_tokens.LONGEST_LIFE.days,
        "seconds between writes of its last use": device_tokens.USE_NOTED_EVERY.seconds,
    }
    assert {name: int(told[name].replace(",", "")) for name in numbers} == numbers
