"""From a bearer token to whoever it speaks for: an account, a device, or a newcomer who may activate an account."""

from datetime import datetime

from starlette.requests import HTTPConnection

from adapters.runtime import Runtime
from adapters.tokens import InvalidToken, TokenVerifier
from domain.access import Actor, Newcomer
from domain.activation import caller_of
from domain.device_tokens import device_of, is_secret
from domain.unit_of_work import database_weather


class Unauthenticated(Exception):
    """No token, a token that is not valid, or that of an ended account: the caller learns no more than that."""


async def sign_in(runtime: Runtime, verifier: TokenVerifier, token: str) -> tuple[Actor | Newcomer, datetime]:
    """The account that the token speaks for, or the newcomer, and when the token expires.

    Raises:
        Unauthenticated: whatever is wrong with it.
        Unavailable: the database is away, so nobody can be known.
    """
    try:
        verified = await verifier.verify(token, runtime.now())
    except InvalidToken:
        raise Unauthenticated from None
    with database_weather():
        async with runtime.pool.acquire() as connection:
            caller = await caller_of(connection, verified.issuer, verified.subject)
    if caller is None:
        raise Unauthenticated
    return caller, verified.expires_at


async def authenticate(connection: HTTPConnection, runtime: Runtime, verifier: TokenVerifier) -> Actor | Newcomer:
    """The caller of a request's Authorization header; a device signs in for each request anew, and in no other way.

    Raises:
        Unauthenticated: nobody's token.
        Unavailable: the database is away, so nobody can be known.
    """
    caller, _ = await sign_in_any(runtime, verifier, bearer(connection))
    return caller


def bearer(connection: HTTPConnection) -> str:
    """The token in the Authorization header.

    Raises:
        Unauthenticated: there is none.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token


async def sign_in_any(
    runtime: Runtime, verifier: TokenVerifier, token: str
) -> tuple[Actor | Newcomer, datetime | None]:
    """Whoever the token speaks for, a device too, and when it expires if it says so.

    Raises:
        Unauthenticated: whatever is wrong with it.
        Unavailable: the database is away, so nobody can be known.
    """
    if is_secret(token):
        return await _device(runtime, token), None
    return await sign_in(runtime, verifier, token)


async def _device(runtime: Runtime, secret: str) -> Actor:
    with database_weather():
        async with runtime.pool.acquire() as connection:
            device = await device_of(connection, secret, runtime.now())
    if device is None:
        raise Unauthenticated
    return device
