"""From a bearer token to an actor."""

from starlette.requests import HTTPConnection

from adapters.runtime import Runtime
from adapters.tokens import InvalidToken, TokenVerifier
from domain.access import Actor
from domain.patients import account_of


class Unauthenticated(Exception):
    """No token, a token that is not valid, or nobody's token: the caller learns no more than that."""


async def actor_of_token(runtime: Runtime, verifier: TokenVerifier, token: str) -> Actor:
    """The account that the token speaks for.

    Raises:
        Unauthenticated: whatever is wrong with it.
    """
    try:
        verified = await verifier.verify(token, runtime.now())
    except InvalidToken:
        raise Unauthenticated from None
    async with runtime.pool.acquire() as connection:
        actor = await account_of(connection, verified.issuer, verified.subject)
    if actor is None:
        raise Unauthenticated
    return actor


async def authenticate(connection: HTTPConnection, runtime: Runtime, verifier: TokenVerifier) -> Actor:
    """The actor of a request's Authorization header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return await actor_of_token(runtime, verifier, token.strip())
