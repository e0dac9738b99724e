"""Reads one GraphQL-over-HTTP request: strict JSON, bounded in size and depth, and the media type of the answer.

Source: the GraphQL-over-HTTP draft, https://graphql.github.io/graphql-over-http/draft/.
"""

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

GRAPHQL_JSON = "application/graphql-response+json"
PLAIN_JSON = "application/json"
PARAMETERS = ("query", "operationName", "variables", "extensions")

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


@dataclass(frozen=True)
class Asked:
    """The four parameters of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


def answer_type(accept: str | None) -> str | None:
    """The media type to answer with, or None where the caller accepts neither of ours."""
    best: tuple[float, str] | None = None
    for part in (accept or "*/*").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        ours = PLAIN_JSON if name in {"*/*", "application/*", PLAIN_JSON} else name
        if ours in {PLAIN_JSON, GRAPHQL_JSON} and quality > 0 and (best is None or quality > best[0]):
            best = (quality, ours)
    return best[1] if best else None


async def read_post(request: Request, limits: RequestLimits) -> Asked:
    """The request in a POST body.

    Raises:
        Refused: 415 for anything but plain UTF-8 JSON, 413 over the limit, 408 when too slow, 400 otherwise.
    """
    kind, *parameters = (piece.strip().lower() for piece in request.headers.get("content-type", "").split(";"))
    charset_is_ours = all(piece.replace('"', "") == "charset=utf-8" for piece in parameters if piece)
    if kind != PLAIN_JSON or not charset_is_ours:
        raise Refused(415, "Send application/json in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Send the body uncompressed.")
    try:
        async with asyncio.timeout(limits.body_seconds):
            body = await _read_body(request, limits.body_bytes)
    except TimeoutError:
        raise Refused(408, "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise Refused(400, "The body ended early.") from None
    return asked_of(strict_json(body, limits))


def read_get(request: Request, limits: RequestLimits) -> Asked:
    """The request in a query string.

    Raises:
        Refused: 400 for a repeated parameter, or one that is not what it should be.
    """
    sent: dict[str, Any] = {}
    for key, value in request.query_params.multi_items():
        if key in sent:
            raise Refused(400, "A parameter is given twice.")
        sent[key] = value
    for key in ("variables", "extensions"):
        if key in sent:
            sent[key] = strict_json(sent[key].encode("utf-8", "surrogatepass"), limits)
    return asked_of(sent)


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


def asked_of(sent: Any) -> Asked:
    """The parameters in a JSON value.

    Raises:
        Refused: a parameter is missing or of another type than it must have.
    """
    if isinstance(sent, list):
        raise Refused(400, "Send one operation at a time.")
    if not isinstance(sent, dict):
        raise Refused(400, "Send a JSON object.")
    query, name, variables, extensions = (sent.get(key) for key in PARAMETERS)
    if extensions is not None and not isinstance(extensions, dict):
        raise Refused(400, "extensions must be an object.")
    _check_persisted(query, extensions or {})
    if not isinstance(query, str) or not query.strip():
        raise Refused(400, "query must be a text.")
    if name is not None and not isinstance(name, str):
        raise Refused(400, "operationName must be a text.")
    if variables is not None and not isinstance(variables, dict):
        raise Refused(400, "variables must be an object.")
    return Asked(query, name or None, variables or {})


def _check_persisted(query: object, extensions: dict[str, Any]) -> None:
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return
    if not isinstance(query, str):
        raise Refused(400, "PersistedQueryNotSupported")
    said = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if said != hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest():
        raise Refused(400, "The hash is not the hash of this query.")
