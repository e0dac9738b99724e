"""From a bearer token to whoever it speaks for: an account, or a newcomer who may activate one."""

from starlette.requests import HTTPConnection

from adapters.runtime import Runtime
from adapters.tokens import InvalidToken, TokenVerifier
from domain.access import Actor, Newcomer
from domain.activation import caller_of


class Unauthenticated(Exception):
    """No token, a token that is not valid, or that of an ended account: the caller learns no more than that."""


async def caller_of_token(runtime: Runtime, verifier: TokenVerifier, token: str) -> Actor | Newcomer:
    """The account that the token speaks for, or the newcomer.

    Raises:
        Unauthenticated: whatever is wrong with it.
    """
    try:
        verified = await verifier.verify(token, runtime.now())
    except InvalidToken:
        raise Unauthenticated from None
    async with runtime.pool.acquire() as connection:
        caller = await caller_of(connection, verified.issuer, verified.subject)
    if caller is None:
        raise Unauthenticated
    return caller


async def actor_of_token(runtime: Runtime, verifier: TokenVerifier, token: str) -> Actor:
    """The account that the token speaks for; feeds have nothing for newcomers.

    Raises:
        Unauthenticated: whatever is wrong with it.
    """
    caller = await caller_of_token(runtime, verifier, token)
    if isinstance(caller, Newcomer):
        raise Unauthenticated
    return caller


async def authenticate(connection: HTTPConnection, runtime: Runtime, verifier: TokenVerifier) -> Actor | Newcomer:
    """The caller of a request's Authorization header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return await caller_of_token(runtime, verifier, token.strip())
