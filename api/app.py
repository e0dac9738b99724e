"""`create_app`: routes, middleware, lifespan."""

import asyncio
import contextlib
import logging
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
from api.calendars import calendar
from api.event_streams import ByAccept
from api.explorer import PageForBrowsers, explorer_routes
from api.graphql import documents, make_endpoint, make_event_streams, make_feeds
from api.headers import SecurityHeaders
from api.memory import calm_collector
from api.messages.routes import message_routes
from domain import trends
from domain.errors import Unavailable
from domain.ports import ObjectStore

log = logging.getLogger("cuore.door")
STORE_AGAIN_SECONDS = 2.0


class State(TypedDict):
    """What the lifespan hands to every request."""

    runtime: Runtime
    verifier: TokenVerifier


async def _prepare(store: ObjectStore) -> None:
    """Make the store ready; one that is away is waited for, because everything but strips works without it."""
    while True:
        try:
            await store.prepare()
        except Unavailable:
            await asyncio.sleep(STORE_AGAIN_SECONDS)
        except Exception as failure:  # noqa: BLE001 - a wrong key or a bucket that is not ours: told, not hidden
            log.error("the object store refuses: %s", type(failure).__name__, extra={"failure": failure})  # noqa: TRY400 - the text may name keys
            return
        else:
            return


def create_app(settings: Settings | None = None) -> Starlette:
    """The ASGI application; without `settings` the environment decides, and ends the process where it is unsafe."""
    try:
        chosen = settings or read_settings()
    except UnsafeSettings as unsafe:
        sys.exit(str(unsafe))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_runtime(chosen) as runtime:
            beside = [asyncio.create_task(_prepare(runtime.store)), asyncio.create_task(trends.warm_up())]
            keys = JwksKeySource(chosen.oidc_issuer)
            calm_collector()
            try:
                yield State(runtime=runtime, verifier=TokenVerifier(chosen.oidc_issuer, chosen.oidc_audience, keys))
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await keys.close()

    start_telemetry(chosen, "web")
    known = documents()
    endpoint: ASGIApp = ByAccept(make_event_streams(known), make_endpoint(known))
    routes: list[BaseRoute] = [
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        WebSocketRoute("/graphql", make_feeds(known)),
        Route("/graphql", endpoint if chosen.is_production else PageForBrowsers(endpoint)),
        Route("/calendars/{key}.ics", calendar),
        *message_routes(),
    ]
    if not chosen.is_production:
        routes += explorer_routes(chosen)
    headers = Middleware(SecurityHeaders, pictures_from=chosen.s3_endpoint, sign_in_at=chosen.explorer_sign_in_url)
    return Starlette(routes=routes, middleware=[headers], lifespan=lifespan)


__all__ = ["create_app"]
