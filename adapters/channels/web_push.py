"""Web Push (RFC 8030) with voluntary identification (VAPID, RFC 8292)."""

import base64
import time

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from adapters.channels.outgoing import Outgoing, origin
from adapters.channels.web_push_encryption import decoded, encoded, encrypt, point
from domain.notices import ContactPoint, Notice, Refused

# A token names one push service and holds at most a day.
TOKEN_SECONDS = 12 * 3600
RENEWED_SECONDS = 6 * 3600
KEY_BYTES = 32
_LASTING = {400, 401, 403, 413}


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of 32 bytes in base64url, as the usual makers of VAPID keys write it.

    Raises:
        ValueError: it is none.
    """
    number = decoded(text)
    if len(number) != KEY_BYTES:
        raise ValueError
    return ec.derive_private_key(int.from_bytes(number), ec.SECP256R1())


def public_key(text: str) -> str:
    """What browsers are given as applicationServerKey."""
    return encoded(point(private_key(text).public_key()))


class WebPush:
    """`domain.ports.Messenger` over the push services of browsers; `contact` is whom these ask when in doubt."""

    def __init__(self, key: str, contact: str, outgoing: Outgoing) -> None:
        self.public_key = public_key(key)
        self._key = ECKey.import_key(private_key(key))
        self._contact = contact
        self._outgoing = outgoing
        self._tokens: dict[str, tuple[float, str]] = {}

    def accepts(self, address: str) -> bool:
        """Whether this can be the address of a subscription."""
        return self._outgoing.accepts(address)

    async def send(self, notice: Notice, to: ContactPoint) -> None:
        """Hand the message to the push service.

        Raises:
            Refused: it will not take it, or the browser has taken its subscription back.
            PutOff: it is away or busy.
        """
        text = {"title": notice.title, "body": notice.text, "lang": notice.locale, "tag": str(notice.send_id)}
        try:
            body = encrypt(orjson.dumps(text), decoded(to.keys["p256dh"]), decoded(to.keys["auth"]))
        except ValueError:
            raise Refused("web push keys") from None
        headers = {
            "authorization": f"vapid t={self._token(origin(to.address))}, k={self.public_key}",
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(max(0, int(notice.expires_at.timestamp() - time.time()))),
            "urgency": "high" if notice.is_urgent else "normal",
            # A second try takes the place of the first one where that has not reached the browser yet.
            "topic": base64.urlsafe_b64encode(notice.send_id.bytes).rstrip(b"=").decode(),
        }
        answer = await self._outgoing.post(to.address, headers, body, "web push")
        answer.check("web push", lasting=_LASTING)

    def _token(self, audience: str) -> str:
        now = time.time()
        made_at, token = self._tokens.get(audience, (0.0, ""))
        if now - made_at > RENEWED_SECONDS:
            claims = {"aud": audience, "exp": int(now) + TOKEN_SECONDS, "sub": self._contact}
            token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._key)
            self._tokens[audience] = (now, token)
        return token
