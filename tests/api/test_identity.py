"""Whom a verified token speaks for, at the door of requests and of feeds."""

import pytest

from adapters.runtime import Runtime
from api.identity import Unauthenticated, sign_in
from domain.access import Newcomer
from domain.kinds import Role
from tests.api.signing import token_of, verifier
from tests.people import ISSUER, People


async def test_an_account_a_newcomer_and_nobody(runtime: Runtime, people: People) -> None:
    checks = verifier()
    admin = people.actors[Role.ADMIN]
    known, unknown = token_of(runtime, "test-admin"), token_of(runtime, "stranger")
    assert (await sign_in(runtime, checks, known))[0] == admin
    assert (await sign_in(runtime, checks, unknown))[0] == Newcomer(ISSUER, "stranger")
    for stale in ("stranger", "test-admin"):
        with pytest.raises(Unauthenticated):
            await sign_in(runtime, checks, token_of(runtime, stale, -60))
    # An account that has ended is nobody, not a newcomer who could activate another record.
    await runtime.pool.execute("UPDATE account SET ended_at = now() WHERE id = $1", admin.account_id)
    with pytest.raises(Unauthenticated):
        await sign_in(runtime, checks, known)
