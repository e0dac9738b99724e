"""The alert feed over a real socket: what happens arrives once, what was missed is replayed, what is foreign is not."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api.graphql import documents, make_feeds
from domain import alert_life, alerts, feeds
from domain.kinds import AlertSeverity, Role
from domain.unit_of_work import new_id
from tests.api.signing import token, token_of, verifier
from tests.api.sockets import Phone, phone, served
from tests.people import People

FEED = """subscription AlertFeed($after: String) { alertFeed(after: $after) { cursor change alert {
  id severity status title explanation rule raisedAt snoozedUntil version assignee { displayName }
  patient { id displayName } } } }"""


@pytest.fixture
async def address(runtime: Runtime, people: People) -> AsyncIterator[str]:
    app = Starlette(routes=[WebSocketRoute("/graphql", make_feeds(documents()))])

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"runtime": runtime, "verifier": verifier()}}, receive, send)

    async with served(with_state) as opened:
        yield opened
    # Whatever happened: no feed keeps a connection.
    assert runtime.pool.get_idle_size() == runtime.pool.get_size()


async def ring(runtime: Runtime, patient_id: UUID, rule: str = "BP-CRISIS-3") -> None:
    """An alert of a patient, or a repetition of it."""
    async with runtime.unit_of_work() as work:
        await alerts.raise_alert(
            work,
            patient_id=patient_id,
            rule=rule,
            rule_version=1,
            severity=AlertSeverity.URGENT,
            title="Very high",
            explanation="184/112 mm[Hg]",
            reading_id=new_id(),
        )


async def take(runtime: Runtime, people: People) -> None:
    """The clinician acknowledges the one alert."""
    by = people.actors[Role.CLINICIAN]
    row = await runtime.pool.fetchrow("SELECT id, version FROM alert")
    assert row is not None
    async with runtime.unit_of_work(by) as work:
        await alert_life.acknowledge(work, by, row["id"], row["version"])


async def event(phone: Phone, this: str = "1") -> Any:
    """The next event of an operation."""
    answer = await phone.receive()
    assert (answer["type"], answer["id"]) == ("next", this), answer
    assert "errors" not in answer["payload"]
    return answer["payload"]["data"]["alertFeed"]


START = "WzAsMF0="  # behind nothing: [0,0]


async def test_the_life_of_an_alert_arrives_step_by_step_and_is_replayed_behind_a_cursor(
    runtime: Runtime, people: People, address: str
) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED, after=START)
        await ring(runtime, people.patient_id)
        raised = await event(desk)
        await ring(runtime, people.patient_id)
        repeated = await event(desk)
        await take(runtime, people)
        taken = await event(desk)
    assert [one["change"] for one in (raised, repeated, taken)] == ["RAISED", "REPEATED", "ACKNOWLEDGED"]
    assert [one["alert"]["version"] for one in (raised, repeated, taken)] == [1, 2, 3]
    assert raised["alert"]["patient"] == {"id": str(people.patient_id), "displayName": "Ada Prova"}
    assert (raised["alert"]["assignee"], taken["alert"]["assignee"]) == (None, {"displayName": "Test clinician"})
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED, after=raised["cursor"])
        assert [(await event(desk))["cursor"] for _ in range(2)] == [repeated["cursor"], taken["cursor"]]


async def test_a_feed_without_a_cursor_begins_now(runtime: Runtime, people: People, address: str) -> None:
    await ring(runtime, people.patient_id, "BEFORE")
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED)
        # Until the feed has looked once, nobody can tell whether an alert came before or after it began.
        while not await runtime.pool.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'alertFeed'"):
            await ring(runtime, people.patient_id, "AFTER")
        assert (await event(desk))["alert"]["rule"] == "AFTER v1"


async def test_two_feeds_of_one_socket_do_not_disturb_each_other(
    runtime: Runtime, people: People, address: str
) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED, after=START)
        await desk.subscribe("2", FEED, after=START)
        seen: dict[str, list[int]] = {"1": [], "2": []}
        for _ in range(3):
            await ring(runtime, people.patient_id)
        while any(len(versions) < 3 for versions in seen.values()):
            answer = await desk.receive()
            # Each event shows the alert as it is when it is read.
            seen[answer["id"]].append(answer["payload"]["data"]["alertFeed"]["alert"]["version"])
        await desk.send(type="complete", id="1")
        await take(runtime, people)
        assert (await event(desk, "2"))["change"] == "ACKNOWLEDGED"
    assert [sorted(versions) == versions for versions in seen.values()] == [True, True]


async def test_each_event_leaves_an_audit_entry_before_it_leaves(
    runtime: Runtime, people: People, address: str
) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED, after=START)
        await ring(runtime, people.patient_id)
        seen = await event(desk)
        row = await runtime.pool.fetchrow("SELECT * FROM audit_entry WHERE action = 'alertFeed'")
    assert row is not None
    assert (row["patient_id"], str(row["subject_id"]), row["role"]) == (
        people.patient_id,
        seen["alert"]["id"],
        "CLINICIAN",
    )


async def test_a_coordinator_follows_without_values(runtime: Runtime, people: People, address: str) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.COORDINATOR))
        await desk.subscribe("1", FEED, after=START)
        await ring(runtime, people.patient_id)
        assert (await event(desk))["alert"]["explanation"] == "The patient's clinicians see the details."


async def test_a_foreign_patients_alert_and_one_after_the_end_of_care_do_not_arrive(
    runtime: Runtime, people: People, address: str
) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED, after=START)
        await ring(runtime, people.foreign_id, "FOREIGN")
        await ring(runtime, people.patient_id, "OWN")
        assert (await event(desk))["alert"]["rule"] == "OWN v1"
        await runtime.pool.execute("UPDATE care_relation SET ends_at = starts_at")
        await ring(runtime, people.patient_id, "AFTER THE END")
        await runtime.pool.execute("UPDATE care_relation SET patient_id = $1, ends_at = NULL", people.foreign_id)
        await ring(runtime, people.foreign_id, "NEW PATIENT")
        assert (await event(desk))["alert"]["rule"] == "NEW PATIENT v1"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DEVICE, Role.ADMIN])
async def test_who_has_no_alerts_is_forbidden_to_follow(runtime: Runtime, address: str, role: Role) -> None:
    async with phone(address) as other:
        await other.sign_in(token(runtime, role))
        await other.subscribe("1", FEED)
        assert await other.refusal("1") == ("FORBIDDEN", "Your role may not use this field.")


async def test_a_broken_cursor_is_refused_with_its_reason(runtime: Runtime, address: str) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        for broken in ("x", "bm90aGluZw==", "WzFd", "WyJhIiwgImIiXQ=="):
            await desk.subscribe("1", FEED, after=broken)
            assert await desk.refusal("1") == ("BAD_USER_INPUT", "after: this is not a cursor of this list.")


async def test_nobody_newcomers_and_stale_tokens_stay_outside(runtime: Runtime, address: str) -> None:
    for refused in ("x", token_of(runtime, "newcomer"), token_of(runtime, "test-clinician", -60)):
        async with phone(address) as stranger:
            await stranger.send(type="connection_init", payload={"Authorization": f"Bearer {refused}"})
            assert await stranger.closed() == (4401, "Unauthorized")


async def test_a_feed_ends_with_its_token(runtime: Runtime, address: str) -> None:
    async with phone(address) as desk:
        await desk.sign_in(token_of(runtime, "test-clinician", 1))
        await desk.subscribe("1", FEED)
        assert await desk.closed() == (4403, "The token has expired.")


async def test_a_bug_in_a_feed_is_masked_with_a_reference(
    runtime: Runtime, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ValueError("184/112 of Ada Prova")

    monkeypatch.setattr(feeds, "settled", broken)
    async with phone(address) as desk:
        await desk.sign_in(token(runtime, Role.CLINICIAN))
        await desk.subscribe("1", FEED)
        answer = await desk.receive()
    (error,) = answer["payload"]
    assert (answer["type"], error["message"]) == ("error", "Something went wrong on our side.")
    assert (error["extensions"]["code"], len(error["extensions"]["reference"])) == ("INTERNAL", 16)
