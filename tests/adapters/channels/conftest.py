"""Real receivers on loopback."""

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.channels.outgoing import Outgoing
from dev.receiver import Receiver
from dev.services import free_port
from domain.kinds import ReminderKind
from domain.notices import Notice


@pytest.fixture(scope="session")
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver(free_port())
    receiver.start()
    yield receiver
    receiver.stop()


@pytest.fixture
def receiver(running_receiver: Receiver) -> Receiver:
    running_receiver.taken.clear()
    running_receiver.answers.clear()
    return running_receiver


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    """As in development: loopback is reached, and without TLS."""
    found = Outgoing(reaches_private=True, is_plain_allowed=True)
    yield found
    await found.close()


@pytest.fixture
def notice() -> Notice:
    soon = datetime.now(UTC) + timedelta(hours=1)
    return Notice(
        uuid4(), ReminderKind.MEDICATION, "Ihr Plan", "Um 08:00 Uhr: Grüße.", "de", is_urgent=False, expires_at=soon
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context
