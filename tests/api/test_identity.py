"""Whom a verified token speaks for, at the door of requests and of feeds."""

from uuid import uuid4

import pytest
from starlette.requests import HTTPConnection

from adapters.runtime import Runtime
from api.identity import Unauthenticated, authenticate, sign_in
from domain import device_tokens
from domain.access import Actor, Newcomer
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


async def test_the_secret_of_a_device_opens_requests_and_no_feeds(runtime: Runtime, people: People) -> None:
    patient = people.actors[Role.PATIENT]
    async with runtime.unit_of_work(patient) as work:
        secret = (await device_tokens.create(work, patient, uuid4(), None, "Bridge", None)).secret
    assert secret is not None
    header = (b"authorization", b"bearer  " + secret.encode() + b" ")
    caller = await authenticate(HTTPConnection({"type": "http", "headers": [header]}), runtime, verifier())
    assert isinstance(caller, Actor)
    assert (caller.role, caller.patient_id) == (Role.DEVICE, people.patient_id)
    with pytest.raises(Unauthenticated):
        await sign_in(runtime, verifier(), secret)
