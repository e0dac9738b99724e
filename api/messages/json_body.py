"""The body of a message: strict JSON of one of the media types that its route takes."""

import asyncio
from collections.abc import Collection
from typing import Any

from starlette.requests import ClientDisconnect, Request

from api.graphql_request import Refused, RequestLimits, _read_body, strict_json

# A Bundle of as many Observations as one call may hold.
LIMITS = RequestLimits(body_bytes=1024 * 1024)
# What a media type may say of itself.
_PARAMETERS = frozenset({"charset=utf-8", "fhirversion=4.0"})


async def read_message(request: Request, media: Collection[str], limits: RequestLimits) -> Any:
    """The value of the body.

    Raises:
        Refused: 415 for another media type, 413 over the limit, 408 when too slow, 400 for no strict JSON.
    """
    kind, *parameters = (piece.strip().lower() for piece in request.headers.get("content-type", "").split(";"))
    if kind not in media or not {piece.replace('"', "") for piece in parameters if piece} <= _PARAMETERS:
        raise Refused(415, f"Send {' or '.join(media)} in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Send the body uncompressed.")
    try:
        async with asyncio.timeout(limits.body_seconds):
            body = await _read_body(request, limits.body_bytes)
    except TimeoutError:
        raise Refused(408, "The body did not arrive in time.") from None
    except ClientDisconnect:
        raise Refused(400, "The body ended early.") from None
    return strict_json(body, limits)
