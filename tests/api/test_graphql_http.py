"""The transport alone, over a toy schema: what never runs is refused with its code, and no resolver is called."""

from collections.abc import AsyncIterator

import httpx
import pytest
from graphql import get_introspection_query

from api.json_body import RequestLimits
from tests.api.toy import TOKEN, calls, make_endpoint

MODERN = "application/graphql-response+json"
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Accept": MODERN}
INSIDE_OUT = "{ __schema { types { " + "fields { type { " * 5 + "name" + " } }" * 5 + " } } }"
FRIENDS = "{ person { " + "friends { " * 9 + "name" + " }" * 9 + " } }"
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "nested introspection": (b'{"query": "%s"}' % INSIDE_OUT.encode(), 400, "QUERY_TOO_COMPLEX"),
    "lists without first": (b'{"query": "%s"}' % FRIENDS.encode(), 400, "QUERY_TOO_COMPLEX"),
    "a key twice": (b'{"query": "{ broken }", "query": "{ broken }"}', 400, "BAD_USER_INPUT"),
    "deep JSON": (b'{"query": "{ broken }", "variables": ' + b"[" * 100_000, 400, "BAD_USER_INPUT"),
    "NaN": (b'{"query": "{ broken }", "variables": {"a": NaN}}', 400, "BAD_USER_INPUT"),
    "NUL": (b'{"query": "{ broken }", "variables": {"a": "\\u0000"}}', 400, "BAD_USER_INPUT"),
    "UTF-16": ('{"query": "{ broken }"}'.encode("utf-16"), 400, "BAD_USER_INPUT"),
    "BOM": ('{"query": "{ broken }"}'.encode("utf-8-sig"), 400, "BAD_USER_INPUT"),
    "a batch": (b'[{"query": "{ broken }"}]', 400, "BAD_USER_INPUT"),
    "20 MB": (b'{"query": "' + b" " * 20_000_000, 413, "BAD_USER_INPUT"),
    "another operationName": (b'{"query": "query A { broken }", "operationName": "B"}', 400, "BAD_USER_INPUT"),
    "two operations, no name": (b'{"query": "query A { broken } query B { broken }"}', 400, "BAD_USER_INPUT"),
    "a subscription": (b'{"query": "subscription { a }"}', 400, "BAD_USER_INPUT"),
    "an unknown field": (b'{"query": "{ nope broken }"}', 400, "BAD_USER_INPUT"),
    "a wrong variable": (b'{"query": "query($n: String!) { person(name: $n) { name } }"}', 400, "BAD_USER_INPUT"),
    "another hash": (
        b'{"query": "{ broken }", "extensions": {"persistedQuery": {"sha256Hash": "0"}}}',
        400,
        "BAD_USER_INPUT",
    ),
}


def client(limits: RequestLimits | None = None) -> httpx.AsyncClient:
    calls.names.clear()
    transport = httpx.ASGITransport(make_endpoint(limits=limits))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=HEADERS)


@pytest.mark.parametrize("name", REFUSED)
async def test_abuse_never_runs(name: str) -> None:
    content, status, code = REFUSED[name]
    async with client() as opened:
        answer = await opened.post("/", content=content)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in answer.json()
    assert calls.names == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Encoding": "gzip"},
    ],
)
async def test_only_plain_utf8_json_is_read(headers: dict[str, str]) -> None:
    async with client() as opened:
        answer = await opened.post("/", content=b'{"query": "{ broken }"}', headers=headers)
    assert answer.status_code == 415
    assert calls.names == []


async def test_a_chunked_body_is_counted() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    async with client() as opened:
        answer = await opened.post("/", content=chunks())
    assert answer.status_code == 413


async def test_get_is_for_queries() -> None:
    async with client() as opened:
        asked = await opened.get("/", params={"query": "{ person { name } }"})
        changed = await opened.get("/", params={"query": 'mutation { rename(name: "x") }'})
        other = await opened.put("/")
    assert asked.json() == {"data": {"person": {"name": "Ada"}}}
    assert (changed.status_code, changed.headers["allow"]) == (405, "POST")
    assert (other.status_code, other.headers["allow"]) == (405, "GET, POST")
    assert calls.names == ["person"]


async def test_the_standard_introspection_passes() -> None:
    async with client() as opened:
        answer = await opened.post("/", json={"query": get_introspection_query()})
    assert answer.status_code == 200
    assert "errors" not in answer.json()


async def test_the_deadline_ends_an_operation() -> None:
    async with client(RequestLimits(operation_seconds=0.01)) as opened:
        answer = await opened.post("/", json={"query": "{ slow }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
