"""`create_app`: routes, middleware, lifespan."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypedDict

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from adapters.key_source import JwksKeySource
from adapters.runtime import Runtime, open_runtime
from adapters.settings import Settings, read_settings
from adapters.tokens import TokenVerifier
from api import health
from api.graphql import Feeds, make_endpoint
from api.headers import SecurityHeaders

EXPLORER = Path(__file__).parent.parent / "web" / "explorer" / "dist"


class State(TypedDict):
    """What the lifespan hands to every request."""

    runtime: Runtime
    verifier: TokenVerifier


def create_app(settings: Settings | None = None) -> Starlette:
    """The ASGI application; without `settings` the environment decides.

    Raises:
        UnsafeSettings: something is missing or, in production, plain text.
    """
    chosen = settings or read_settings()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_runtime(chosen) as runtime:
            await runtime.store.prepare()
            keys = JwksKeySource(chosen.oidc_issuer)
            try:
                yield State(runtime=runtime, verifier=TokenVerifier(chosen.oidc_issuer, chosen.oidc_audience, keys))
            finally:
                await keys.close()

    async def explorer_page(_: Request) -> Response:
        page = EXPLORER / "index.html"
        if chosen.is_production or not page.exists():
            return PlainTextResponse("The API answers at /graphql.", 404)
        return FileResponse(page)

    async def explorer_config(_: Request) -> Response:
        return JSONResponse(
            {
                "signInUrl": chosen.explorer_sign_in_url,
                "environment": chosen.environment,
                "patientId": chosen.demo_patient_id,
            }
        )

    routes: list[BaseRoute] = [
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/", explorer_page, methods=["GET"]),
        Route("/explorer/config.json", explorer_config, methods=["GET"]),
        WebSocketRoute("/graphql", Feeds()),
        Route("/graphql", make_endpoint()),
    ]
    if EXPLORER.exists() and not chosen.is_production:
        routes.append(Mount("/explorer", StaticFiles(directory=EXPLORER)))
    headers = Middleware(SecurityHeaders, pictures_from=chosen.s3_endpoint, sign_in_at=chosen.explorer_sign_in_url)
    return Starlette(routes=routes, middleware=[headers], lifespan=lifespan)


__all__ = ["create_app"]
