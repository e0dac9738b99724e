"""The least that takes mails and pushes as their protocols ask, so that a bench measures who sends, not who takes."""

import asyncio
from typing import Any


class MailSink(asyncio.Protocol):
    """SMTP (RFC 5321) without extensions: every mail is taken and its Message-ID kept."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken
        self._buffer = b""
        self._has_data = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._has_data else b"\r\n"
            line, found, rest = self._buffer.partition(end)
            if not found:
                return
            self._buffer = rest
            self._transport.write(self._answer(line))

    def _answer(self, line: bytes) -> bytes:
        if self._has_data:
            self._has_data = False
            begins = line.find(b"Message-ID: <") + len(b"Message-ID: <")
            self._taken.append(line[begins : line.find(b"@", begins)])
            return b"250 taken\r\n"
        if line.startswith(b"DATA"):
            self._has_data = True
            return b"354 go on\r\n"
        if line.startswith(b"QUIT"):
            return b"221 bye\r\n"
        return b"250 sink\r\n"


class PushSink(asyncio.Protocol):
    """HTTP/1.1 as a push service answers it: every message is taken and its Topic kept."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken
        self._buffer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
            length = int(fields[b"content-length"])
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            topic = head[head.lower().index(b"topic: ") + len(b"topic: ") :].partition(b"\r\n")[0]
            self._taken.append(topic)
            self._transport.write(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n")
