"""Mails at a real SMTP server, in the clear and under TLS."""

import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from adapters.channels.mail import Mail, MailServer
from dev.mailbox import Mailbox
from dev.services import free_port
from domain.kinds import Channel
from domain.notices import ContactPoint, Notice, PutOff, Refused

ADA = ContactPoint(Channel.EMAIL, "ada@example.org", {})
SENDER = "Cuore <cuore@clinic.example>"
Started = Callable[..., tuple[Mailbox, int]]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts a mailbox; its port."""
    running = []

    def start(**options: object) -> tuple[Mailbox, int]:
        port = free_port()
        mailbox = Mailbox(port, **options)  # type: ignore[arg-type]
        mailbox.start()
        running.append(mailbox)
        return mailbox, port

    yield start
    for one in running:
        one.stop()


async def test_a_mail_says_what_the_notice_says_and_is_the_same_at_every_try(started: Started, notice: Notice) -> None:
    mailbox, port = started()
    mail = Mail(MailServer(f"smtp://127.0.0.1:{port}", SENDER))
    await mail.send(notice, ADA)
    await mail.send(notice, ADA)
    await mail.close()
    first, again = mailbox.deliveries
    assert first.message_id == again.message_id == f"<{notice.send_id}@clinic.example>"
    assert first.to == ("ada@example.org",)
    seen = message_from_bytes(first.content, policy=default)
    assert (seen["from"], seen["to"], seen["subject"]) == (SENDER, "ada@example.org", "Ihr Plan")
    assert (seen["auto-submitted"], seen["content-language"]) == ("auto-generated", "de")
    body = seen.get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["Um 08:00 Uhr: Grüße."]
    assert first.content.isascii()


@pytest.mark.parametrize(("scheme", "option"), [("smtps", "tls"), ("smtp+starttls", "starttls")])
async def test_mails_go_under_tls_to_a_server_whose_certificate_is_trusted_and_to_no_other(
    started: Started,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    notice: Notice,
    scheme: str,
    option: str,
) -> None:
    mailbox, port = started(**{option: tls})
    for host in ("localhost", "127.0.0.1"):
        with pytest.raises(PutOff):
            await Mail(MailServer(f"{scheme}://{host}:{port}", SENDER)).send(notice, ADA)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(PutOff):
        await Mail(MailServer(f"{scheme}://127.0.0.1:{port}", SENDER)).send(notice, ADA)
    assert mailbox.deliveries == []
    mail = Mail(MailServer(f"{scheme}://localhost:{port}", SENDER))
    await mail.send(notice, ADA)
    await mail.close()
    assert [one.was_encrypted for one in mailbox.deliveries] == [True]


async def test_a_server_without_starttls_gets_no_mail_in_the_clear(started: Started, notice: Notice) -> None:
    mailbox, port = started()
    with pytest.raises(PutOff):
        await Mail(MailServer(f"smtp+starttls://127.0.0.1:{port}", SENDER)).send(notice, ADA)
    assert mailbox.deliveries == []


async def test_an_address_that_nobody_has_is_refused_and_a_server_that_is_away_puts_it_off(
    started: Started, notice: Notice
) -> None:
    mailbox, port = started(refuses=frozenset({ADA.address}))
    mail = Mail(MailServer(f"smtp://127.0.0.1:{port}", SENDER))
    with pytest.raises(Refused, match="smtp 550 recipient"):
        await mail.send(notice, ADA)
    await mail.send(notice, ContactPoint(Channel.EMAIL, "eva@example.org", {}))
    assert [one.to for one in mailbox.deliveries] == [("eva@example.org",)]
    mailbox.stop()
    with pytest.raises(PutOff, match="smtp SMTP"):
        await mail.send(notice, ADA)
    await mail.close()


@pytest.mark.parametrize(
    ("address", "is_accepted"),
    [
        ("ada@example.org", True),
        ("ada.prova+cuore@mail.example.co.uk", True),
        ("ada", False),
        ("ada@localhost", False),
        ("ada@example.org\r\nBcc: all@example.org", False),
        ("ada prova@example.org", False),
        ("<ada@example.org>", False),
        ("a" * 65 + "@example.org", False),
        ("ada@" + "a." * 130 + "org", False),
    ],
)
def test_addresses_that_cannot_be_are_told(address: str, *, is_accepted: bool) -> None:
    assert Mail(MailServer("smtp://127.0.0.1:25", SENDER)).accepts(address) is is_accepted
