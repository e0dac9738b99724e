"""Every token attack is refused, and only a right token holds."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from adapters.tokens import InvalidToken, TokenVerifier

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
OTHER = ECKey.generate_key("P-256", {"kid": "k1"})
CLAIMS = {
    "iss": "https://id.example",
    "aud": "cuore",
    "sub": "someone",
    "client_id": "phone",
    "jti": "1",
    "iat": NOW,
    "exp": NOW + 300,
}
HEADER = {"alg": "ES256", "kid": "k1", "typ": "at+jwt"}


class FixedKeys:
    """The issuer's one key, whatever is asked for."""

    async def keys_for(self, key_id: str, at: datetime) -> KeySet:
        return KeySet([KEY])


VERIFIER = TokenVerifier("https://id.example", "cuore", FixedKeys())


def part(value: Any) -> str:
    """One part of a token."""
    raw = value if isinstance(value, str) else json.dumps(value)
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def signed(header: dict[str, Any] | None = None, key: Any = KEY, **claims: Any) -> str:
    """A signed token; a claim of `None` is left out."""
    body = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode(HEADER | (header or {}), body, key)


async def test_a_right_token_holds() -> None:
    verified = await VERIFIER.verify(signed(), AT)
    assert (verified.subject, verified.expires_at.timestamp()) == ("someone", NOW + 300)


def forged_with_hmac(secret: bytes) -> str:
    """A token whose HMAC secret is the published key; joserfc itself refuses to make one."""
    body = f"{part(HEADER | {'alg': 'HS256'})}.{part(CLAIMS)}"
    digest = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


ATTACKS = {
    **{f"alg {alg}": f"{part(HEADER | {'alg': alg})}.{part(CLAIMS)}." for alg in ("none", "None", "NONE", "nOnE")},
    "alg none with a signature": f"{part(HEADER | {'alg': 'none'})}.{part(CLAIMS)}.{part('x')}",
    "HS256 with the public key": forged_with_hmac(KEY.as_pem(private=False)),
    "wrong issuer": signed(iss="https://elsewhere.example"),
    "wrong audience": signed(aud="billing"),
    "expired": signed(exp=NOW - 31),
    "not yet valid": signed(nbf=NOW + 120),
    "issued in the future": signed(iat=NOW + 120),
    "unknown kid": signed({"kid": "nobody"}),
    "no kid": jwt.encode({"alg": "ES256", "typ": "at+jwt"}, CLAIMS, OTHER),
    "id token": signed({"typ": "JWT"}),
    "embedded jwk": signed({"jwk": OTHER.as_dict(private=False)}, key=OTHER),
    "another key": signed(key=OTHER),
    "empty signature": signed().rsplit(".", 1)[0] + ".",
    "zero signature": signed().rsplit(".", 1)[0] + "." + urlsafe_b64encode(bytes(64)).decode().rstrip("="),
    "duplicate names": ".".join([part('{"alg":"ES256","alg":"none"}'), part(CLAIMS), part("x")]),
    "jku": ".".join([part(HEADER | {"jku": "https://evil.example"}), *signed().split(".")[1:]]),
    "crit": ".".join([part(HEADER | {"crit": ["b64"]}), *signed().split(".")[1:]]),
    "8 KiB and larger": signed(note="x" * 8192),
    **{f"no {name}": signed(**{name: None}) for name in CLAIMS},
    "not a token": "abc",
    "nothing": "",
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_an_attack_is_refused(attack: str) -> None:
    with pytest.raises(InvalidToken):
        await VERIFIER.verify(ATTACKS[attack], AT)


class CountedKeys:
    """Keys that can be changed, and how often a signature was checked with them."""

    def __init__(self) -> None:
        self.now = KeySet([KEY])

    async def keys_for(self, key_id: str, at: datetime) -> KeySet:
        del at
        if not any(key.kid == key_id for key in self.now.keys):
            raise InvalidToken("unknown_key")
        return self.now


async def test_a_token_that_held_is_not_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier, token = TokenVerifier("https://id.example", "cuore", CountedKeys()), signed()
    first = await verifier.verify(token, AT)

    def decode(*_: Any, **__: Any) -> None:
        raise AssertionError("checked again")

    monkeypatch.setattr(jwt, "decode", decode)
    assert await verifier.verify(token, AT + timedelta(seconds=299)) is first
    with pytest.raises(AssertionError, match="checked again"):
        await verifier.verify(signed(jti="2"), AT)


@pytest.mark.parametrize("later", ["expired", "key withdrawn", "key replaced", "clock set back"])
async def test_a_token_that_held_is_refused_when_it_no_longer_holds(later: str) -> None:
    keys = CountedKeys()
    verifier, token, at = TokenVerifier("https://id.example", "cuore", keys), signed(), AT
    await verifier.verify(token, at)
    if later == "expired":
        at += timedelta(seconds=331)
    elif later == "key withdrawn":
        keys.now = KeySet([])
    elif later == "key replaced":
        keys.now = KeySet([OTHER])
    else:
        at -= timedelta(seconds=120)
    with pytest.raises(InvalidToken):
        await verifier.verify(token, at)
