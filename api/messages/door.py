"""The door of messages: who sends, what is sent, and a refusal in the words of the route."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapters.runtime import Runtime
from adapters.vital_formats.format import Unusable
from adapters.vital_formats.message import Message, Parsed
from api.identity import Unauthenticated, authenticate
from api.json_body import Refused, RequestLimits, read_json
from api.messages.limits import LIMITS, PARAMETERS
from domain import messages
from domain.access import Actor, Newcomer
from domain.errors import BadInput, DomainError, Forbidden
from domain.messages import Kept
from domain.new_readings import Rejection
from domain.reading_rows import take_turn
from domain.vitals import MOST_READINGS_PER_CALL

log = logging.getLogger("cuore.door")

# The refusals of recording readings; a conflict is one of an entry.
STATUSES = {"FORBIDDEN": 403, "NOT_FOUND": 404, "BAD_USER_INPUT": 422, "UNAVAILABLE": 503}
_LATER = {"Retry-After": "2"}


class NothingKept(Exception):
    """A message that is kept whole or not at all, and of which an entry was refused."""

    def __init__(self, rejected: list[Rejection]) -> None:
        super().__init__()
        self.rejected = rejected


@dataclass(frozen=True)
class Outcome:
    """What became of a message: what is there of each entry, and what was refused, in the order of the entries."""

    kept: list[tuple[int, Kept]]
    rejected: list[Rejection]


class MessageDoor:
    """An ASGI app that takes one message by POST; `answer` records it, `refuse` says no in the words of the route."""

    forbidden = "Your role may not record readings."

    def __init__(
        self,
        answer: Callable[[Runtime, Actor, Any], Awaitable[Response]],
        refuse: Callable[[Refused], Response],
        media: Collection[str],
        limits: RequestLimits = LIMITS,
    ) -> None:
        self._answer = answer
        self._refuse = refuse
        self._media = media
        self._limits = limits

    async def read(self, request: Request, media: Collection[str], limits: RequestLimits) -> Any:
        """What was sent; strict JSON here."""
        return await read_json(request, media, limits, PARAMETERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._take(request)
        except Refused as refused:
            response = self._refuse(refused)
        except DomainError as refused:
            status = STATUSES[refused.code]
            later = _LATER if refused.code == "UNAVAILABLE" else None
            response = self._refuse(Refused(status, refused.sentence, refused.code, later))
        except Exception as failure:  # noqa: BLE001 - the door is where every bug must become an answer
            # The type alone: a message may quote a patient's data.
            log.error("a message failed: %s", type(failure).__name__, extra={"failure": failure})  # noqa: TRY400 - as above
            response = self._refuse(Refused(500, "Something went wrong.", "INTERNAL"))
        await response(scope, receive, send)

    async def _take(self, request: Request) -> Response:
        if request.method != "POST":
            raise Refused(405, "Use POST.", headers={"Allow": "POST"})
        runtime: Runtime = request.state.runtime
        try:
            caller = await authenticate(request, runtime, request.state.verifier)
        except Unauthenticated:
            # Flat, and before anything is read: an anonymous caller learns nothing.
            sentence = "Sign in to use this endpoint."
            raise Refused(401, sentence, "UNAUTHENTICATED", {"WWW-Authenticate": "Bearer"}) from None
        if isinstance(caller, Newcomer):
            raise Forbidden("Activate your account first.")
        if caller.role not in messages.RECORDERS:
            raise Forbidden(self.forbidden)
        sent = await self.read(request, self._media, self._limits)
        try:
            async with asyncio.timeout(self._limits.operation_seconds) as deadline:
                return await self._answer(runtime, caller, sent)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Refused(503, "The message took too long.", "UNAVAILABLE", _LATER) from None


async def record(
    runtime: Runtime,
    by: Actor,
    read: Callable[[], Message],
    parse: Callable[[Message, ZoneInfo], Parsed],
    *,
    whole: bool,
) -> Outcome:
    """Record the readings of a message in one transaction; where it is kept `whole`, all of them or none.

    Raises:
        BadInput: it is no such message, or about several patients or nobody, or too long.
        Forbidden, NotFound: its patient is none for whom `by` may record.
        NothingKept: kept whole, and something in it is refused.
    """
    try:
        message = read()
    except Unusable as unusable:
        raise BadInput(unusable.sentence) from None
    if not 1 <= len(message.entries) + len(message.refused) <= MOST_READINGS_PER_CALL:
        raise BadInput(f"A message has 1 to {MOST_READINGS_PER_CALL} entries.")
    if len(message.patients) > 1:
        raise BadInput("A message is about one patient.")
    patient_id = messages.addressee(by, next(iter(message.patients), None))
    async with runtime.unit_of_work(by) as work:
        _, zone = await take_turn(work, by, patient_id)
        parsed = parse(message, zone)
        readings = [messages.as_sent(reading, by) for _, reading in parsed.readings]
        fates = await messages.record(work, by, patient_id, readings) if readings else []
        kept, rejected = [], parsed.refused
        for (index, _), fate in zip(parsed.readings, fates, strict=True):
            if isinstance(fate, Kept):
                kept.append((index, fate))
            else:
                rejected += [Rejection(index, one.field, one.code, one.message) for one in fate]
        rejected.sort(key=lambda one: one.index)
        if whole and rejected:
            raise NothingKept(rejected)
    return Outcome(kept, rejected)
