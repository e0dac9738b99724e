"""The whole application under its own lifespan."""

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from adapters.settings import Settings, UnsafeSettings, read_settings
from adapters.tokens import TokenVerifier, VerifiedToken
from api.app import create_app
from dev.system import procfile_command


@pytest.fixture
async def client(
    migrated: dict[str, str], runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    @asynccontextmanager
    async def the_tests_own(_: Settings) -> AsyncIterator[Runtime]:
        # A process has one database pool; a second one would close the first.
        yield runtime

    monkeypatch.setattr("api.app.open_runtime", the_tests_own)
    app = create_app(read_settings(migrated))
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://127.0.0.1") as opened:
            yield opened


async def test_the_app_says_ready_and_refuses_strangers(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    answer = await client.post("/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 401
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_browser_at_the_endpoint_gets_the_page_and_a_client_does_not(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.explorer.BUILT", tmp_path)
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    unbuilt = await client.get("/graphql", headers=browser)
    assert (unbuilt.status_code, unbuilt.text) == (404, "The explorer is not built; the API answers at /graphql.")
    (tmp_path / "index.html").write_text("<title>the page</title>")
    for path in ("/", "/graphql"):
        assert (await client.get(path, headers=browser)).text == "<title>the page</title>"
    assert (await client.get("/graphql", headers={"accept": "application/json"})).status_code == 401
    assert (await client.get("/graphql", params={"query": "{ __typename }"}, headers=browser)).status_code == 401


async def test_while_the_database_is_away_the_door_says_so_and_when_to_come_back(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    async def verified(*_: object) -> VerifiedToken:
        return VerifiedToken("issuer", "subject", "client", "1", datetime.now(UTC))

    monkeypatch.setattr("api.identity.caller_of", away)
    monkeypatch.setattr(TokenVerifier, "verify", verified)
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers={"authorization": "Bearer x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_production_has_no_explorer(migrated: dict[str, str]) -> None:
    safe = migrated | {
        "ENVIRONMENT": "production",
        "DATABASE_URL": "postgres://cuore@db/cuore?sslmode=verify-full",
        "VALKEY_URL": "rediss://valkey/0",
        "S3_ENDPOINT": "https://s3.example",
        "OIDC_ISSUER": "https://id.example",
    }
    app = create_app(read_settings(safe))
    assert sorted({str(getattr(route, "path", "")) for route in app.routes}) == [
        "/calendars/{key}.ics",
        "/graphql",
        "/health/live",
        "/health/ready",
        "/v1/asyncapi.json",
        "/v1/ecg/analyse",
        "/v1/ecg/live",
        "/v1/fhir",
        "/v1/fhir/Observation",
        "/v1/gateway/readings",
        "/v1/openapi.json",
    ]


@pytest.mark.parametrize("process", ["release", "web", "worker"])
def test_a_process_without_settings_ends_with_one_sentence(process: str) -> None:
    ended = subprocess.run(
        procfile_command(process, {}),
        env={"PATH": os.environ["PATH"], "DATABASE_URL": "postgres://db/cuore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    (sentence,) = ended.stderr.splitlines()
    assert sentence.startswith("Cuore does not start: VALKEY_URL is not set. S3_ENDPOINT is not set.")


def test_production_refuses_what_is_missing_and_says_which() -> None:
    with pytest.raises(UnsafeSettings) as refused:
        read_settings({"DATABASE_URL": "postgres://db/cuore"})
    assert "VALKEY_URL is not set." in str(refused.value)
    assert "S3_ENDPOINT is not set." in str(refused.value)


def test_production_refuses_plain_text_and_says_which(migrated: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettings) as refused:
        read_settings(migrated | {"ENVIRONMENT": "production"})
    for name in ("DATABASE_URL", "VALKEY_URL", "S3_ENDPOINT", "OIDC_ISSUER"):
        assert name in str(refused.value)
