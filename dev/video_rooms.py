"""A stand-in for Jitsi on this machine: it asks of a token what Jitsi's Prosody asks, and shows who came in."""

import html
import secrets
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

APP_ID, AUDIENCE = "cuore", "jitsi"
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>Video room</title>"
    "<style>body{{font:1.1rem sans-serif;margin:3rem}}</style><h1>{}</h1><p>{}</p>"
)


class DevelopmentRooms:
    """Rooms below `url`, with a secret made at its start."""

    def __init__(self, url: str) -> None:
        self._domain = urlsplit(url).hostname or ""
        self._secret = secrets.token_hex(32)
        self.environment = {
            "JITSI_URL": f"{url}/meet",
            "JITSI_APP_ID": APP_ID,
            "JITSI_APP_SECRET": self._secret,
            "JITSI_AUDIENCE": AUDIENCE,
        }
        self.route = Route("/meet/{room}", self._enter)

    async def _enter(self, request: Request) -> HTMLResponse:
        room = request.path_params["room"]
        try:
            token = jwt.decode(
                request.query_params.get("jwt", ""), OctKey.import_key(self._secret), algorithms=["HS256"]
            )
            rules = {
                "iss": {"essential": True, "value": APP_ID},
                "aud": {"essential": True, "value": AUDIENCE},
                "sub": {"essential": True, "value": self._domain},
                "room": {"essential": True, "value": room},
                "nbf": {"essential": True},
                "exp": {"essential": True},
            }
            jwt.JWTClaimsRegistry(**rules).validate(token.claims)  # type: ignore[arg-type] # its own dicts
        except (JoseError, ValueError):
            return HTMLResponse(_PAGE.format("Not for you", "This link does not hold, or not any more."), 403)
        user = token.claims["context"]["user"]
        part = "the host" if user["moderator"] == "true" else "a guest"
        sentence = f"You came in as {html.escape(user['name'])}, {part}. In production a Jitsi of your own stands here."
        return HTMLResponse(_PAGE.format("Video room", sentence))
