"""Security headers on every answer."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SecurityHeaders:
    """Allows the explorer its own files, pictures of the object store and the sign-in, nothing foreign."""

    def __init__(self, app: ASGIApp, pictures_from: str, sign_in_at: str | None) -> None:
        self._app = app
        self._policy = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
            f" img-src 'self' data: blob: {pictures_from}; font-src 'self' data:;"
            f" connect-src 'self' {sign_in_at or ''}; worker-src 'self' blob:;"
            " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
