"""The channels that the settings open; each is there or not, and nothing else knows how it works."""

from adapters.channels.mail import Mail, MailServer
from adapters.channels.outgoing import Outgoing
from adapters.channels.web_push import WebPush
from adapters.channels.webhooks import Webhooks
from adapters.settings import Settings, UnsafeSettings
from domain.kinds import Channel
from domain.ports import Messenger


class Messengers(dict[Channel, Messenger]):
    """What is set up, by channel; `web_push_key` is what browsers subscribe with."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._outgoing = Outgoing(
            reaches_private=settings.reaches_private_addresses, is_plain_allowed=not settings.is_production
        )
        self._mail = Mail(MailServer(settings.smtp_url, settings.mail_from)) if settings.smtp_url else None
        self.web_push_key: str | None = None
        if self._mail is not None:
            self[Channel.EMAIL] = self._mail
        if settings.vapid_private_key is not None:
            push = WebPush(settings.vapid_private_key, settings.vapid_contact, self._outgoing)
            self[Channel.WEB_PUSH], self.web_push_key = push, push.public_key
        self[Channel.WEBHOOK] = Webhooks(self._outgoing)

    async def close(self) -> None:
        """End every connection."""
        if self._mail is not None:
            await self._mail.close()
        await self._outgoing.close()


def make_messengers(settings: Settings) -> Messengers:
    """Open what is set up; no connection is made before the first notice.

    Raises:
        UnsafeSettings: the key for Web Push is none.
    """
    try:
        return Messengers(settings)
    except ValueError:
        raise UnsafeSettings("Cuore does not start: VAPID_PRIVATE_KEY is not a P-256 key in base64url.") from None
