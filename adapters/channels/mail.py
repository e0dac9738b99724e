"""E-mail over SMTP (RFC 5321), with TLS from the first byte or by STARTTLS."""

import asyncio
import base64
import contextlib
import re
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from domain.notices import ContactPoint, Notice, PutOff, Refused

CONNECTIONS = 16
SECONDS = 10.0
# Servers end idle connections; a mail must not meet one that is just being ended.
IDLE_SECONDS = 5.0
LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_FIRST_LASTING = 500


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in: smtps:// for TLS from the first byte, smtp+starttls://, or smtp:// without TLS."""

    url: str
    sender: str

    def client(self) -> aiosmtplib.SMTP:
        """A connection yet to be made; a certificate that the machine does not trust is refused."""
        parts = urlsplit(self.url)
        with_tls = parts.scheme != "smtp"
        return aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp+starttls",
            tls_context=ssl.create_default_context() if with_tls else None,
            timeout=SECONDS,
        )


def mail_of(notice: Notice, sender: str, address: str) -> bytes:
    """The mail (RFC 5322): its Message-ID is the same at every try, so that mailboxes show it once.

    Put together by hand: the standard library takes longer for a mail than for sending it.
    """
    assert "\n" not in notice.title + sender + address, "a header is one line"
    lines = [
        f"From: {sender}",
        f"To: {address}",
        f"Subject: {Header(notice.title, 'us-ascii' if notice.title.isascii() else 'utf-8').encode()}",
        f"Date: {format_datetime(datetime.now(UTC))}",
        f"Message-ID: <{notice.send_id}@{sender.rpartition('@')[2].rstrip('>')}>",
        "Auto-Submitted: auto-generated",
        f"Content-Language: {notice.locale}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(f"{notice.text}\r\n".encode()).decode().rstrip().replace("\n", "\r\n"),
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


class Mail:
    """`domain.ports.Messenger` over one mail server."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._turns = asyncio.Semaphore(CONNECTIONS)
        # The one used last is taken first, so that those beyond the need fall idle.
        self._idle: list[tuple[float, aiosmtplib.SMTP]] = []

    def accepts(self, address: str) -> bool:
        """Whether this can be a mail address."""
        return len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None

    async def send(self, notice: Notice, to: ContactPoint) -> None:
        """Hand the mail in.

        Raises:
            Refused: the server will not take it for this address, now or later.
            PutOff: the server is away, busy or set up wrongly.
        """
        mail = mail_of(notice, self._server.sender, to.address)
        envelope = self._server.sender.rpartition("<")[2].rstrip(">")
        try:
            async with self._connection() as client:
                await client.sendmail(envelope, [to.address], mail)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _told(refused.recipients[0].code, "recipient") from None
        except aiosmtplib.SMTPDataError as refused:
            raise _told(refused.code, "data") from None
        except aiosmtplib.SMTPResponseException as refused:
            # Of the sender or the sign-in: our own fault, which is mended without a word to the patient.
            raise PutOff(f"smtp {refused.code}") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as away:
            raise PutOff(f"smtp {type(away).__name__}") from None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """One that is connected; after an error it is not used again."""
        async with self._turns:
            client = await self._taken()
            try:
                yield client
            except BaseException:
                client.close()
                raise
            self._idle.append((time.monotonic(), client))

    async def _taken(self) -> aiosmtplib.SMTP:
        while self._idle:
            since, client = self._idle.pop()
            if client.is_connected and time.monotonic() - since < IDLE_SECONDS:
                return client
            client.close()
        client = self._server.client()
        await client.connect()
        return client

    async def close(self) -> None:
        """Take leave of the server."""
        for _, client in self._idle:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=1)
        self._idle.clear()


def _told(code: int, of: str) -> Refused | PutOff:
    text = f"smtp {code} {of}"
    return Refused(text) if code >= _FIRST_LASTING else PutOff(text)
