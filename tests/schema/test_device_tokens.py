"""Device tokens through the schema and at the door, as every kind of caller; what is refused changes nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.requests import HTTPConnection

from adapters.runtime import Runtime
from api.identity import Unauthenticated, authenticate
from domain import device_tokens
from domain.access import Actor, Newcomer
from domain.kinds import OrganisationKind, Role
from tests.api.signing import verifier
from tests.asking import ask
from tests.joining import everything, newcomer, staff
from tests.people import People
from tests.schema.test_people import code, data

TOKEN = "{ id name madeBy madeAt expiresAt lastUsedAt revokedAt }"
CREATE = f"""mutation ($input: CreateDeviceTokenInput!) {{ createDeviceToken(input: $input) {{
  deviceToken {TOKEN} secret }} }}"""
REVOKE = f"""mutation ($input: RevokeDeviceTokenInput!) {{ revokeDeviceToken(input: $input) {{
  deviceToken {TOKEN} }} }}"""
LIST = f"""query ($id: ID!, $first: Int!, $after: String) {{
  patient(id: $id) {{ deviceTokens(first: $first, after: $after) {{
    edges {{ node {TOKEN} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
RECORD = """mutation ($input: RecordVitalsInput!) { recordVitals(input: $input) {
  accepted { kind } duplicates rejected { code } } }"""
KITCHEN = "Omron bridge in the kitchen"


def wanted(people: People, **more: Any) -> dict[str, Any]:
    """The input of createDeviceToken."""
    return {"clientId": str(uuid4()), "patientId": str(people.patient_id), "name": KITCHEN} | more


async def created(runtime: Runtime, people: People, role: Role = Role.PATIENT, **more: Any) -> dict[str, Any]:
    """A new token and its secret."""
    answer = await ask(runtime, people.actors[role], CREATE, input=wanted(people, **more))
    made: dict[str, Any] = data(answer)["createDeviceToken"]
    return made


async def device(runtime: Runtime, secret: str) -> Actor | Newcomer:
    """Whom the door takes the bearer of the secret for."""
    header = (b"authorization", f"Bearer {secret}".encode())
    return await authenticate(HTTPConnection({"type": "http", "headers": [header]}), runtime, verifier())


async def listed(runtime: Runtime, people: People, role: Role = Role.PATIENT) -> list[dict[str, Any]]:
    answer = data(await ask(runtime, people.actors[role], LIST, id=str(people.patient_id), first=100))
    return [edge["node"] for edge in answer["patient"]["deviceTokens"]["edges"]]


async def looked(runtime: Runtime) -> dict[str, list[str]]:
    """Everything that tokens could change."""
    tokens = await runtime.pool.fetch("SELECT t::text AS line FROM device_token AS t ORDER BY 1")
    return await everything(runtime) | {"device_token": [row["line"] for row in tokens]}


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CLINICIAN])
async def test_a_token_is_made_used_seen_and_revoked(runtime: Runtime, people: People, role: Role) -> None:
    began = runtime.now()
    made = await created(runtime, people, role, name="  Omron  bridge in the kitchen ")
    token, secret = made["deviceToken"], made["secret"]
    assert secret.startswith("cuore_device_")
    assert len(secret) == 56
    made_at = datetime.fromisoformat(token["madeAt"])
    assert began <= made_at <= runtime.now()
    expires_at = (made_at + timedelta(days=730)).isoformat()
    assert token == {
        "id": token["id"],
        "name": KITCHEN,
        "madeBy": f"Test {role.lower()}",
        "madeAt": token["madeAt"],
        "expiresAt": expires_at,
        "lastUsedAt": None,
        "revokedAt": None,
    }
    actor = await device(runtime, secret)
    clinic_id = people.actors[role].organisation_id
    assert isinstance(actor, Actor)
    assert actor == Actor(actor.account_id, Role.DEVICE, clinic_id, people.patient_id, KITCHEN)
    (seen,) = await listed(runtime, people)
    assert made_at <= datetime.fromisoformat(seen["lastUsedAt"]) <= runtime.now()
    assert seen == token | {"lastUsedAt": seen["lastUsedAt"]}

    # Whoever else may see the patient revokes it; once more changes nothing.
    other = Role.CLINICIAN if role is Role.PATIENT else Role.PATIENT
    sent = {"deviceTokenId": token["id"]}
    revoked = data(await ask(runtime, people.actors[other], REVOKE, input=sent))["revokeDeviceToken"]["deviceToken"]
    assert revoked == seen | {"revokedAt": revoked["revokedAt"]}
    before = await looked(runtime)
    assert data(await ask(runtime, people.actors[role], REVOKE, input=sent))["revokeDeviceToken"] == {
        "deviceToken": revoked
    }
    assert await looked(runtime) == before
    with pytest.raises(Unauthenticated):
        await device(runtime, secret)
    assert await listed(runtime, people, Role.CLINICIAN) == [revoked]
    audited = await runtime.pool.fetch(
        "SELECT actor_id, role, action FROM audit_entry WHERE subject_id = $1 AND patient_id = $2 ORDER BY at",
        UUID(token["id"]),
        people.patient_id,
    )
    assert [tuple(row) for row in audited] == [
        (people.actors[role].account_id, role, "createDeviceToken"),
        (people.actors[other].account_id, other, "revokeDeviceToken"),
    ]
    told = await runtime.pool.fetch("SELECT kind, patient_id, subject_id::text FROM event ORDER BY id")
    assert [tuple(row) for row in told] == [
        ("DEVICE_TOKEN_CREATED", people.patient_id, token["id"]),
        ("DEVICE_TOKEN_REVOKED", people.patient_id, token["id"]),
    ]


async def test_the_secret_is_nowhere_in_the_database(runtime: Runtime, people: People) -> None:
    secret = (await created(runtime, people))["secret"]
    await device(runtime, secret)
    kept = "\n".join(line for lines in (await looked(runtime)).values() for line in lines)
    assert KITCHEN in kept
    assert secret not in kept
    assert secret.removeprefix("cuore_device_") not in kept


async def test_the_same_client_id_gives_the_first_answer_without_the_secret(runtime: Runtime, people: People) -> None:
    sent = wanted(people)
    patient = people.actors[Role.PATIENT]
    first = data(await ask(runtime, patient, CREATE, input=sent))["createDeviceToken"]
    before = await looked(runtime)
    again = data(await ask(runtime, patient, CREATE, input=sent))["createDeviceToken"]
    assert again == {"deviceToken": first["deviceToken"], "secret": None}
    spelled_out = sent | {"expiresAt": first["deviceToken"]["expiresAt"]}
    assert data(await ask(runtime, patient, CREATE, input=spelled_out))["createDeviceToken"] == again
    sooner = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for changed in (sent | {"name": "Another"}, sent | {"expiresAt": sooner}):
        assert code(await ask(runtime, patient, CREATE, input=changed)) == "CONFLICT"
    assert code(await ask(runtime, people.actors[Role.CLINICIAN], CREATE, input=sent)) == "CONFLICT"
    assert await looked(runtime) == before


async def test_who_may_not_make_see_or_revoke_tokens(runtime: Runtime, people: People) -> None:
    token = (await created(runtime, people))["deviceToken"]
    outside = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Elsewhere")
    colleague = await staff(runtime, OrganisationKind.CLINIC, Role.CLINICIAN, "Colleague")
    other = Actor(uuid4(), Role.PATIENT, outside.organisation_id, people.foreign_id, "Bruno Altro")
    refusals: dict[Actor | Newcomer, tuple[str, str, str]] = {
        people.actors[Role.COORDINATOR]: ("FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
        people.actors[Role.ADMIN]: ("FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
        people.actors[Role.DEVICE]: ("FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
        newcomer(): ("FORBIDDEN", "FORBIDDEN", "FORBIDDEN"),
        outside: ("NOT_FOUND", "NOT_FOUND", "NOT_FOUND"),
        colleague: ("NOT_FOUND", "NOT_FOUND", "NOT_FOUND"),
        other: ("NOT_FOUND", "NOT_FOUND", "NOT_FOUND"),
    }
    before = await looked(runtime)
    for caller, (making, seeing, revoking) in refusals.items():
        assert code(await ask(runtime, caller, CREATE, input=wanted(people))) == making
        assert code(await ask(runtime, caller, LIST, id=str(people.patient_id), first=10)) == seeing
        assert code(await ask(runtime, caller, REVOKE, input={"deviceTokenId": token["id"]})) == revoking
    # A token that does not exist looks like one that is not theirs.
    answers = [
        await ask(runtime, people.actors[Role.CLINICIAN], REVOKE, input={"deviceTokenId": str(uuid4())}),
        await ask(runtime, outside, REVOKE, input={"deviceTokenId": token["id"]}),
    ]
    sentences = [[(error.message, error.extensions) for error in answer.errors or ()] for answer in answers]
    assert sentences == [[("There is no such device token.", {"code": "NOT_FOUND"})]] * 2
    # The coordinator sees the patient, and not the tokens; administration sees accounts of people alone.
    coordinator = people.actors[Role.COORDINATOR]
    partly = await ask(runtime, coordinator, "query ($id: ID!) { patient(id: $id) { id } }", id=str(people.patient_id))
    assert partly.errors is None
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'deviceTokens'") == 0
    after = await looked(runtime)
    for name in before.keys() - {"audit_entry"}:
        assert after[name] == before[name]


async def test_a_patient_need_not_say_whose_device_it_is_and_a_clinician_must(runtime: Runtime, people: People) -> None:
    unsaid = wanted(people)
    del unsaid["patientId"]
    before = await looked(runtime)
    assert code(await ask(runtime, people.actors[Role.CLINICIAN], CREATE, input=unsaid)) == "BAD_USER_INPUT"
    assert await looked(runtime) == before
    made = data(await ask(runtime, people.actors[Role.PATIENT], CREATE, input=unsaid))["createDeviceToken"]
    assert await listed(runtime, people) == [made["deviceToken"]]


async def test_names_and_expiries_that_cannot_be_are_refused(runtime: Runtime, people: People) -> None:
    patient = people.actors[Role.PATIENT]
    before = await looked(runtime)
    for name in ("", "   ", "x" * 101, "bell \a"):
        answer = await ask(runtime, patient, CREATE, input=wanted(people, name=name))
        assert code(answer) == "BAD_USER_INPUT"
        assert answer.errors is not None
        assert answer.errors[0].message == "name: give 1 to 100 printable characters."
    now = runtime.now()
    for expires_at in (now, now - timedelta(days=1), now + timedelta(days=731)):
        answer = await ask(runtime, patient, CREATE, input=wanted(people, expiresAt=expires_at.isoformat()))
        assert code(answer) == "BAD_USER_INPUT"
        assert answer.errors is not None
        assert answer.errors[0].message == "expiresAt: give a moment within the next 730 days."
    unsaid = wanted(people, expiresAt=(now + timedelta(days=3)).replace(tzinfo=None).isoformat())
    assert code(await ask(runtime, patient, CREATE, input=unsaid)) == "BAD_USER_INPUT"
    assert await looked(runtime) == before


async def test_a_patient_has_at_most_ten_that_work_also_when_they_are_made_at_once(
    runtime: Runtime, people: People
) -> None:
    patient = people.actors[Role.PATIENT]
    answers = await asyncio.gather(*(ask(runtime, patient, CREATE, input=wanted(people)) for _ in range(13)))
    refused = [answer for answer in answers if answer.errors]
    assert [code(answer) for answer in refused] == ["CONFLICT"] * 3
    tokens = await listed(runtime, people)
    assert len(tokens) == 10
    # One that was revoked, or has expired, makes room for another.
    await ask(runtime, patient, REVOKE, input={"deviceTokenId": tokens[0]["id"]})
    assert (await ask(runtime, patient, CREATE, input=wanted(people))).errors is None
    await runtime.pool.execute("UPDATE device_token SET expires_at = now() WHERE id = $1", UUID(tokens[1]["id"]))
    assert (await ask(runtime, patient, CREATE, input=wanted(people))).errors is None
    assert code(await ask(runtime, patient, CREATE, input=wanted(people))) == "CONFLICT"


async def test_the_list_goes_page_by_page_the_newest_first(runtime: Runtime, people: People) -> None:
    made = [(await created(runtime, people, name=f"Device {number}"))["deviceToken"]["id"] for number in range(5)]
    seen: list[str] = []
    after = None
    for _ in range(3):
        answer = data(
            await ask(runtime, people.actors[Role.CLINICIAN], LIST, id=str(people.patient_id), first=2, after=after)
        )
        page = answer["patient"]["deviceTokens"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == made[::-1]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_a_token_works_until_it_expires_is_revoked_or_its_patient_leaves(
    runtime: Runtime, people: People
) -> None:
    secret = (await created(runtime, people))["secret"]

    async def works() -> bool:
        try:
            await device(runtime, secret)
        except Unauthenticated:
            return False
        return True

    async def changed(statement: str, *values: object) -> bool:
        await runtime.pool.execute(statement, *values)
        return await works()

    assert await works()
    for wrong in (secret[:-1], secret + "A", "cuore_device_", "cuore_device_" + "A" * 43, secret.upper()):
        with pytest.raises(Unauthenticated):
            await device(runtime, wrong)
    async with runtime.pool.acquire() as connection:
        expires_at = await connection.fetchval("SELECT expires_at FROM device_token")
        just_before = expires_at - timedelta(microseconds=1)
        assert await device_tokens.device_of(connection, secret, just_before) is not None
        assert await device_tokens.device_of(connection, secret, expires_at) is None
    # The patient's own account decides while there is one, else whether anyone cares for them.
    owner = people.actors[Role.PATIENT].account_id
    assert await changed("UPDATE care_relation SET ends_at = now()")
    assert not await changed("UPDATE account SET ended_at = now() WHERE id = $1", owner)
    assert not await changed("UPDATE care_relation SET ends_at = NULL")
    assert await changed("UPDATE account SET ended_at = NULL WHERE id = $1", owner)
    assert await changed("UPDATE account SET role = 'DEVICE' WHERE id = $1", owner)
    assert not await changed("UPDATE care_relation SET ends_at = now()")


async def test_the_last_use_is_written_once_in_five_minutes(runtime: Runtime, people: People) -> None:
    secret = (await created(runtime, people))["secret"]
    began = runtime.now()

    async def used(after: timedelta) -> timedelta:
        async with runtime.pool.acquire() as connection:
            assert await device_tokens.device_of(connection, secret, began + after) is not None
            moment: datetime = await connection.fetchval("SELECT last_used_at FROM device_token")
            return moment - began

    assert await used(timedelta()) == timedelta()
    version = await runtime.pool.fetchval("SELECT xmin::text FROM device_token")
    assert await used(timedelta(minutes=4, seconds=59)) == timedelta()
    assert await runtime.pool.fetchval("SELECT xmin::text FROM device_token") == version
    assert await used(timedelta(minutes=5)) == timedelta(minutes=5)


async def test_a_device_records_for_its_patient_and_does_nothing_else(runtime: Runtime, people: People) -> None:
    actor = await device(runtime, (await created(runtime, people))["secret"])
    at = (runtime.now() - timedelta(minutes=1)).isoformat()
    reading = {"clientId": str(uuid4()), "measuredAt": at, "value": {"weight": {"value": 71.5}}}
    recorded = data(await ask(runtime, actor, RECORD, input={"readings": [reading]}))["recordVitals"]
    assert recorded == {"accepted": [{"kind": "WEIGHT"}], "duplicates": [], "rejected": []}
    assert isinstance(actor, Actor)
    audited = await runtime.pool.fetchrow("SELECT actor_id, role, patient_id FROM audit_entry ORDER BY at DESC LIMIT 1")
    assert tuple(audited) == (actor.account_id, "DEVICE", people.patient_id)
    before = await looked(runtime)
    other = {"patientId": str(people.foreign_id), "readings": [reading]}
    assert code(await ask(runtime, actor, RECORD, input=other)) == "BAD_USER_INPUT"
    for query, variables in (
        ("query ($id: ID!) { patient(id: $id) { id } }", {"id": str(people.patient_id)}),
        ("{ patients(first: 1) { edges { cursor } } }", {}),
        ("{ worklist(first: 1) { edges { cursor } } }", {}),
        (CREATE, {"input": wanted(people)}),
    ):
        assert code(await ask(runtime, actor, query, **variables)) == "FORBIDDEN"
    assert await looked(runtime) == before
