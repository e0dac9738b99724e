"""Keys: rotation, floods, an issuer that is away."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc.jwk import ECKey

from adapters.key_source import JwksKeySource
from adapters.tokens import InvalidToken

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Issuer:
    """An issuer in process that counts how often its keys are fetched."""

    def __init__(self) -> None:
        self.key_ids = ["a"]
        self.fetches = 0
        self.away = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"jwks_uri": "https://id.example/jwks"})
        self.fetches += 1
        keys = [ECKey.generate_key("P-256", {"kid": key_id}).as_dict(private=False) for key_id in self.key_ids]
        return httpx.Response(200, json={"keys": keys})

    def source(self) -> JwksKeySource:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return JwksKeySource("https://id.example", client)


async def test_rotation_is_seen_at_the_first_token_of_the_new_key() -> None:
    issuer = Issuer()
    source = issuer.source()
    await source.keys_for("a", AT)
    issuer.key_ids = ["a", "b"]
    keys = await source.keys_for("b", AT + timedelta(seconds=31))
    assert [key.kid for key in keys.keys] == ["a", "b"]
    assert issuer.fetches == 2


async def test_a_flood_of_unknown_key_ids_is_one_fetch() -> None:
    issuer = Issuer()
    source = issuer.source()
    outcomes = await asyncio.gather(
        *(source.keys_for(f"x{number}", AT) for number in range(500)), return_exceptions=True
    )
    assert all(isinstance(outcome, InvalidToken) for outcome in outcomes)
    assert issuer.fetches == 1


async def test_known_keys_outlive_an_issuer_that_is_away_but_not_a_day() -> None:
    issuer = Issuer()
    source = issuer.source()
    await source.keys_for("a", AT)
    issuer.away = True
    await source.keys_for("a", AT + timedelta(hours=2))
    with pytest.raises(InvalidToken):
        await source.keys_for("b", AT + timedelta(hours=3))
    with pytest.raises(InvalidToken):
        await source.keys_for("a", AT + timedelta(hours=24))


@pytest.mark.parametrize("url", ["http://id.example", "ftp://127.0.0.1", "http://127.0.0.1.evil.example"])
def test_keys_come_over_https_or_from_loopback_only(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        JwksKeySource(url)
