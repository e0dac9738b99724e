"""Analysis as a service: a strip's bytes in, what they show out, nothing kept but that it was asked."""

import asyncio
import os
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import orjson
from anyio import BrokenWorkerProcess, CapacityLimiter, move_on_after, to_process
from starlette.requests import Request
from starlette.responses import Response

from adapters.runtime import Runtime
from adapters.strip_reading import TOO_COSTLY, read_stranger
from api.json_body import PLAIN_JSON, Refused, RequestLimits, read_body
from api.messages.door import MessageDoor
from api.messages.strip_json import analysis_json
from domain.access import Actor
from domain.errors import Unavailable
from domain.strip_analyses import StripAnalysis
from domain.strips import MOST_BYTES

PATH = "/v1/ecg/analyse"
# A strip takes a fraction of a second; what takes this long never ends and is killed with its process.
DEADLINE_SECONDS = 10.0
TRIES = 2
ECG_LIMITS = RequestLimits(body_bytes=MOST_BYTES, body_seconds=30.0, operation_seconds=25.0)
# As many as anyio keeps processes; those who would wait longer than a client has patience are told at once.
TURNS = CapacityLimiter(os.cpu_count() or 1)
MOST_WAITING = 16


class StripDoor(MessageDoor):
    """The door of messages for bytes of any format; what they are is told by themselves."""

    forbidden = "Your role may not have strips analysed."

    async def read(self, request: Request, media: Collection[str], limits: RequestLimits) -> bytes:
        """The bytes, whatever they are called."""
        del media
        return await read_body(request, limits)


Read = tuple[str, StripAnalysis] | tuple[str, str]
_running: set[asyncio.Task[Read]] = set()


async def analyse(read: Callable[..., Read], *arguments: object) -> tuple[str, StripAnalysis]:
    """Format and analysis of what a stranger sent, by `read` in a process that may be killed.

    Only the deadline kills it: whoever goes away under way must not cost the others a process that has loaded all.

    Raises:
        Refused: they cannot be read; the reason is one that a patient understands.
        Unavailable: too many wait already.
    """
    if len(_running) >= TURNS.total_tokens + MOST_WAITING:
        raise Unavailable("Many strips are being analysed; please try again in a moment.")
    running = asyncio.create_task(_in_process(read, *arguments))
    _running.add(running)
    running.add_done_callback(_running.discard)
    format_or_code, found = await asyncio.shield(running)
    if isinstance(found, str):
        raise Refused(422, found, format_or_code)
    return format_or_code, found


async def _in_process(read: Callable[..., Read], *arguments: object) -> Read:
    found: Read = TOO_COSTLY
    async with TURNS:
        with move_on_after(DEADLINE_SECONDS):
            for _ in range(TRIES):
                # An idle process can have died of something else; of what kills two, the file is to blame.
                with suppress(BrokenWorkerProcess):
                    return await to_process.run_sync(read, *arguments, cancellable=True)
    return found


async def _answer(runtime: Runtime, by: Actor, sent: Any) -> Response:
    kind, found = await analyse(read_stranger, sent)
    async with runtime.unit_of_work(by) as work:
        work.audit("analyseEcg", patient_id=by.patient_id)
    return Response(orjson.dumps({"format": kind, **analysis_json(found)}), media_type=PLAIN_JSON)


def _refuse(refused: Refused) -> Response:
    error = {"error": {"code": refused.code, "message": refused.message}}
    return Response(orjson.dumps(error), refused.status, refused.headers, media_type=PLAIN_JSON)


strip = StripDoor(_answer, _refuse, (), ECG_LIMITS)
