"""Signed webhooks (standardwebhooks.com) for gateways to SMS and to apps' own push."""

import base64
import hashlib
import hmac
import time

import orjson

from adapters.channels.outgoing import Outgoing
from domain.notices import ContactPoint, Notice

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over id, time and body, so that a gateway knows who sent what and when."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


class Webhooks:
    """`domain.ports.Messenger` over HTTPS; what is not taken is tried again, as the specification asks."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def accepts(self, address: str) -> bool:
        """Whether we would post there."""
        return self._outgoing.accepts(address)

    async def send(self, notice: Notice, to: ContactPoint) -> None:
        """Post it.

        Raises:
            Refused: there is no such webhook any more, or it lies in a private network.
            PutOff: it was not taken.
        """
        message_id, timestamp = str(notice.send_id), str(int(time.time()))
        body = orjson.dumps(
            {
                "type": "reminder",
                "kind": notice.kind,
                "title": notice.title,
                "text": notice.text,
                "locale": notice.locale,
                "isUrgent": notice.is_urgent,
                "expiresAt": notice.expires_at,
            }
        )
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(to.keys["secret"], message_id, timestamp, body),
            "idempotency-key": f'"{message_id}"',
        }
        answer = await self._outgoing.post(to.address, headers, body, "webhook")
        answer.check("webhook", lasting=())
