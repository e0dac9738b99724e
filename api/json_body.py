"""The JSON body of a request: bounded in size, time and depth, and strict."""

import asyncio
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

PLAIN_JSON = "application/json"
UTF8 = frozenset({"charset=utf-8"})
_TWICE = "A JSON key is given twice."
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")


class Refused(Exception):
    """A request that never ran: its status, its code and a sentence for the caller."""

    def __init__(
        self, status: int, message: str, code: str = "BAD_USER_INPUT", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


@dataclass(frozen=True)
class RequestLimits:
    """What one HTTP request may cost before it is understood."""

    body_bytes: int = 256 * 1024
    body_seconds: float = 10.0
    json_depth: int = 64
    operation_seconds: float = 5.0


async def read_json(
    request: Request, media: Collection[str], limits: RequestLimits, parameters: Collection[str] = UTF8
) -> Any:
    """The value of the body, of one of the media types, which may say no more of itself than `parameters`.

    Raises:
        Refused: 415 for another media type, 413 over the limit, 408 when too slow, 400 for no strict JSON.
    """
    kind, *said = (piece.strip().lower() for piece in request.headers.get("content-type", "").split(";"))
    if kind not in media or not {piece.replace('"', "") for piece in said if piece} <= {*parameters}:
        raise Refused(415, f"Send {' or '.join(media)} in UTF-8.")
    return strict_json(await read_body(request, limits), limits)


async def read_body(request: Request, limits: RequestLimits) -> bytes:
    """The bytes of the body.

    Raises:
        Refused: 415 when compressed, 413 over the limit, 408 when too slow, 400 when cut off.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Send the body uncompressed.")
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read_body(request, limits.body_bytes)
    except TimeoutError:
        raise Refused(408, "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise Refused(400, "The body ended early.") from None


async def _read_body(request: Request, limit: int) -> bytes:
    # The header is only a hint that lets us refuse early: a chunked body has none, so the bytes are counted.
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(limit)) or int(declared) > limit):
        raise Refused(413, f"A request may have {limit} bytes.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise Refused(413, f"A request may have {limit} bytes.")
    return bytes(body)


def strict_json(body: bytes, limits: RequestLimits) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        Refused: nested too deeply, a key twice, a number that is not finite, NUL, or no JSON at all.
    """
    try:
        # It refuses what the standard library lets through: NaN, infinity, lone surrogates, wrong UTF-8, a BOM.
        value = orjson.loads(body)
    except ValueError:
        raise Refused(400, "The JSON could not be read.") from None
    # What has so few brackets cannot nest more deeply.
    if body.count(b"[") + body.count(b"{") > limits.json_depth and _is_deeper(value, limits.json_depth):
        raise Refused(400, f"JSON may nest {limits.json_depth} levels.")
    if b"\\u" in body:
        if _ESCAPED_NUL.search(body):
            raise Refused(400, "Text may not contain NUL.")
        json.loads(body, object_pairs_hook=_unique)
    elif body.count(b":") != orjson.dumps(value).count(b":"):
        # With no character written as a number, colons are lost only with a key that came twice.
        raise Refused(400, _TWICE)
    return value


def _is_deeper(value: Any, most: int) -> bool:
    """Whether the value nests more than `most` levels, looked at level by level."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for one in level
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused(400, _TWICE)
    return found
