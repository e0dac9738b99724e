"""Feeds over graphql-transport-ws: one socket, one caller, a few operations, an end at the token's expiry.

Protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Not Strawberry's own handler: it shares one
context among all operations of a socket, waits for a slow reader without end, and knows no budget.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.json_body import Refused, RequestLimits, strict_json
from api.subscriptions import NotFollowed, Subscription, Subscriptions, refusal
from domain.errors import Unavailable

logger = logging.getLogger("cuore.door")

PROTOCOL = "graphql-transport-ws"
# The protocol's own codes; graphql-ws clients give up after 4401 and come back with a new token after 4403.
BAD_MESSAGE, UNAUTHORIZED, TOKEN_EXPIRED, INIT_TIMEOUT = 4400, 4401, 4403, 4408
ID_TAKEN, TOO_MANY_INITS = 4409, 4429
# RFC 6455: the reader is too slow, something broke on our side, or the client floods.
TRY_AGAIN, BROKEN, FLOODING = 1013, 1011, 1008
LONGEST_ID = 100


@dataclass(frozen=True)
class FeedLimits:
    """What one socket may cost."""

    init_seconds: float = 5.0
    send_seconds: float = 10.0
    operations: int = 10
    messages_a_second: int = 30


@dataclass(frozen=True)
class SignedIn:
    """Whoever the token of connection_init speaks for, and until when."""

    caller: object
    seconds_left: float


class Close(Exception):
    """Ends the socket with a code of the protocol and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Feeds:
    """An ASGI app for WebSockets; `sign_in` turns a token into a caller or raises `unauthenticated`."""

    def __init__(
        self,
        *,
        subscriptions: Subscriptions,
        sign_in: Callable[[WebSocket, str], Awaitable[SignedIn]],
        open_context: Callable[[WebSocket, object], AbstractAsyncContextManager[object]],
        unauthenticated: type[Exception],
        limits: FeedLimits | None = None,
        request_limits: RequestLimits | None = None,
    ) -> None:
        self.subscriptions = subscriptions
        self.sign_in = sign_in
        self.open_context = open_context
        self.unauthenticated = unauthenticated
        self.limits = limits or FeedLimits()
        self.request_limits = request_limits or RequestLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if PROTOCOL not in scope["subprotocols"]:
            # Before it is accepted, this answers the handshake with 403.
            await socket.close()
            return
        await socket.accept(subprotocol=PROTOCOL)
        await _Connection(self, socket).run()


