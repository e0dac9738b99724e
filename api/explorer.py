"""The explorer: our own build of GraphiQL, served where it is built and never in production."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.settings import Settings

BUILT = Path(__file__).parent.parent / "web" / "explorer" / "dist"


class PageForBrowsers:
    """Answers a browser that opens the endpoint's address with the page; everything else is the endpoint's."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        is_navigation = request.method == "GET" and "query" not in request.query_params
        if is_navigation and "text/html" in request.headers.get("accept", ""):
            await _page()(scope, receive, send)
        else:
            await self._endpoint(scope, receive, send)


class BuiltFiles(StaticFiles):
    """Files of the build; those with the hash of their content in their name never change."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Let the browser keep what cannot change."""
        response = super().file_response(*args, **kwargs)
        if Path(args[0]).parent.name == "assets":
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _page() -> Response:
    if not (BUILT / "index.html").exists():
        return PlainTextResponse("The explorer is not built; the API answers at /graphql.", 404)
    return FileResponse(BUILT / "index.html")


def explorer_routes(settings: Settings) -> list[BaseRoute]:
    """The page, its files and its settings."""

    async def page(_: Request) -> Response:
        return _page()

    async def config(_: Request) -> Response:
        return JSONResponse(
            {
                "signInUrl": settings.explorer_sign_in_url,
                "environment": settings.environment,
                "patientId": settings.demo_patient_id,
            }
        )

    return [
        Route("/", page, methods=["GET"]),
        Route("/explorer/config.json", config, methods=["GET"]),
        Mount("/explorer", BuiltFiles(directory=BUILT, check_dir=False)),
    ]
