"""Feeds as server-sent events: one POST, one subscription, a line now and then while nothing happens.

Protocol: the distinct connections mode of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. Each event
has its cursor as the id, so a client that comes back says with Last-Event-ID what it has seen last.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.feeds import FeedLimits, SignedIn
from api.graphql_http import or_refusal, stranger
from api.graphql_request import answer_type
from api.json_body import PLAIN_JSON, RequestLimits, read_json
from api.subscriptions import Answer, NotFollowed, Subscription, Subscriptions, refusal
from domain.errors import Unavailable

logger = logging.getLogger("cuore.door")

EVENT_STREAM = "text/event-stream"
# Proxies give up what is silent for half a minute or a minute.
HEARTBEAT_SECONDS = 12.0
_HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    # nginx would otherwise hold events back until it has a page of them.
    (b"x-accel-buffering", b"no"),
]


class _TooSlow(Exception):
    """The reader did not take a piece in time."""


class EventStreams:
    """An ASGI app for subscriptions by POST; `sign_in` knows the caller of a request or raises `unauthenticated`."""

    def __init__(
        self,
        *,
        subscriptions: Subscriptions,
        sign_in: Callable[[Request], Awaitable[SignedIn]],
        open_context: Callable[[Request, object], AbstractAsyncContextManager[object]],
        unauthenticated: type[Exception],
        limits: FeedLimits | None = None,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.subscriptions = subscriptions
        self.open_context = open_context
        self.limits = limits or FeedLimits()
        self.heartbeat_seconds = heartbeat_seconds
        self._sign_in = sign_in
        self._unauthenticated = unauthenticated
        self._request_limits = RequestLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await or_refusal(self._begin(Request(scope, receive)), PLAIN_JSON)
        await response(scope, receive, send)

    async def _begin(self, request: Request) -> ASGIApp:
        try:
            signed_in = await self._sign_in(request)
        except self._unauthenticated:
            raise stranger() from None
        sent = await read_json(request, [PLAIN_JSON], self._request_limits)
        try:
            subscription = self.subscriptions.read(sent)
        except NotFollowed as refused:
            return _Stream(self, request, signed_in, refused)
        return _Stream(self, request, signed_in, subscription)


class ByAccept:
    """An app that gives those who accept nothing but an event stream to `streams`, and the others to `endpoint`."""

    def __init__(self, streams: EventStreams, endpoint: ASGIApp) -> None:
        self._streams = streams
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accept = Headers(scope=scope).get("accept", "")
        is_stream = scope["method"] == "POST" and EVENT_STREAM in accept.lower() and answer_type(accept) is None
        await (self._streams if is_stream else self._endpoint)(scope, receive, send)


class _Stream:
    """One stream from its first line to its last."""

    def __init__(
        self, streams: EventStreams, request: Request, signed_in: SignedIn, subscription: Subscription | NotFollowed
    ) -> None:
        self._streams = streams
        self._request = request
        self._signed_in = signed_in
        self._subscription = subscription

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        self._asgi_send = send
        try:
            await self._serve(receive)
        except asyncio.CancelledError:
            # The process ends, and the stream with it: without `complete`, so that its client comes back.
            logger.info("a stream ends with its process")
        except _TooSlow:
            # Cut off: the response stays unfinished, and the server closes the connection.
            return
        await send({"type": "http.response.body"})

    async def _serve(self, receive: Receive) -> None:
        subscription = self._subscription
        refused = subscription if isinstance(subscription, NotFollowed) else await self._follow(subscription, receive)
        if refused is not None:
            await self._tell("next", {"errors": refused.errors})
        await self._tell("complete")

    async def _follow(self, subscription: Subscription, receive: Receive) -> NotFollowed | None:
        streams = self._streams
        try:
            async with (
                streams.open_context(self._request, self._signed_in.caller) as context,
                aclosing(streams.subscriptions.follow(subscription, context)) as answers,
            ):
                return await self._pass_on(answers, receive)
        except _TooSlow:
            raise
        except Unavailable as away:
            return refusal(away.sentence, away.code)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the stream must end with a code
            # The type alone: a message may quote a patient's data.
            logger.error("a feed failed: %s", type(failure).__name__, extra={"failure": failure})  # noqa: TRY400 - as above
            return refusal("Something went wrong on our side.", "INTERNAL")

    async def _pass_on(self, answers: AsyncGenerator[Answer], receive: Receive) -> NotFollowed | None:
        """Send each answer until one side ends; what it ended with, if with a refusal."""
        loop = asyncio.get_running_loop()
        expires_at = loop.time() + self._signed_in.seconds_left
        gone = asyncio.create_task(_until_gone(receive))
        coming = asyncio.create_task(_next(answers))
        try:
            while True:
                left = expires_at - loop.time()
                if left <= 0:
                    return refusal("The token has expired.", "UNAUTHENTICATED")
                patience = min(left, self._streams.heartbeat_seconds)
                await asyncio.wait({gone, coming}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return None
                if not coming.done():
                    if patience < left:
                        await self._send(":\n\n")
                    continue
                answer = coming.result()
                if answer is None:
                    return None
                coming = asyncio.create_task(_next(answers))
                await self._tell_answer(answer)
        except NotFollowed as refused:
            return refused
        finally:
            gone.cancel()
            coming.cancel()
            await asyncio.gather(gone, coming, return_exceptions=True)

    async def _tell_answer(self, answer: Answer) -> None:
        name = f"id: {answer.cursor}\n" if answer.cursor else ""
        await self._send(f"{name}event: next\ndata: {answer.text}\n\n")

    async def _tell(self, event: str, data: Mapping[str, Any] | None = None) -> None:
        await self._send(f"event: {event}\ndata: {orjson.dumps(data).decode() if data else ''}\n\n")

    async def _send(self, text: str) -> None:
        piece = {"type": "http.response.body", "body": text.encode(), "more_body": True}
        try:
            async with asyncio.timeout(self._streams.limits.send_seconds):
                await self._asgi_send(piece)
        except TimeoutError:
            raise _TooSlow from None


async def _next(answers: AsyncGenerator[Answer]) -> Answer | None:
    return await anext(answers, None)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
