"""OIDC access tokens in the form of RFC 9068, checked with joserfc and its claims registry."""

import json
from base64 import urlsafe_b64decode
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

ALGORITHMS = ["ES256", "RS256", "PS256"]
MOST_BYTES = 8 * 1024
LEEWAY_SECONDS = 30
# Tokens whose signature is remembered: a phone sends the same one for minutes, and each check costs a tenth of a
# millisecond.
REMEMBERED_TOKENS = 4096
# Each of these lets the token choose its own key or its own rules.
REFUSED_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit"})


class InvalidToken(Exception):  # the reason is for the log, never for the caller
    """A token that does not hold; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeySource(Protocol):
    """Gives the issuer's keys, refreshed when `key_id` is not among them."""

    async def keys_for(self, key_id: str, at: datetime) -> KeySet: ...


@dataclass(frozen=True)
class VerifiedToken:
    """What a token that holds says."""

    issuer: str
    subject: str
    client_id: str
    token_id: str
    expires_at: datetime


def _header(token: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise InvalidToken("duplicate_names")
        return dict(pairs)

    parts = token.split(".")
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - header, payload, signature
        raise InvalidToken("not_a_signed_token")
    try:
        header, _ = (
            json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=once) for part in parts[:2]
        )
    except (ValueError, RecursionError):
        raise InvalidToken("not_json") from None
    if not isinstance(header, dict):
        raise InvalidToken("not_json")
    return header


@dataclass(frozen=True)
class _Remembered:
    """A token that held at a moment, under these keys."""

    key_id: str
    keys: KeySet
    held_at: datetime
    said: VerifiedToken


class TokenVerifier:
    """Checks access tokens of one issuer for one audience."""

    def __init__(self, issuer: str, audience: str, keys: KeySource) -> None:
        self._issuer = issuer
        self._keys = keys
        self._audience = audience
        # By digest: a process need not hold tokens that a dump of its memory would give away.
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()

    async def verify(self, token: str, at: datetime) -> VerifiedToken:
        """The token's claims, if everything about it holds at `at`.

        Raises:
            InvalidToken: whatever is wrong.
        """
        encoded = token.encode()
        if len(encoded) > MOST_BYTES:
            raise InvalidToken("too_large")
        digest = sha256(encoded).digest()
        known = self._remembered.get(digest)
        if known is not None and await self._still_holds(known, at):
            self._remembered.move_to_end(digest)
            return known.said
        key_id, keys, said = await self._checked(token, at)
        self._remembered[digest] = _Remembered(key_id, keys, at, said)
        if len(self._remembered) > REMEMBERED_TOKENS:
            self._remembered.popitem(last=False)
        return said

    async def _still_holds(self, known: _Remembered, at: datetime) -> bool:
        """Whether nothing has changed but the time: the same keys, later than before, and not expired yet."""
        return (
            known.held_at <= at
            and at.timestamp() < known.said.expires_at.timestamp() + LEEWAY_SECONDS - 1
            and await self._keys.keys_for(known.key_id, at) is known.keys
        )

    async def _checked(self, token: str, at: datetime) -> tuple[str, KeySet, VerifiedToken]:
        header = _header(token)
        if REFUSED_HEADERS & header.keys():
            raise InvalidToken("header_chooses_key")
        if str(header.get("typ", "")).lower() not in {"at+jwt", "application/at+jwt"}:
            raise InvalidToken("not_an_access_token")
        if header.get("alg") not in ALGORITHMS:
            raise InvalidToken("algorithm")
        if not isinstance(header.get("kid"), str):
            raise InvalidToken("no_key_id")
        keys = await self._keys.keys_for(header["kid"], at)
        now = int(at.timestamp())
        registry = JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            client_id={"essential": True},
            jti={"essential": True},
        )
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            registry.validate(claims)
            if claims["exp"] + LEEWAY_SECONDS <= now:
                raise InvalidToken("expired")
            said = VerifiedToken(
                str(claims["iss"]),
                str(claims["sub"]),
                str(claims["client_id"]),
                str(claims["jti"]),
                datetime.fromtimestamp(claims["exp"], UTC),
            )
        except (JoseError, ValueError, TypeError, KeyError, OverflowError) as wrong:
            raise InvalidToken(type(wrong).__name__) from None
        return header["kid"], keys, said
