"""The development sign-in: an OIDC issuer for demo personas, with a key made at its start, on loopback alone."""

import contextlib
import json
import threading
import time
from collections.abc import Sequence
from uuid import uuid4

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dev.personas import PERSONAS, Persona, persona
from dev.services import ServiceFailed

LIFETIME_SECONDS = 3600
MOST_REQUEST_BYTES = 1024
OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})


class OwnPagesOnly:
    """Refuses foreign names and foreign pages before any route sees them.

    A page whose name was rebound to 127.0.0.1 sends its own Host; a foreign page that posts here sends its own Origin.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from this machine's own name and pages."""
        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> JSONResponse | None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or (hosts[0].rpartition(":")[0] not in OWN_HOSTS and hosts[0] not in OWN_HOSTS):
            return _refused("This name is not the sign-in's.", 421)
        if not set(request.headers.getlist("origin")) <= self._origins:
            return _refused("This page may not sign in here.", 403)
        return None


def _refused(sentence: str, status: int) -> JSONResponse:
    return JSONResponse({"error": sentence}, status)


class DevelopmentIssuer:
    """Signs access tokens for personas; `app` answers discovery, keys, the list of personas and token requests.

    `beside` are other pages of development on the same port.
    """

    def __init__(self, url: str, audience: str, explorer_origins: Sequence[str], beside: Sequence[Route] = ()) -> None:
        self.url = url
        self._audience = audience
        self._keys = [_new_key()]
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/personas", self._personas),
                Route("/token", self._token, methods=["POST"]),
                *beside,
            ],
            middleware=[
                Middleware(OwnPagesOnly, origins=explorer_origins),
                Middleware(
                    CORSMiddleware,
                    allow_origins=explorer_origins,
                    allow_methods=["GET", "POST"],
                    allow_headers=["content-type"],
                ),
            ],
        )

    def rotate(self) -> None:
        """Sign with a new key from now on; tokens of the one before still hold."""
        self._keys = [_new_key(), self._keys[0]]

    def mint(self, whom: Persona, **changed: object) -> str:
        """An access token (RFC 9068) for a persona; `changed` replaces claims, for tests."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self._audience,
            "sub": whom.subject,
            "client_id": "cuore-development",
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        } | changed
        key = self._keys[0]
        return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}, claims, key)

    async def _discovery(self, _: Request) -> JSONResponse:
        return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/jwks", "token_endpoint": f"{self.url}/token"})

    async def _jwks(self, _: Request) -> JSONResponse:
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self._keys]})

    async def _personas(self, _: Request) -> JSONResponse:
        return JSONResponse([{"name": each.name, "title": each.title, "subject": each.subject} for each in PERSONAS])

    async def _token(self, request: Request) -> JSONResponse:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _refused("Send application/json.", 415)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_REQUEST_BYTES:
                return _refused("Too long.", 413)
        try:
            whom = persona(json.loads(body)["persona"])
        except (ValueError, KeyError, TypeError, RecursionError):
            names = ", ".join(each.name for each in PERSONAS)
            return _refused(f"persona: choose one of {names}.", 400)
        granted = {"access_token": self.mint(whom), "expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}
        return JSONResponse(granted, headers={"Cache-Control": "no-store"})


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": str(uuid4()), "use": "sig", "alg": "ES256"})


class IssuerServer:
    """Serves an issuer from a thread of this process."""

    def __init__(self, issuer: DevelopmentIssuer, port: int) -> None:
        config = uvicorn.Config(issuer.app, host="127.0.0.1", port=port, log_level="critical", lifespan="off")
        self._port = port
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="development issuer", daemon=True)

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            ServiceFailed: its port was taken in the meantime.
        """
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise ServiceFailed(f"The sign-in did not start; port {self._port} is probably taken.")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop, and wait."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(5)

    def _run(self) -> None:
        # Uvicorn leaves a thread by SystemExit when it cannot bind; `start` tells it in a sentence.
        with contextlib.suppress(SystemExit):
            self._server.run()
