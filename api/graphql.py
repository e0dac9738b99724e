"""The real schema behind the door: requests by POST, feeds by WebSocket or SSE, one caller and context an operation."""

from contextlib import AbstractAsyncContextManager
from typing import cast

from starlette.requests import HTTPConnection, Request

from api.documents import Documents
from api.event_streams import EventStreams
from api.feeds import Feeds, SignedIn
from api.graphql_http import GraphQLEndpoint
from api.identity import Unauthenticated, authenticate, bearer, sign_in
from api.subscriptions import Subscriptions
from domain.access import Actor, Newcomer
from schema.context import Context, open_context
from schema.errors import coded
from schema.root import schema


async def _authenticate(request: Request) -> Actor | Newcomer:
    return await authenticate(request, request.state.runtime, request.state.verifier)


async def _sign_in(connection: HTTPConnection, token: str) -> SignedIn:
    runtime = connection.state.runtime
    caller, expires_at = await sign_in(runtime, connection.state.verifier, token)
    if isinstance(caller, Newcomer):
        raise Unauthenticated  # there is nothing to follow for them
    return SignedIn(caller, (expires_at - runtime.now()).total_seconds())


async def _sign_in_by_header(request: Request) -> SignedIn:
    return await _sign_in(request, bearer(request))


def _open_context(connection: HTTPConnection, caller: object) -> AbstractAsyncContextManager[Context]:
    return open_context(connection.state.runtime, cast("Actor | Newcomer", caller))


def _resume_context(request: Request, caller: object) -> AbstractAsyncContextManager[Context]:
    resume_after = request.headers.get("last-event-id") or None
    return open_context(request.state.runtime, cast("Actor | Newcomer", caller), resume_after)


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
    return Feeds(
        subscriptions=Subscriptions(known, Context.end_reads),
        sign_in=_sign_in,
        open_context=_open_context,
        unauthenticated=Unauthenticated,
    )


def make_event_streams(known: Documents) -> EventStreams:
    """Subscriptions over server-sent events for the real schema."""
    return EventStreams(
        subscriptions=Subscriptions(known, Context.end_reads),
        sign_in=_sign_in_by_header,
        open_context=_resume_context,
        unauthenticated=Unauthenticated,
    )


__all__ = ["documents", "make_endpoint", "make_event_streams", "make_feeds", "schema"]
