"""The real schema behind the door: requests by POST, feeds by WebSocket, one caller and one context an operation."""

from contextlib import AbstractAsyncContextManager
from typing import cast

from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from api.documents import Documents
from api.feeds import Feeds, SignedIn
from api.graphql_http import GraphQLEndpoint
from api.identity import Unauthenticated, authenticate, sign_in
from domain.access import Actor, Newcomer
from schema.context import Context, open_context
from schema.errors import coded
from schema.root import schema


async def _authenticate(request: Request) -> Actor | Newcomer:
    return await authenticate(request, request.state.runtime, request.state.verifier)


async def _sign_in(socket: WebSocket, token: str) -> SignedIn:
    runtime = socket.state.runtime
    caller, expires_at = await sign_in(runtime, socket.state.verifier, token)
    if isinstance(caller, Newcomer):
        raise Unauthenticated  # there is nothing to follow for them
    return SignedIn(caller, (expires_at - runtime.now()).total_seconds())


def _open_context(connection: HTTPConnection, caller: object) -> AbstractAsyncContextManager[Context]:
    return open_context(connection.state.runtime, cast("Actor | Newcomer", caller))


def documents() -> Documents:
    """The documents of the real schema."""
    return Documents(schema, coded=coded)


def make_endpoint(known: Documents) -> GraphQLEndpoint:
    """GraphQL over HTTP for the real schema."""
    return GraphQLEndpoint(
        documents=known, authenticate=_authenticate, open_context=_open_context, unauthenticated=Unauthenticated
    )


def make_feeds(known: Documents) -> Feeds:
    """Subscriptions over WebSocket for the real schema."""
    return Feeds(documents=known, sign_in=_sign_in, open_context=_open_context, unauthenticated=Unauthenticated)


__all__ = ["documents", "make_endpoint", "make_feeds", "schema"]
