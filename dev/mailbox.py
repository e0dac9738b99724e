"""A mail server on loopback that delivers to a folder: in development, tests and benches no mail leaves the machine."""

import asyncio
import hashlib
import ssl
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from dev.supervisor import ServiceFailed


@dataclass(frozen=True)
class Delivery:
    """A mail as it was handed in."""

    message_id: str
    to: tuple[str, ...]
    content: bytes
    was_encrypted: bool


class Mailbox:
    """Takes every mail; `deliveries` are all of them, the folder holds each Message-ID once, as mailboxes do.

    With `tls` it speaks SMTPS, with `starttls` it insists on STARTTLS. `refuses` answers 550 to these addresses.
    `answers_after_seconds` lies between taking a mail and saying so.
    """

    def __init__(
        self,
        port: int,
        folder: Path | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        refuses: frozenset[str] = frozenset(),
        answers_after_seconds: float = 0.0,
    ) -> None:
        self.deliveries: list[Delivery] = []
        self.port = port
        self._folder = folder
        self._refuses = refuses
        self._answers_after_seconds = answers_after_seconds
        self._lock = threading.Lock()
        self._controller = Controller(
            self,
            "127.0.0.1",
            port,
            ssl_context=tls,
            tls_context=starttls,
            require_starttls=starttls is not None,
        )

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            ServiceFailed: its port is taken.
        """
        if self._folder is not None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        try:
            self._controller.start()
        except OSError:
            raise ServiceFailed(f"The mailbox did not start; port {self.port} is probably taken.") from None

    def stop(self) -> None:
        """Stop, and wait; to stop it once more does nothing."""
        if not self._controller.loop.is_closed():
            self._controller.stop(no_assert=True)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the address, or say that there is nobody."""
        if address in self._refuses:
            return "550 5.1.1 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail: what is answered with 250 is delivered."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        message_id = str(message_from_bytes(content, policy=default)["message-id"])
        assert server.transport is not None
        is_encrypted = server.transport.get_extra_info("ssl_object") is not None
        with self._lock:
            self.deliveries.append(Delivery(message_id, (*envelope.rcpt_tos,), content, is_encrypted))
            if self._folder is not None:
                name = hashlib.sha256(message_id.encode()).hexdigest()[:32]
                (self._folder / f"{name}.eml").write_bytes(content)
        await asyncio.sleep(self._answers_after_seconds)
        return "250 OK"
