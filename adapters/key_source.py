"""The issuer's public keys: fetched, kept, refreshed when it rotates, spared when it is flooded."""

import asyncio
import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapters.tokens import InvalidToken

log = logging.getLogger("cuore.keys")

FRESH = timedelta(minutes=10)
USABLE = timedelta(hours=24)
# An unknown key id asks the issuer at most this often, however many tokens carry one.
COOL_DOWN = timedelta(seconds=30)
MOST_BYTES = 256 * 1024
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class JwksKeySource:
    """`adapters.tokens.KeySource` from the issuer's discovery document.

    Raises:
        ValueError: the issuer is neither https nor on loopback.
    """

    def __init__(self, issuer: str, client: httpx.AsyncClient | None = None) -> None:
        self._issuer = _safe(issuer.rstrip("/"))
        self._client = client or httpx.AsyncClient(timeout=3, follow_redirects=False)
        self._keys: KeySet | None = None
        self._fetched_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def keys_for(self, key_id: str, at: datetime) -> KeySet:
        """The keys, refreshed if they are old or do not hold `key_id`; known keys outlive an issuer that is away.

        Raises:
            InvalidToken: no keys, or none of that id.
        """
        if not (self._knows(key_id) and self._age(at) < FRESH):
            async with self._lock:
                # Whoever waited here finds what the first one fetched, or that it was asked just now.
                if not (self._knows(key_id) and self._age(at) < FRESH) and (
                    self._asked_at is None or at - self._asked_at >= COOL_DOWN
                ):
                    self._asked_at = at
                    await self._refresh(at)
        if self._keys is None or self._age(at) >= USABLE or not self._knows(key_id):
            raise InvalidToken("unknown_key")
        return self._keys

    def _knows(self, key_id: str) -> bool:
        return self._keys is not None and any(key.kid == key_id for key in self._keys.keys)

    def _age(self, at: datetime) -> timedelta:
        return timedelta.max if self._fetched_at is None else at - self._fetched_at

    async def _refresh(self, at: datetime) -> None:
        try:
            discovery = (await self._fetch(self._issuer + "/.well-known/openid-configuration")).json()
            found = KeySet.import_key_set((await self._fetch(_safe(str(discovery["jwks_uri"])))).json())
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as away:
            log.warning("the issuer's keys could not be read: %s", type(away).__name__)
            return
        self._keys, self._fetched_at = found, at

    async def _fetch(self, url: str) -> httpx.Response:
        response = (await self._client.get(url)).raise_for_status()
        if len(response.content) > MOST_BYTES:
            raise ValueError("too large")
        return response

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._client.aclose()


def _safe(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("Keys are fetched over https, or from loopback.")
    return url
