"""The way out to addresses that people have given us: HTTPS alone, and never into a private network."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore

from domain.notices import PutOff, Refused

SECONDS = 10.0
CONNECTIONS = 64
LONGEST_URL = 2000
# What an answer may say; nothing of it is used.
MOST_ANSWER_BYTES = 65_536
_PORTS = {"https": 443, "http": 80}
_GONE = {404, 410}
_FIRST_REFUSAL = 300
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(Exception):
    """The name leads into a network that nobody outside may reach through us."""


def is_public(text: str) -> bool:
    """Whether an address belongs to the internet, also one that is wrapped into another."""
    found = ipaddress.ip_address(text)
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


class PublicNetwork(httpcore.AsyncNetworkBackend):
    """Connects to the very address that it has looked at, so that a name cannot lead elsewhere a moment later."""

    def __init__(self) -> None:
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, if every address of the name is public.

        Raises:
            PrivateAddress: one is not.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as unknown:
            raise httpcore.ConnectError from unknown
        addresses = [str(one[4][0]) for one in found]
        if not all(map(is_public, addresses)):
            raise PrivateAddress
        return await self._plain.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


@dataclass(frozen=True)
class Answer:
    """What the other side said."""

    status: int
    retry_after_seconds: float | None

    def check(self, protocol: str, *, lasting: Iterable[int]) -> None:
        """Whether it took what was sent.

        Raises:
            Refused: it will not, with a status among `lasting`, or because there is nobody any more.
            PutOff: it did not this time.
        """
        code = f"{protocol} {self.status}"
        if self.status in _GONE:
            raise Refused(code, is_gone=True)
        if self.status in lasting:
            raise Refused(code)
        if not 200 <= self.status < _FIRST_REFUSAL:  # noqa: PLR2004 - the statuses of success
            raise PutOff(code, self.retry_after_seconds)


class Outgoing:
    """Posts to addresses that people have given us; no redirect is followed.

    `reaches_private` lets it into private networks, `is_plain_allowed` without TLS.
    """

    def __init__(self, *, reaches_private: bool, is_plain_allowed: bool) -> None:
        self._schemes = {"https", "http"} if is_plain_allowed else {"https"}
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=5,
            network_backend=httpcore.AnyIOBackend() if reaches_private else PublicNetwork(),
        )

    def accepts(self, url: str) -> bool:
        """Whether we would post there, as far as the address itself tells."""
        try:
            parts = urlsplit(url)
            is_known = parts.scheme in self._schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            return False
        return is_known and len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and "@" not in parts.netloc

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, protocol: str) -> Answer:
        """Post it.

        Raises:
            Refused: the address leads into a private network.
            PutOff: nobody answers there.
        """
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": timeouts}) as answer,
            ):
                read = 0
                async for part in answer.aiter_stream():
                    read += len(part)
                    if read > MOST_ANSWER_BYTES:
                        break
                told = {name.lower(): value for name, value in answer.headers}.get(b"retry-after", b"")
                return Answer(answer.status, float(told) if told.isdigit() else None)
        except PrivateAddress:
            raise Refused(f"{protocol} private address") from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.TimeoutException,
            ssl.SSLError,
            OSError,
            TimeoutError,
        ) as away:
            raise PutOff(f"{protocol} {type(away).__name__}") from None

    async def close(self) -> None:
        """Close what is connected."""
        await self._pool.aclose()


def origin(url: str) -> str:
    """Scheme, host and port of a URL, the port only where it is not the usual one (RFC 6454)."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    return f"{parts.scheme}://{parts.hostname}{port}"
