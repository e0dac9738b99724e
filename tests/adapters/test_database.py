"""The connection to PostgreSQL: whom it trusts, shown by a server that does nothing but show a certificate."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.database import trust


def write_certificate(file: Path, address: str) -> None:
    """A certificate for an address that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )


@asynccontextmanager
async def database_with(certificate: Path) -> AsyncIterator[int]:
    """The port of a server that agrees to TLS, and hangs up once somebody trusts it."""
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        try:
            await writer.start_tls(shown)
        except (ssl.SSLError, OSError):
            return
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    ("address", "named", "trusted"),
    [
        ("127.0.0.1", True, True),
        ("127.0.0.1", False, False),
        ("127.0.0.2", True, False),
    ],
)
async def test_verify_full_trusts_the_named_authority_and_the_right_host_without_a_file_in_the_users_home(
    tmp_path: Path, address: str, *, named: bool, trusted: bool
) -> None:
    certificate = tmp_path / "database.pem"
    write_certificate(certificate, address)
    async with database_with(certificate) as port:
        url = f"postgres://cuore@127.0.0.1:{port}/cuore?sslmode=verify-full"
        url += f"&sslrootcert={certificate}" if named else ""
        with pytest.raises((OSError, asyncpg.PostgresError)) as failed:
            await asyncpg.connect(url, ssl=trust(url), timeout=5)
    assert isinstance(failed.value, ssl.SSLCertVerificationError) is not trusted


@pytest.mark.parametrize("options", ["", "?sslmode=require"])
def test_other_modes_are_left_to_the_driver(options: str) -> None:
    assert trust(f"postgres://cuore@127.0.0.1/cuore{options}") == (options.partition("=")[2] or None)
