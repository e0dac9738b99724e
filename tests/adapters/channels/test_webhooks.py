"""Webhooks: signed, known again, tried again, and never into a private network."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
import time
from pathlib import Path

import pytest

from adapters.channels.outgoing import (
    IDLE_SECONDS,
    MOST_ANSWER_BYTES,
    Outgoing,
    PrivateAddress,
    addresses_of,
    is_public,
)
from adapters.channels.webhooks import Webhooks
from dev.receiver import Receiver
from domain.kinds import Channel
from domain.notices import ContactPoint, Notice, PutOff, Refused

KEY = b"0123456789abcdef01234567"
SECRET = {"secret": "whsec_" + base64.b64encode(KEY).decode()}


async def test_a_gateway_can_tell_who_sent_what_and_when(
    receiver: Receiver, outgoing: Outgoing, notice: Notice
) -> None:
    await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"{receiver.url}/hook", SECRET))
    (taken,) = receiver.taken
    assert taken.headers["webhook-id"] == str(notice.send_id)
    assert taken.headers["idempotency-key"] == f'"{notice.send_id}"'
    assert abs(int(taken.headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"{notice.send_id}.{taken.headers['webhook-timestamp']}.".encode() + taken.body
    wanted = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert taken.headers["webhook-signature"] == f"v1,{wanted}"
    assert json.loads(taken.body) == {
        "type": "reminder",
        "kind": "MEDICATION",
        "title": "Ihr Plan",
        "text": "Um 08:00 Uhr: Grüße.",
        "locale": "de",
        "isUrgent": False,
        "expiresAt": notice.expires_at.isoformat(),
    }


@pytest.mark.parametrize("status", [302, 400, 429, 500])
async def test_what_a_gateway_does_not_take_is_put_off(
    receiver: Receiver, outgoing: Outgoing, notice: Notice, status: int
) -> None:
    receiver.answers["/hook"] = [(status, {"location": f"{receiver.url}/elsewhere"})]
    with pytest.raises(PutOff, match=f"webhook {status}"):
        await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"{receiver.url}/hook", SECRET))
    assert receiver.taken == []


async def test_a_gateway_that_is_away_puts_it_off_and_one_that_is_gone_refuses(
    receiver: Receiver, outgoing: Outgoing, notice: Notice
) -> None:
    with pytest.raises(PutOff, match="webhook ConnectionRefusedError"):
        await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, "http://127.0.0.1:9/hook", SECRET))
    receiver.answers["/hook"] = [(410, {})]
    with pytest.raises(Refused) as refused:
        await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"{receiver.url}/hook", SECRET))
    assert refused.value.is_gone


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104 - an address to refuse
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    ],
)
def test_private_addresses_are_known_also_inside_others(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "[::1]"])
async def test_nothing_is_sent_into_a_private_network(receiver: Receiver, notice: Notice, host: str) -> None:
    outgoing = Outgoing(reaches_private=False, is_plain_allowed=True)
    port = receiver.url.rpartition(":")[2]
    with pytest.raises(Refused, match="webhook private address"):
        await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"http://{host}:{port}/hook", SECRET))
    await outgoing.close()
    assert receiver.taken == []


async def test_a_name_that_is_public_and_private_is_refused_whatever_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name with two addresses could lead where only one of them had been looked at."""

    async def both(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", both, raising=False)
    with pytest.raises(PrivateAddress):
        await addresses_of("rebinding.example", 443, reaches_private=False)


async def test_a_name_that_nobody_has_is_put_off(notice: Notice) -> None:
    outgoing = Outgoing(reaches_private=False, is_plain_allowed=False)
    with pytest.raises(PutOff, match="webhook gaierror"):
        await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, "https://nobody.invalid/", SECRET))


async def test_one_connection_carries_many_and_another_one_takes_over_when_it_was_ended(
    receiver: Receiver, outgoing: Outgoing, notice: Notice
) -> None:
    to = ContactPoint(Channel.WEBHOOK, f"{receiver.url}/hook", SECRET)
    for _ in range(3):
        await Webhooks(outgoing).send(notice, to)
    (kept,) = outgoing._idle[receiver.url]
    receiver.answers["/hook"] = [(503, {"connection": "close"})]
    with pytest.raises(PutOff):
        await Webhooks(outgoing).send(notice, to)
    assert outgoing._idle.get(receiver.url, []) == []
    assert kept.writer.is_closing()
    await Webhooks(outgoing).send(notice, to)
    assert len(receiver.taken) == 4


async def test_connections_that_nobody_uses_are_closed_wherever_they_lead(
    receiver: Receiver, outgoing: Outgoing, notice: Notice
) -> None:
    """Gateways that are told once a day each kept a connection open."""
    port = receiver.url.rpartition(":")[2]
    await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"http://localhost:{port}/hook", SECRET))
    ((kept,),) = outgoing._idle.values()
    kept.idle_since -= IDLE_SECONDS
    await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"{receiver.url}/hook", SECRET))
    assert kept.writer.is_closing()
    assert [*outgoing._idle] == [receiver.url]


async def test_an_answer_without_end_is_not_read_to_its_end(notice: Notice, outgoing: Outgoing) -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 4 * MOST_ANSWER_BYTES)
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"http://127.0.0.1:{port}/", SECRET))
    server.close()


async def test_a_gateway_whose_certificate_is_trusted_is_told_and_no_other(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, notice: Notice
) -> None:
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    tried = []
    for trusted, host in (("", "localhost"), (str(certificate), "127.0.0.1"), (str(certificate), "localhost")):
        with monkeypatch.context() as patch:
            if trusted:
                patch.setenv("SSL_CERT_FILE", trusted)
            outgoing = Outgoing(reaches_private=True, is_plain_allowed=False)
        try:
            await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"https://{host}:{port}/", SECRET))
            tried.append("told")
        except PutOff as put_off:
            tried.append(put_off.code)
        await outgoing.close()
    server.close()
    assert tried == ["webhook SSLCertVerificationError", "webhook SSLCertVerificationError", "told"]
    assert len(heard) == 1


async def test_what_is_no_http_is_put_off(notice: Notice, outgoing: Outgoing) -> None:
    async def stammer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(stammer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(PutOff, match="webhook RemoteProtocolError"):
        await Webhooks(outgoing).send(notice, ContactPoint(Channel.WEBHOOK, f"http://127.0.0.1:{port}/", SECRET))
    server.close()


@pytest.mark.parametrize(
    ("url", "is_accepted"),
    [
        ("https://gateway.example/hook?a=1", True),
        ("https://gateway.example:8443/hook", True),
        ("http://gateway.example/hook", False),
        ("https://user:secret@gateway.example/", False),
        ("https:///hook", False),
        ("ftp://gateway.example/", False),
        ("https://gateway.example:99999/", False),
        ("https://gateway.example/\r\nx: y", False),
        ("https://gateway.example/" + "a" * 2000, False),
        ("hook", False),
    ],
)
async def test_only_https_addresses_are_accepted(url: str, *, is_accepted: bool) -> None:
    assert Webhooks(Outgoing(reaches_private=True, is_plain_allowed=False)).accepts(url) is is_accepted
