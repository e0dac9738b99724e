"""The development sign-in: its tokens hold at the real door, and no foreign page gets one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from adapters.key_source import JwksKeySource
from adapters.tokens import InvalidToken, TokenVerifier
from dev.issuer import DevelopmentIssuer, IssuerServer
from dev.personas import PERSONAS, persona
from dev.services import ServiceFailed, free_port

URL = "http://127.0.0.1:9001"
EXPLORER = "http://127.0.0.1:8000"


@pytest.fixture
def issuer() -> DevelopmentIssuer:
    return DevelopmentIssuer(URL, "cuore", [EXPLORER])


@pytest.fixture
async def client(issuer: DevelopmentIssuer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(issuer.app), base_url=URL) as opened:
        yield opened


@pytest.fixture
def verifier(client: httpx.AsyncClient) -> TokenVerifier:
    return TokenVerifier(URL, "cuore", JwksKeySource(URL, client))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("name", [each.name for each in PERSONAS])
async def test_every_personas_token_holds_at_the_door(
    client: httpx.AsyncClient, verifier: TokenVerifier, name: str
) -> None:
    answer = await client.post("/token", json={"persona": name})
    granted = answer.json()
    verified = await verifier.verify(granted["access_token"], now())
    assert (verified.issuer, verified.subject) == (URL, persona(name).subject)
    assert (granted["expires_in"], granted["token_type"]) == (3600, "Bearer")
    assert answer.headers["cache-control"] == "no-store"


async def test_the_page_learns_who_it_can_be(client: httpx.AsyncClient) -> None:
    answer = await client.get("/personas", headers={"origin": EXPLORER})
    assert answer.json()[0] == {"name": "patient", "title": "Patient", "subject": "demo-patient"}
    assert answer.headers["access-control-allow-origin"] == EXPLORER


async def test_the_keys_tell_nothing_secret(issuer: DevelopmentIssuer, client: httpx.AsyncClient) -> None:
    issuer.rotate()
    keys = (await client.get("/jwks")).json()["keys"]
    assert [set(key) for key in keys] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}] * 2


async def test_the_token_before_a_rotation_holds_and_the_one_before_that_does_not(
    issuer: DevelopmentIssuer, verifier: TokenVerifier
) -> None:
    first = issuer.mint(persona("patient"))
    issuer.rotate()
    second = issuer.mint(persona("patient"))
    issuer.rotate()
    assert (await verifier.verify(second, now())).subject == "demo-patient"
    with pytest.raises(InvalidToken):
        await verifier.verify(first, now())


async def test_an_overridden_claim_is_signed_as_it_is(issuer: DevelopmentIssuer, verifier: TokenVerifier) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(issuer.mint(persona("patient"), aud="another"), now())


@pytest.mark.parametrize("path", ["/personas", "/jwks", "/token", "/.well-known/openid-configuration"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "rebound.example:9001"}, 421),
        ({"host": "127.0.0.1.example"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:8001"}, 403),
    ],
)
async def test_foreign_names_and_pages_are_refused(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], status: int
) -> None:
    sent = {"content-type": "application/json"} | headers
    answer = await client.request("POST" if path == "/token" else "GET", path, headers=sent, content="{}")
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_what_a_page_can_send_without_asking_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/token", content='{"persona": "admin"}', headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 400),
        (b'{"persona": "root"}', 400),
        (b'{"persona": ["admin"]}', 400),
        (b"[" * 1024, 400),
        (b" " * 1025, 413),
    ],
)
async def test_a_wrong_request_gets_one_sentence(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await client.post("/token", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, set(answer.json())) == (status, {"error"})


async def test_a_preflight_lets_the_explorer_ask_and_nobody_else(client: httpx.AsyncClient) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    own = await client.options("/token", headers=asked | {"origin": EXPLORER})
    foreign = await client.options("/token", headers=asked | {"origin": "http://evil.example"})
    assert (own.status_code, own.headers["access-control-allow-origin"]) == (200, EXPLORER)
    assert foreign.status_code == 403


def test_the_server_answers_until_it_is_stopped_and_says_when_its_port_is_taken() -> None:
    port = free_port()
    server = IssuerServer(DevelopmentIssuer(f"http://127.0.0.1:{port}", "cuore", []), port)
    server.start()
    try:
        assert httpx.get(f"http://127.0.0.1:{port}/jwks").status_code == 200
        with pytest.raises(ServiceFailed, match=f"port {port}"):
            IssuerServer(DevelopmentIssuer(f"http://127.0.0.1:{port}", "cuore", []), port).start()
    finally:
        server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/jwks")
