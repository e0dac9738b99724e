"""The whole application under its own lifespan."""

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from adapters.settings import UnsafeSettings, read_settings
from api.app import create_app


async def test_the_app_says_ready_and_refuses_strangers(migrated: dict[str, str]) -> None:
    app = create_app(read_settings(migrated))
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(with_state)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            assert (await client.get("/health/ready")).json() == {"status": "ready"}
            answer = await client.post("/graphql", json={"query": "{ __typename }"})
            assert answer.status_code == 401
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


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
