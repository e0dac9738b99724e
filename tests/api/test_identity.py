"""Whom a verified token speaks for, at the door of requests and of feeds."""

import pytest
from joserfc import jwt

from adapters.runtime import Runtime
from adapters.tokens import TokenVerifier
from api.identity import Unauthenticated, actor_of_token, caller_of_token
from domain.access import Newcomer
from domain.kinds import Role
from tests.api.test_door import KEY, FixedKeys
from tests.people import ISSUER, People


def token_of(runtime: Runtime, subject: str, lifetime_seconds: int = 300) -> str:
    """A token of `subject`."""
    now = int(runtime.now().timestamp())
    claims = {"iss": ISSUER, "aud": "cuore", "sub": subject, "client_id": "t", "jti": "1"}
    claims_in_time = claims | {"iat": now - 600, "exp": now + lifetime_seconds}
    return jwt.encode({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}, claims_in_time, KEY)


async def test_an_account_a_newcomer_and_nobody(runtime: Runtime, people: People) -> None:
    verifier = TokenVerifier(ISSUER, "cuore", FixedKeys())
    admin = people.actors[Role.ADMIN]
    known, unknown = token_of(runtime, "test-admin"), token_of(runtime, "stranger")
    assert await caller_of_token(runtime, verifier, known) == admin
    assert await actor_of_token(runtime, verifier, known) == admin
    assert await caller_of_token(runtime, verifier, unknown) == Newcomer(ISSUER, "stranger")
    # Feeds have nothing for newcomers.
    with pytest.raises(Unauthenticated):
        await actor_of_token(runtime, verifier, unknown)
    for stale in ("stranger", "test-admin"):
        with pytest.raises(Unauthenticated):
            await caller_of_token(runtime, verifier, token_of(runtime, stale, -60))
    # An account that has ended is nobody, not a newcomer who could activate another record.
    await runtime.pool.execute("UPDATE account SET ended_at = now() WHERE id = $1", admin.account_id)
    with pytest.raises(Unauthenticated):
        await caller_of_token(runtime, verifier, known)
