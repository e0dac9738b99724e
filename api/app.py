"""`create_app`: routes, middleware, lifespan."""

import contextlib
import sys
from collections.abc import AsyncIterator
from typing import TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from adapters.key_source import JwksKeySource
from adapters.runtime import Runtime, open_runtime
from adapters.settings import Settings, UnsafeSettings, read_settings
from adapters.telemetry import start_telemetry
from adapters.tokens import TokenVerifier
from api import health
from api.documents import Documents
from api.explorer import PageForBrowsers, explorer_routes
from api.graphql import make_endpoint, make_feeds, schema
from api.headers import SecurityHeaders


class State(TypedDict):
    """What the lifespan hands to every request."""

    runtime: Runtime
    verifier: TokenVerifier


def create_app(settings: Settings | None = None) -> Starlette:
    """The ASGI application; without `settings` the environment decides, and ends the process where it is unsafe."""
    try:
        chosen = settings or read_settings()
    except UnsafeSettings as unsafe:
        sys.exit(str(unsafe))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_runtime(chosen) as runtime:
            await runtime.store.prepare()
            keys = JwksKeySource(chosen.oidc_issuer)
            try:
                yield State(runtime=runtime, verifier=TokenVerifier(chosen.oidc_issuer, chosen.oidc_audience, keys))
            finally:
                await keys.close()

    start_telemetry(chosen, "web")
    documents = Documents(schema)
    endpoint: ASGIApp = make_endpoint(documents)
    routes: list[BaseRoute] = [
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        WebSocketRoute("/graphql", make_feeds(documents)),
        Route("/graphql", endpoint if chosen.is_production else PageForBrowsers(endpoint)),
    ]
    if not chosen.is_production:
        routes += explorer_routes(chosen)
    headers = Middleware(SecurityHeaders, pictures_from=chosen.s3_endpoint, sign_in_at=chosen.explorer_sign_in_url)
    return Starlette(routes=routes, middleware=[headers], lifespan=lifespan)


__all__ = ["create_app"]
