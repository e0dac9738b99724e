"""The way out to addresses that people have given us: HTTPS alone, and never into a private network."""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from domain.notices import PutOff, Refused

SECONDS = 10.0
CONNECTIONS = 64
# Servers end idle connections; a message must not meet one that is just being ended.
IDLE_SECONDS = 5.0
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


async def addresses_of(host: str, port: int, *, reaches_private: bool) -> Sequence[str]:
    """The addresses of a name; who connects takes one of these, so that the name cannot lead elsewhere a moment later.

    Raises:
        PrivateAddress: one of them is not public, though none may be private.
        OSError: nobody has this name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not (reaches_private or all(map(is_public, addresses))):
        raise PrivateAddress
    return addresses


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


@dataclass
class _Connection:
    """One that is open."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    state: h11.Connection
    idle_since: float = 0.0

    async def post(self, target: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        """Send, and read what is answered; too long an answer is not read to its end."""
        request = h11.Request(method="POST", target=target, headers=[*headers])
        sent = [self.state.send(event) or b"" for event in (request, h11.Data(data=body), h11.EndOfMessage())]
        self.writer.write(b"".join(sent))
        await self.writer.drain()
        answer, read = None, 0
        while read <= MOST_ANSWER_BYTES:
            event = self.state.next_event()
            if event is h11.NEED_DATA:
                part = await self.reader.read(MOST_ANSWER_BYTES)
                read += len(part)
                self.state.receive_data(part)
            elif isinstance(event, h11.Response):
                told = dict(event.headers).get(b"retry-after", b"")
                answer = Answer(event.status_code, float(told) if told.isdigit() else None)
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                break
        if answer is None:
            raise h11.RemoteProtocolError("no answer")
        return answer

    def is_usable(self) -> bool:
        """Whether something else can be sent here; gets it ready for that."""
        if self.state.our_state is h11.DONE and self.state.their_state is h11.DONE:
            self.state.start_next_cycle()
        return self.state.our_state is h11.IDLE and not self.reader.at_eof()


class Outgoing:
    """Posts to addresses that people have given us, over HTTP/1.1; no redirect is followed.

    `reaches_private` lets it into private networks, `is_plain_allowed` without TLS.
    """

    def __init__(self, *, reaches_private: bool, is_plain_allowed: bool) -> None:
        self._reaches_private = reaches_private
        self._schemes = {"https", "http"} if is_plain_allowed else {"https"}
        self._trust = ssl.create_default_context()
        self._turns = asyncio.Semaphore(CONNECTIONS)
        # By origin; the one used last is taken first.
        self._idle: dict[str, list[_Connection]] = {}

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
        parts, place = urlsplit(url), origin(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        whole = {"host": place.partition("://")[2], "content-length": str(len(body)), **headers}
        try:
            async with asyncio.timeout(SECONDS), self._turns, self._connection(place) as connection:
                return await connection.post(target, [*whole.items()], body)
        except PrivateAddress:
            raise Refused(f"{protocol} private address") from None
        except (h11.ProtocolError, OSError, TimeoutError) as away:
            raise PutOff(f"{protocol} {type(away).__name__}") from None

    @asynccontextmanager
    async def _connection(self, place: str) -> AsyncIterator[_Connection]:
        """One to this origin; after an error it is not used again."""
        connection = self._taken(place) or await self._opened(place)
        is_kept = False
        try:
            yield connection
            is_kept = connection.is_usable()
        finally:
            if is_kept:
                connection.idle_since = time.monotonic()
                self._idle.setdefault(place, []).append(connection)
            else:
                connection.writer.close()
            self._close_old()

    def _close_old(self) -> None:
        """Close what nobody has used for a while, wherever it leads; the first of a place is the one longest idle."""
        long_ago = time.monotonic() - IDLE_SECONDS
        for place, idle in [*self._idle.items()]:
            while idle and idle[0].idle_since < long_ago:
                idle.pop(0).writer.close()
            if not idle:
                del self._idle[place]

    def _taken(self, place: str) -> _Connection | None:
        self._close_old()
        idle = self._idle.get(place, [])
        while idle:
            connection = idle.pop()
            if not connection.reader.at_eof():
                return connection
            connection.writer.close()
        return None

    async def _opened(self, place: str) -> _Connection:
        parts = urlsplit(place)
        port = parts.port or _PORTS[parts.scheme]
        addresses = await addresses_of(str(parts.hostname), port, reaches_private=self._reaches_private)
        is_secure = parts.scheme == "https"
        reader, writer = await asyncio.open_connection(
            addresses[0],
            port,
            ssl=self._trust if is_secure else None,
            server_hostname=parts.hostname if is_secure else None,
        )
        return _Connection(reader, writer, h11.Connection(h11.CLIENT))

    async def close(self) -> None:
        """Close what is connected."""
        while self._idle:
            _, idle = self._idle.popitem()
            for connection in idle:
                connection.writer.close()


def origin(url: str) -> str:
    """Scheme, host and port of a URL, the port only where it is not the usual one (RFC 6454)."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port not in (None, _PORTS.get(parts.scheme)) else ""
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    return f"{parts.scheme}://{host}{port}"
