"""Message encryption for Web Push: RFC 8291 on RFC 8188's aes128gcm, with one record."""

import base64
import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SALT_BYTES = 16
POINT_BYTES = 65
RECORD_BYTES = 4096
# Texts are padded to this, so that the length of a message tells nothing of what it says.
PADDED_BYTES = 1024


def decoded(text: str) -> bytes:
    """Of base64url, with or without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data: bytes) -> str:
    """To base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as an uncompressed point."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def encrypt(
    text: bytes,
    browser_key: bytes,
    auth: bytes,
    *,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
    padded_bytes: int = PADDED_BYTES,
) -> bytes:
    """The body of a push message that only the browser with these keys can read.

    `ours` and `salt` are made anew for every message; they are given only to repeat the RFC's example.

    Raises:
        ValueError: the browser's key is no point of the curve.
    """
    ours = ours or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(SALT_BYTES)
    our_point = point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_key))
    secret = _derived(shared, auth, b"WebPush: info\0" + browser_key + our_point, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\0", 12)
    # 2 ends the last record; what follows is padding.
    record = (text + b"\2").ljust(padded_bytes, b"\0")
    return salt + struct.pack("!IB", RECORD_BYTES, POINT_BYTES) + our_point + AESGCM(key).encrypt(nonce, record, None)
