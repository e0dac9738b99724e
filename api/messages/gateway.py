"""A gateway's Bluetooth payloads: what was kept, what was there before, and what was refused and why."""

from typing import Any

import orjson
from starlette.responses import Response

from adapters.runtime import Runtime
from adapters.vital_formats.gateway_message import gateway_message, parse_payloads
from api.json_body import PLAIN_JSON, Refused
from api.messages.door import MessageDoor, record
from domain.access import Actor


def _json(status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type=PLAIN_JSON)


async def _answer(runtime: Runtime, by: Actor, sent: object) -> Response:
    outcome = await record(runtime, by, lambda: gateway_message(sent), parse_payloads, whole=False)
    answered: dict[str, list[dict[str, Any]]] = {"accepted": [], "duplicates": []}
    for index, kept in outcome.kept:
        answered["accepted" if kept.is_new else "duplicates"].append({"index": index, "id": str(kept.reading_id)})
    return _json(200, {**answered, "rejected": [vars(one) for one in outcome.rejected]})


def _refuse(refused: Refused) -> Response:
    error = {"code": refused.code, "message": refused.message}
    return _json(refused.status, {"error": error}, refused.headers)


payloads = MessageDoor(_answer, _refuse, (PLAIN_JSON,))
