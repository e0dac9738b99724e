"""Rooms of a Jitsi that the clinic runs itself, opened by a signed token.

Source: Jitsi, "JWT token authentication Prosody plugin" (lib-jitsi-meet, doc/tokens.md): HS256 with the secret that the
server's Prosody knows as `app_secret`; iss is its `app_id`, sub its domain. All of `context.user` are strings.
"""

import hashlib
import hmac
from urllib.parse import urlsplit
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import OctKey

from adapters.settings import Settings
from domain.video_calls import CallPass


class JitsiRooms:
    """One room for each appointment; its name says nothing, and nobody enters it without a token for it."""

    def __init__(self, url: str, app_id: str, app_secret: str, audience: str) -> None:
        self._url = url.rstrip("/")
        self._domain = urlsplit(url).hostname or ""
        self._app_id = app_id
        self._audience = audience
        self._secret = app_secret.encode()
        self._key = OctKey.import_key(app_secret)

    def _name(self, kind: str, one: UUID) -> str:
        return hmac.new(self._secret, f"{kind} {one}".encode(), hashlib.sha256).hexdigest()[:32]

    def join_url(self, entry: CallPass) -> str:
        """Where the holder of the pass enters the call of its appointment."""
        room = self._name("room", entry.appointment_id)
        user = {
            "id": self._name("user", entry.account_id),
            "name": entry.display_name,
            "moderator": "true" if entry.is_host else "false",
            "affiliation": "owner" if entry.is_host else "member",
        }
        claims = {
            "aud": self._audience,
            "iss": self._app_id,
            "sub": self._domain,
            "room": room,
            "nbf": int(entry.opens_at.timestamp()),
            "exp": int(entry.expires_at.timestamp()),
            "context": {"user": user},
        }
        token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, self._key)
        return f"{self._url}/{room}?jwt={token}"


def jitsi_rooms(settings: Settings) -> JitsiRooms | None:
    """The rooms of the Jitsi that the settings name; without one there are no video calls."""
    if settings.jitsi_url is None:
        return None
    return JitsiRooms(settings.jitsi_url, settings.jitsi_app_id, settings.jitsi_app_secret, settings.jitsi_audience)
