"""Feeds as server-sent events over a real server: what the protocol asks, what is refused, how a stream goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api.event_streams import ByAccept, EventStreams
from api.feeds import FeedLimits, SignedIn
from api.graphql import documents, make_endpoint, make_event_streams
from api.subscriptions import Subscriptions
from domain.kinds import EventKind, Role
from domain.unit_of_work import new_id
from tests.api import toy
from tests.api.signing import token, token_of, verifier
from tests.api.sockets import PATIENCE_SECONDS, served, until
from tests.people import People

FEED = """subscription PatientFeed($patientId: ID!, $after: String) {
  patientFeed(patientId: $patientId, after: $after) { cursor at kind subjectId } }"""
START = "WzAsMF0="  # behind nothing: [0,0]
ACCEPT = {"accept": "text/event-stream"}


class Told(NamedTuple):
    """One event of a stream; a comment has no name."""

    name: str
    id: str | None
    data: Any


@asynccontextmanager
async def told(address: str, sent: Any, **headers: str) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[Told]]]:
    """A stream's response and its events."""
    url = address.replace("ws://", "http://")
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client,
        client.stream("POST", url, json=sent, headers=ACCEPT | headers) as response,
    ):
        yield response, _events(response)


async def _events(response: httpx.Response) -> AsyncIterator[Told]:
    block: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            block[name] = value.removeprefix(" ")
        elif block:
            data = block.get("data")
            yield Told(block.get("event", ""), block.get("id"), orjson.loads(data) if data else None)
            block = {}


def toy_streams(seconds_left: float = 3600, **options: Any) -> EventStreams:
    """The toy schema as streams."""

    async def sign_in(request: Request) -> SignedIn:
        if request.headers.get("authorization") != f"Bearer {toy.TOKEN}":
            raise toy.NobodyKnown
        return SignedIn("ada", seconds_left)

    return EventStreams(
        subscriptions=Subscriptions(toy.documents()),
        sign_in=sign_in,
        open_context=toy.open_context,
        unauthenticated=toy.NobodyKnown,
        **options,
    )


KNOWN = {"authorization": f"Bearer {toy.TOKEN}"}
COMPLETE = Told("complete", None, None)


async def test_a_feed_of_three_then_its_end() -> None:
    async with served(toy_streams()) as address:
        sent = {"query": "subscription C($to: Int!) { count(to: $to) }", "variables": {"to": 3}}
        async with told(address, sent, **KNOWN) as (response, events):
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["cache-control"] == "no-store"
            seen = [event async for event in events]
    assert seen == [*(Told("next", None, {"data": {"count": number}}) for number in range(3)), COMPLETE]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"query": "subscription {"}, "BAD_USER_INPUT"),
        ({"query": "subscription { nope }"}, "BAD_USER_INPUT"),
        ({"query": "subscription C($to: Int!) { count(to: $to) }"}, "BAD_USER_INPUT"),
        ({"query": "{ person { name } }"}, "BAD_USER_INPUT"),
        ({"query": 'mutation { rename(name: "x") }'}, "BAD_USER_INPUT"),
        ({"query": "subscription { count(to: 1) " + "x: count(to: 1) " * 17 + "}"}, "QUERY_TOO_COMPLEX"),
        ([], "BAD_USER_INPUT"),
    ],
)
async def test_what_is_refused_is_told_in_the_stream_and_runs_nothing(sent: Any, code: str) -> None:
    toy.calls.names.clear()
    async with served(toy_streams()) as address, told(address, sent, **KNOWN) as (response, events):
        refused, complete = [event async for event in events]
    assert (response.status_code, refused.name, complete) == (200, "next", COMPLETE)
    assert [error["extensions"]["code"] for error in refused.data["errors"]] == [code]
    assert toy.calls.names == []


async def test_strangers_and_what_is_no_json_get_no_stream() -> None:
    async with served(toy_streams()) as address:
        async with told(address, {"query": "subscription { silence }"}) as (response, _):
            assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
            assert orjson.loads(await response.aread())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        async with told(address, None, **KNOWN, **{"content-type": "text/plain"}) as (response, _):
            assert response.status_code == 415


async def test_silence_is_broken_by_comments_and_ends_with_the_client() -> None:
    toy.calls.names.clear()
    sent = {"query": "subscription { silence }"}
    async with served(toy_streams(heartbeat_seconds=0.05)) as address, told(address, sent, **KNOWN) as (_, events):
        assert [(await anext(events)).name for _ in range(3)] == ["", "", ""]
        assert toy.calls.names == ["silence"]
    await until(lambda: toy.calls.names == ["silence", "silence ended"])


