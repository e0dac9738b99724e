"""A gateway in the kitchen: it gets a token, its cuff raises an alert, and once the token is revoked it is nobody."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.messages.sending import BUNDLE, OBSERVATION, PAYLOADS, bundle, cuff, minutes_ago, weight
from tests.journeys.centre import WORKLIST, Centre, People

pytestmark = pytest.mark.journey

CREATE = """mutation ($input: CreateDeviceTokenInput!) { createDeviceToken(input: $input) {
  secret deviceToken { id } } }"""
REVOKE = """mutation ($input: RevokeDeviceTokenInput!) { revokeDeviceToken(input: $input) {
  deviceToken { name lastUsedAt revokedAt } } }"""
SEEN = """query ($id: ID!) { patient(id: $id) { latestReadings(kinds: [BLOOD_PRESSURE, WEIGHT]) {
  source device ... on BloodPressureReading { systolic diastolic pulse } ... on QuantityReading { value unit } } } }"""


async def test_a_gateway_from_its_token_to_the_alert_and_to_its_end(centre: Centre, people: People) -> None:
    made = (await centre.ask(people["patient"], CREATE, input={"clientId": str(uuid4()), "name": "Kitchen"})).data
    secret = made["createDeviceToken"]["secret"]

    async def send(path: str, message: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {secret}"}
        return await centre.client.post(f"{centre.system.url}{path}", json=message, headers=headers)

    at = minutes_ago(9)
    payloads = [cuff(at, 184, 112), cuff(minutes_ago(4), 182, 108, pulse=71)]
    for accepted, duplicates in ((2, 0), (0, 2)):
        told = (await send(PAYLOADS, payloads)).json()
        assert (len(told["accepted"]), len(told["duplicates"]), told["rejected"]) == (accepted, duplicates, [])
    for status in ("201 Created", "200 OK"):
        answer = await send(BUNDLE, bundle("transaction", weight(at, 71.5)))
        assert [entry["response"]["status"] for entry in answer.json()["entry"]] == [status]
    assert (await send(OBSERVATION, weight(at, 71.5))).status_code == 200

    seen = (await centre.ask(people["clinician"], SEEN, id=str(people.patient_id))).data
    assert seen["patient"]["latestReadings"] == [
        {"source": "DEVICE", "device": "Cuff 7", "systolic": 182.0, "diastolic": 108.0, "pulse": 71.0},
        {"source": "DEVICE", "device": None, "value": 71.5, "unit": "kg"},
    ]
    await centre.wait_until_done(people.patient_id)
    (item,) = (await centre.ask(people["clinician"], WORKLIST, first=10)).data["worklist"]["edges"]
    assert item["node"]["urgency"] == "URGENT"

    before = await centre.rows("SELECT * FROM reading WHERE patient_id = $1 ORDER BY id", people.patient_id)
    sent = {"deviceTokenId": made["createDeviceToken"]["deviceToken"]["id"]}
    revoked = (await centre.ask(people["clinician"], REVOKE, input=sent)).data["revokeDeviceToken"]["deviceToken"]
    assert revoked["name"] == "Kitchen"
    assert revoked["lastUsedAt"] < revoked["revokedAt"]
    for path, message in ((PAYLOADS, payloads), (OBSERVATION, weight(minutes_ago(1))), (BUNDLE, bundle("batch"))):
        assert (await send(path, message)).status_code == 401
    assert await centre.rows("SELECT * FROM reading WHERE patient_id = $1 ORDER BY id", people.patient_id) == before
