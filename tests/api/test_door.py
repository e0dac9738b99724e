"""The door in process: real tokens, the real schema, real services."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from api import health
from api.graphql import documents, make_endpoint
from domain.kinds import Role
from tests.api.signing import token, verifier
from tests.people import People


@pytest.fixture
async def client(runtime: Runtime, people: People) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/graphql", make_endpoint(documents())), Route("/health/ready", health.ready)])
    state = {"runtime": runtime, "verifier": verifier()}

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": state}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://127.0.0.1:8000") as opened:
        yield opened


async def test_an_anonymous_caller_gets_one_flat_401(client: httpx.AsyncClient) -> None:
    for content in (b'{"query": "{ __typename }"}', b"{", b"x" * 300_000):
        answer = await client.post("/graphql", content=content)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["errors"] == [
            {"message": "Sign in to use this endpoint.", "extensions": {"code": "UNAUTHENTICATED"}}
        ]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ('{"query": "{ patients(first: 2) { edges { cursor } } }"}', 200, None),
        ('{"query": "{ patients(first: 101) { edges { cursor } } }"}', 400, "QUERY_TOO_COMPLEX"),
        ('{"query": "{ nothing }"}', 400, "BAD_USER_INPUT"),
        ('{"query": "{"}', 400, "BAD_USER_INPUT"),
        ('[{"query": "{ __typename }"}]', 400, "BAD_USER_INPUT"),
        ('{"query": 7}', 400, "BAD_USER_INPUT"),
        ("not json", 400, "BAD_USER_INPUT"),
        ("x" * 300_000, 413, "BAD_USER_INPUT"),
    ],
)
async def test_what_a_signed_in_clinician_gets(
    client: httpx.AsyncClient, runtime: Runtime, content: str, status: int, code: str | None
) -> None:
    headers = {"Authorization": f"Bearer {token(runtime, Role.CLINICIAN)}", "Content-Type": "application/json"}
    headers["Accept"] = "application/graphql-response+json"
    answer = await client.post("/graphql", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/graphql-response+json")
    errors = answer.json().get("errors", [])
    assert [error["extensions"]["code"] for error in errors] == ([code] if code else [])


async def test_ready_when_the_database_takes_writes(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ready"}


@pytest.mark.parametrize("value", [{}, {"weight": None}, {"weight": {"value": 80}, "steps": {"value": 1}}])
async def test_two_values_in_one_reading_were_told_as_a_fault_of_ours(
    client: httpx.AsyncClient, runtime: Runtime, value: dict[str, Any]
) -> None:
    reading = {"clientId": str(uuid4()), "measuredAt": "2026-11-24T07:04:00+01:00", "value": value}
    query = "mutation ($input: RecordVitalsInput!) { recordVitals(input: $input) { duplicates } }"
    answer = await client.post(
        "/graphql",
        json={"query": query, "variables": {"input": {"readings": [reading]}}},
        headers={
            "Authorization": f"Bearer {token(runtime, Role.PATIENT)}",
            "Accept": "application/graphql-response+json",
        },
    )
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert error["message"].startswith("Variable '$input' has invalid value at .readings[0].value")
    assert await runtime.pool.fetchval("SELECT count(*) FROM reading") == 0
