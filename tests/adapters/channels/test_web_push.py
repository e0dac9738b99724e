"""What we send as Web Push is what the RFCs say, and only the browser with the keys reads it."""

import hashlib
import hmac
import json
import struct
import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import ECKey

from adapters.channels.outgoing import Outgoing
from adapters.channels.web_push import WebPush, private_key
from adapters.channels.web_push_encryption import decoded, encoded, encrypt, point
from dev.receiver import Receiver
from domain.contact_points import are_browser_keys
from domain.kinds import Channel
from domain.notices import ContactPoint, Notice, PutOff, Refused

VAPID = encoded((12345).to_bytes(32))
CONTACT = "mailto:heart@clinic.example"
# RFC 8291, appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
BROWSER = private_key("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
AUTH = decoded("BTBZMqHH6r4Tts7J_aSIgg")
OURS = private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
SALT = decoded("DGv6ra1nlYgDCS1FRnbzlw")
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu"
    "6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def _expand(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\1", hashlib.sha256)[:length]


def read(body: bytes, browser: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What the browser reads, written a second time with nothing but HMAC (RFC 5869), ECDH and AES."""
    salt, (record_bytes, key_bytes) = body[:16], struct.unpack("!IB", body[16:21])
    sender, record = body[21 : 21 + key_bytes], body[21 + key_bytes :]
    assert len(record) <= record_bytes
    shared = browser.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    secret = _expand(shared, auth, b"WebPush: info\0" + point(browser.public_key()) + sender, 32)
    key = _expand(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(secret, salt, b"Content-Encoding: nonce\0", 12)
    text, mark, padding = AESGCM(key).decrypt(nonce, record, None).rpartition(b"\2")
    assert (mark, padding.strip(b"\0")) == (b"\2", b"")
    return text


def test_the_rfcs_own_example_comes_out_to_the_byte() -> None:
    body = encrypt(TEXT, point(BROWSER.public_key()), AUTH, ours=OURS, salt=SALT, padded_bytes=0)
    assert encoded(body) == BODY
    assert read(decoded(BODY), BROWSER, AUTH) == TEXT


def test_the_length_of_a_message_tells_nothing() -> None:
    key = point(BROWSER.public_key())
    assert {len(encrypt(b"x" * count, key, AUTH)) for count in (0, 1, 700)} == {16 + 5 + 65 + 1024 + 16}
    assert read(encrypt(b"a\2b\0", key, AUTH), BROWSER, AUTH) == b"a\2b\0"


@pytest.fixture
def browser(receiver: Receiver) -> ContactPoint:
    keys = {"p256dh": encoded(point(BROWSER.public_key())), "auth": encoded(AUTH)}
    assert are_browser_keys(**keys)
    return ContactPoint(Channel.WEB_PUSH, f"{receiver.url}/push/1", keys)


async def test_a_push_is_signed_named_and_readable_by_the_browser_alone(
    receiver: Receiver, outgoing: Outgoing, browser: ContactPoint, notice: Notice
) -> None:
    push = WebPush(VAPID, CONTACT, outgoing)
    await push.send(notice, browser)
    await push.send(notice, browser)
    first, again = receiver.taken
    assert json.loads(read(first.body, BROWSER, AUTH)) == {
        "title": "Ihr Plan",
        "body": "Um 08:00 Uhr: Grüße.",
        "lang": "de",
        "tag": str(notice.send_id),
    }
    # The same message is known by its topic, and looks different each time.
    assert (first.key, again.key) == (encoded(notice.send_id.bytes),) * 2
    assert first.body != again.body
    assert (first.headers["urgency"], first.headers["content-encoding"]) == ("normal", "aes128gcm")
    assert 3590 <= int(first.headers["ttl"]) <= 3600
    scheme, _, parts = first.headers["authorization"].partition(" ")
    named = dict(part.split("=", 1) for part in parts.split(", "))
    assert (scheme, named["k"]) == ("vapid", push.public_key)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(named["k"]))
    token = jwt.decode(named["t"], ECKey.import_key(public), algorithms=["ES256"])
    assert (token.claims["aud"], token.claims["sub"]) == (receiver.url, CONTACT)
    assert time.time() < token.claims["exp"] <= time.time() + 86400


@pytest.mark.parametrize(("status", "is_gone"), [(404, True), (410, True), (400, False), (403, False), (413, False)])
async def test_what_will_never_be_taken_is_refused(
    receiver: Receiver, outgoing: Outgoing, browser: ContactPoint, notice: Notice, status: int, *, is_gone: bool
) -> None:
    receiver.answers["/push/1"] = [(status, {})]
    with pytest.raises(Refused) as refused:
        await WebPush(VAPID, CONTACT, outgoing).send(notice, browser)
    assert (refused.value.code, refused.value.is_gone) == (f"web push {status}", is_gone)


@pytest.mark.parametrize(("status", "headers", "seconds"), [(429, {"retry-after": "120"}, 120.0), (503, {}, None)])
async def test_a_busy_push_service_puts_it_off(
    receiver: Receiver,
    outgoing: Outgoing,
    browser: ContactPoint,
    notice: Notice,
    status: int,
    headers: dict[str, str],
    seconds: float | None,
) -> None:
    receiver.answers["/push/1"] = [(status, headers)]
    with pytest.raises(PutOff) as put_off:
        await WebPush(VAPID, CONTACT, outgoing).send(notice, browser)
    assert (put_off.value.code, put_off.value.after_seconds) == (f"web push {status}", seconds)
    assert receiver.taken == []


async def test_keys_that_are_none_are_refused(outgoing: Outgoing, browser: ContactPoint, notice: Notice) -> None:
    assert not are_browser_keys(encoded(b"\4" + b"1" * 63), encoded(AUTH))
    assert not are_browser_keys(browser.keys["p256dh"], encoded(b"short"))
    assert not are_browser_keys("é", encoded(AUTH))
    # It has the form, and is no point of the curve.
    broken = replace(browser, keys={**browser.keys, "p256dh": encoded(b"\4" + b"1" * 64)})
    with pytest.raises(Refused, match="web push keys"):
        await WebPush(VAPID, CONTACT, outgoing).send(notice, broken)