async def test_a_stream_ends_with_its_token_and_its_code() -> None:
    sent = {"query": "subscription { silence }"}
    async with served(toy_streams(seconds_left=0.2)) as address, told(address, sent, **KNOWN) as (_, events):
        refused, complete = [event async for event in events]
    (error,) = refused.data["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("UNAUTHENTICATED", "The token has expired.")
    assert complete == COMPLETE


async def test_a_slow_reader_is_cut_off_and_hurts_nobody() -> None:
    streams = toy_streams(limits=FeedLimits(send_seconds=0.3))
    cut_off = asyncio.Event()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        await streams(scope, receive, send)
        if (b"x-slow", b"yes") in scope["headers"]:
            cut_off.set()

    body = orjson.dumps({"query": "subscription { flood }"})
    async with served(watched) as address, asyncio.timeout(PATIENCE_SECONDS):
        port = int(address.rsplit(":", 1)[1].split("/")[0])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        try:
            writer.write(
                b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n"
                + f"X-Slow: yes\r\nAuthorization: Bearer {toy.TOKEN}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            await reader.readuntil(b"\r\n\r\n")
            # It reads no more; meanwhile others are served.
            while not cut_off.is_set():
                async with told(address, {"query": "subscription { count(to: 1) }"}, **KNOWN) as (_, events):
                    assert [event.name async for event in events] == ["next", "complete"]
            # What was sent before is still to be read; behind it stands the connection's end, not the last chunk.
            assert not (await reader.read(-1)).endswith(b"0\r\n\r\n")
        finally:
            writer.close()


# The real schema.


@pytest.fixture
async def address(runtime: Runtime, people: People) -> AsyncIterator[str]:
    known = documents()
    app = Starlette(routes=[Route("/graphql", ByAccept(make_event_streams(known), make_endpoint(known)))])

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"runtime": runtime, "verifier": verifier()}}, receive, send)

    async with served(with_state) as opened:
        yield opened
    # Whatever happened: no feed keeps a connection.
    assert runtime.pool.get_idle_size() == runtime.pool.get_size()


def signed(runtime: Runtime, role: Role) -> dict[str, str]:
    """The header of somebody's token."""
    return {"authorization": f"Bearer {token(runtime, role)}"}


async def happen(runtime: Runtime, patient_id: UUID, kind: EventKind) -> UUID:
    """Something that happens to a patient; its subject."""
    subject_id = new_id()
    async with runtime.unit_of_work() as work:
        work.tell(kind, patient_id=patient_id, subject_id=subject_id)
    return subject_id


async def test_a_stream_goes_on_behind_the_last_event_that_its_client_has_seen(
    runtime: Runtime, people: People, address: str
) -> None:
    kinds = [EventKind.READINGS_RECORDED, EventKind.STRIP_ANALYSED, EventKind.APPOINTMENT_BOOKED]
    subjects = [str(await happen(runtime, people.patient_id, kind)) for kind in kinds]
    sent = {"query": FEED, "variables": {"patientId": str(people.patient_id), "after": START}}
    async with told(address, sent, **signed(runtime, Role.PATIENT)) as (_, events):
        seen = [await anext(events) for _ in kinds]
    told_of = [event.data["data"]["patientFeed"] for event in seen]
    assert [(one["kind"], one["subjectId"]) for one in told_of] == list(zip(kinds, subjects, strict=True))
    assert [event.id for event in seen] == [one["cursor"] for one in told_of]
    # The operation is sent as it was; what the client has seen since counts more than its `after`.
    headers = signed(runtime, Role.PATIENT) | {"last-event-id": str(seen[0].id)}
    async with told(address, sent, **headers) as (_, events):
        assert [(await anext(events)).id for _ in kinds[1:]] == [event.id for event in seen[1:]]
        later = str(await happen(runtime, people.patient_id, EventKind.CARE_TEAM_CHANGED))
        assert (await anext(events)).data["data"]["patientFeed"]["subjectId"] == later


@pytest.mark.parametrize(
    ("role", "whose", "code"),
    [
        (Role.CLINICIAN, "foreign_id", "NOT_FOUND"),
        (Role.PATIENT, "foreign_id", "NOT_FOUND"),
        (Role.COORDINATOR, "patient_id", "FORBIDDEN"),
        (Role.ADMIN, "patient_id", "FORBIDDEN"),
        (Role.DEVICE, "patient_id", "FORBIDDEN"),
    ],
)
async def test_who_may_not_follow_a_patient_is_refused(
    runtime: Runtime, people: People, address: str, role: Role, whose: str, code: str
) -> None:
    sent = {"query": FEED, "variables": {"patientId": str(getattr(people, whose))}}
    async with told(address, sent, **signed(runtime, role)) as (_, events):
        refused, complete = [event async for event in events]
    assert ([error["extensions"]["code"] for error in refused.data["errors"]], complete) == ([code], COMPLETE)
    assert await runtime.pool.fetchval("SELECT count(*) FROM audit_entry") == 0


async def test_newcomers_and_stale_tokens_get_no_stream(runtime: Runtime, address: str) -> None:
    for refused in ("x", token_of(runtime, "newcomer"), token_of(runtime, "test-clinician", -60)):
        async with told(address, {"query": FEED}, authorization=f"Bearer {refused}") as (response, _):
            assert response.status_code == 401


async def test_who_accepts_json_as_well_gets_json(runtime: Runtime, address: str) -> None:
    url = address.replace("ws://", "http://")
    both = {"accept": "application/json, text/event-stream"} | signed(runtime, Role.PATIENT)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, json={"query": "{ viewer { role } }"}, headers=both)
        assert answer.json() == {"data": {"viewer": {"role": "PATIENT"}}}
        refused = await client.post(url, json={"query": FEED, "variables": {"patientId": "x"}}, headers=both)
    assert refused.status_code == 400
    assert "text/event-stream" in refused.json()["errors"][0]["message"]
