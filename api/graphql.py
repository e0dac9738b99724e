"""The GraphQL endpoint: one request, one actor, one context; feeds over graphql-transport-ws."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.requests import Request
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from adapters.runtime import Runtime
from adapters.tokens import TokenVerifier
from api.graphql_http import GraphQLEndpoint
from api.identity import Unauthenticated, actor_of_token, authenticate
from domain.access import Actor, Newcomer
from schema.context import Context, open_context
from schema.root import schema

# graphql-transport-ws has no code for it; 4401 is its "Unauthorized".
TOKEN_EXPIRED = 4401


async def _authenticate(request: Request) -> Actor | Newcomer:
    return await authenticate(request, request.state.runtime, request.state.verifier)


def _open_context(request: Request, caller: object) -> AbstractAsyncContextManager[Context]:
    return open_context(request.state.runtime, cast("Actor | Newcomer", caller))


def make_endpoint() -> GraphQLEndpoint:
    """GraphQL over HTTP for the real schema."""
    return GraphQLEndpoint(
        schema=schema, authenticate=_authenticate, open_context=_open_context, unauthenticated=Unauthenticated
    )


@dataclass
class FeedContext(Context):
    """The context of one socket; its actor comes with connection_init."""

    socket: WebSocket | None = None
    connection_params: dict[str, object] = field(default_factory=dict)
    closing: asyncio.Task[None] | None = None


class Feeds(GraphQL[Any, None]):
    """Strawberry's WebSocket protocol: the token comes in connection_init, the socket ends with it."""

    def __init__(self) -> None:
        super().__init__(
            schema,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            graphql_ide=None,
        )

    async def get_context(self, request: Any, response: Any) -> FeedContext:
        del response
        runtime: Runtime = request.state.runtime
        nobody = cast("Actor", None)
        return FeedContext(runtime, nobody, AsyncExitStack(), socket=request)

    async def on_ws_connect(self, context: Any) -> Any:
        assert isinstance(context, FeedContext)
        assert context.socket is not None
        runtime: Runtime = context.socket.state.runtime
        verifier: TokenVerifier = context.socket.state.verifier
        parameters = context.connection_params if isinstance(context.connection_params, dict) else {}
        sent = str(parameters.get("Authorization", parameters.get("authorization", "")))
        token = sent.partition(" ")[2].strip()
        try:
            context.actor = await actor_of_token(runtime, verifier, token)
            verified = await verifier.verify(token, runtime.now())
        except Unauthenticated:
            raise ConnectionRejectionError({"code": "UNAUTHENTICATED"}) from None
        left = (verified.expires_at - runtime.now()).total_seconds()
        context.closing = asyncio.create_task(_close_later(context.socket, left))
        return None


async def _close_later(socket: WebSocket, seconds: float) -> None:
    await asyncio.sleep(max(seconds, 0))
    await socket.close(TOKEN_EXPIRED, "The token has expired.")