class _Connection:
    """One socket from its acceptance to its end."""

    def __init__(self, feeds: Feeds, socket: WebSocket) -> None:
        self._feeds = feeds
        self._socket = socket
        self._sending = asyncio.Lock()
        self._operations: dict[str, asyncio.Task[None]] = {}
        # Also those that were cancelled and are still giving back what they held.
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._second_began = 0.0
        self._messages_of_second = 0

    async def run(self) -> None:
        """Serve the socket until either side ends it; no task outlives it."""
        try:
            await self._serve()
        except Close as close:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
                async with asyncio.timeout(self._feeds.limits.send_seconds):
                    await self._socket.close(close.code, close.reason)
        except WebSocketDisconnect:
            pass
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self) -> None:
        signed_in = await self._initialise()
        await self._send({"type": "connection_ack"})
        receiving = asyncio.create_task(self._receive_all(signed_in.caller))
        try:
            await asyncio.wait(
                {receiving, self._ending}, timeout=signed_in.seconds_left, return_when=asyncio.FIRST_COMPLETED
            )
            if self._ending.done():
                self._ending.result()
            if receiving.done():
                receiving.result()
            raise Close(TOKEN_EXPIRED, "The token has expired.")
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _initialise(self) -> SignedIn:
        try:
            async with asyncio.timeout(self._feeds.limits.init_seconds):
                message = await self._receive()
                while message["type"] == "ping":
                    await self._send({"type": "pong"})
                    message = await self._receive()
        except TimeoutError:
            raise Close(INIT_TIMEOUT, "Connection initialisation timeout") from None
        if message["type"] != "connection_init":
            raise Close(UNAUTHORIZED, "Unauthorized")
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            raise Close(BAD_MESSAGE, "The payload of connection_init must be an object.")
        header = payload.get("Authorization", payload.get("authorization"))
        scheme, _, token = header.partition(" ") if isinstance(header, str) else ("", "", "")
        if scheme.lower() != "bearer":
            raise Close(UNAUTHORIZED, "Unauthorized")
        try:
            return await self._feeds.sign_in(self._socket, token.strip())
        except self._feeds.unauthenticated:
            raise Close(UNAUTHORIZED, "Unauthorized") from None
        except Unavailable as away:
            raise Close(TRY_AGAIN, away.sentence) from None

    async def _receive_all(self, caller: object) -> None:
        while True:
            message = await self._receive()
            match message["type"]:
                case "ping":
                    await self._send({"type": "pong"})
                case "pong":
                    pass
                case "complete":
                    self._forget(_id_of(message), cancel=True)
                case "subscribe":
                    await self._subscribe(message, caller)
                case "connection_init":
                    raise Close(TOO_MANY_INITS, "Too many initialisation requests")
                case _:
                    raise Close(BAD_MESSAGE, "This type of message is not known.")

    def _count_message(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._second_began >= 1:
            self._second_began, self._messages_of_second = now, 0
        self._messages_of_second += 1
        if self._messages_of_second > self._feeds.limits.messages_a_second:
            raise Close(FLOODING, "Too many messages in a second.")

    async def _receive(self) -> dict[str, Any]:
        # A message that waits already is taken without a pause, so a flood of them would let nobody else in.
        self._count_message()
        await asyncio.sleep(0)
        try:
            text = await self._socket.receive_text()
        except KeyError:
            raise Close(BAD_MESSAGE, "Send text, not bytes.") from None
        try:
            message = strict_json(text.encode("utf-8", "surrogatepass"), self._feeds.request_limits)
        except Refused as refused:
            raise Close(BAD_MESSAGE, refused.message) from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Close(BAD_MESSAGE, "A message must be an object with a type.")
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message).decode())

    async def _send_text(self, text: str) -> None:
        try:
            async with self._sending, asyncio.timeout(self._feeds.limits.send_seconds):
                await self._socket.send_text(text)
        except TimeoutError:
            raise Close(TRY_AGAIN, "The messages are not read fast enough.") from None

    async def _subscribe(self, message: dict[str, Any], caller: object) -> None:
        this = _id_of(message)
        if this in self._operations:
            raise Close(ID_TAKEN, f"Subscriber for {this} already exists")
        try:
            if len(self._operations) >= self._feeds.limits.operations:
                raise refusal(f"A socket may have {self._feeds.limits.operations} operations.", "RATE_LIMITED")
            subscription = self._feeds.subscriptions.read(message.get("payload"))
        except NotFollowed as refused:
            await self._refuse(this, refused)
            return
        task = asyncio.create_task(self._operate(this, subscription, caller))
        self._operations[this] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refuse(self, this: str, refused: NotFollowed) -> None:
        await self._send({"id": this, "type": "error", "payload": refused.errors})

    def _forget(self, this: str, *, cancel: bool = False) -> None:
        task = self._operations.pop(this, None)
        if task is not None and cancel:
            task.cancel()

    async def _operate(self, this: str, subscription: Subscription, caller: object) -> None:
        """Send the answers of one operation; what breaks the socket is told to `_serve`."""
        try:
            async with self._feeds.open_context(self._socket, caller) as context:
                await self._pass_on(this, subscription, context)
        except asyncio.CancelledError:
            raise
        except Exception as failure:  # noqa: BLE001 - whatever it is, the socket must end with a code
            if not self._ending.done():
                self._ending.set_exception(_as_close(failure))

    async def _pass_on(self, this: str, subscription: Subscription, context: object) -> None:
        begin = f'{{"id":{orjson.dumps(this).decode()},"type":"next","payload":'
        try:
            async with aclosing(self._feeds.subscriptions.follow(subscription, context)) as answers:
                async for answer in answers:
                    await self._send_text(f"{begin}{answer.text}}}")
        except NotFollowed as refused:
            # An id is free again before its end is told.
            self._forget(this)
            await self._refuse(this, refused)
        else:
            self._forget(this)
            await self._send({"id": this, "type": "complete"})


def _as_close(failure: Exception) -> Exception:
    if isinstance(failure, Close | WebSocketDisconnect):
        return failure
    if isinstance(failure, Unavailable):
        return Close(TRY_AGAIN, failure.sentence)
    # The type alone: a message may quote a patient's data.
    logger.error("a feed failed: %s", type(failure).__name__, extra={"failure": failure})
    return Close(BROKEN, "Something went wrong on our side.")


def _id_of(message: dict[str, Any]) -> str:
    this = message.get("id")
    if not isinstance(this, str) or not 0 < len(this) <= LONGEST_ID:
        raise Close(BAD_MESSAGE, f"A message about an operation must have an id of 1 to {LONGEST_ID} characters.")
    return this
