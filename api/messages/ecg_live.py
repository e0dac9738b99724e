"""A heart as it beats: samples in at any rate, beats, rate, quality and rhythm out within a second of them.

What is told under way is that of the last half minute; what is told at the end is the analysis of all samples, the
same as of a file that holds them. Nothing is kept but that it was asked. Described at /v1/asyncapi.json.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from adapters.runtime import Runtime
from adapters.strip_formats.strip import (
    HIGHEST_RATE_HERTZ,
    LONGEST_SECONDS,
    LOWEST_RATE_HERTZ,
    SHORTEST_SECONDS,
    microvolts_of,
)
from adapters.strip_reading import read_samples
from api.feeds import (
    BAD_MESSAGE,
    BROKEN,
    FLOODING,
    INIT_TIMEOUT,
    TOKEN_EXPIRED,
    TRY_AGAIN,
    UNAUTHORIZED,
    Close,
)
from api.identity import Unauthenticated, sign_in_any
from api.json_body import Refused, RequestLimits, strict_json
from api.messages.ecg import analyse
from api.messages.strip_json import analysis_json
from domain import messages
from domain.access import Actor, Newcomer
from domain.errors import Unavailable

log = logging.getLogger("cuore.door")

PATH = "/v1/ecg/live"
DONE, TOO_MUCH = 1000, 1009
# What is told is at most so old; the last half second may still change, because a beat needs what follows it.
EVERY_SECONDS = 0.5
WINDOW_SECONDS = 30.0
SETTLED_SECONDS = 0.5


@dataclass(frozen=True)
class LiveLimits:
    """What one socket may cost."""

    init_seconds: float = 5.0
    idle_seconds: float = 30.0
    send_seconds: float = 10.0
    session_seconds: float = 900.0
    messages_a_second: int = 100


@dataclass
class _Signal:
    """What came so far, in microvolts."""

    rate_hertz: float
    microvolts: float
    parts: list[NDArray[np.float64]] = field(default_factory=list)
    count: int = 0

    @property
    def seconds(self) -> float:
        return self.count / self.rate_hertz

    def add(self, values: object) -> None:
        if not isinstance(values, list) or not values or not set(map(type, values)) <= {int, float}:
            raise Close(BAD_MESSAGE, "values must be a list of numbers.")
        with np.errstate(over="ignore"):  # an overflow is refused by the analysis
            part = np.array(values, dtype=np.float64) * self.microvolts
        self.parts.append(part)
        self.count += len(part)
        if self.seconds > LONGEST_SECONDS:
            raise Close(TOO_MUCH, f"A recording may be {LONGEST_SECONDS:.0f} s long.")

    def last(self, seconds: float) -> tuple[float, NDArray[np.float64]]:
        """Where the last so many seconds begin, and their samples."""
        whole = np.concatenate(self.parts)
        self.parts = [whole]
        first = max(0, len(whole) - round(seconds * self.rate_hertz))
        return first / self.rate_hertz, whole[first:]


class LiveDoor:
    """An ASGI app for WebSockets, one recording each."""

    def __init__(self, limits: LiveLimits | None = None) -> None:
        self._limits = limits or LiveLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await _Recording(socket, self._limits).run()


class _Recording:
    """One socket from its acceptance to its end."""

    def __init__(self, socket: WebSocket, limits: LiveLimits) -> None:
        self._socket = socket
        self._limits = limits
        self._json = RequestLimits()
        self._runtime: Runtime = socket.state.runtime
        self._more = asyncio.Event()
        self._is_over = False
        self._second_began, self._messages_of_second = 0.0, 0

    async def run(self) -> None:
        """Serve the socket until either side ends it; no task outlives it."""
        try:
            await self._serve()
        except Close as close:
            await self._close(close.code, close.reason)
        except WebSocketDisconnect:
            pass
        except Unavailable as away:
            await self._close(TRY_AGAIN, away.sentence)
        except Exception as failure:  # noqa: BLE001 - the door is where every bug must become an answer
            # The type alone: a message may quote a patient's data.
            log.error("a live strip failed: %s", type(failure).__name__, extra={"failure": failure})  # noqa: TRY400 - as above
            await self._close(BROKEN, "Something went wrong on our side.")

    async def _close(self, code: int, reason: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(self._limits.send_seconds):
                await self._socket.close(code, reason)

    async def _serve(self) -> None:
        by, seconds_left = await self._sign_in()
        await self._send({"type": "connection_ack"})
        signal = await self._start()
        async with self._runtime.unit_of_work(by) as work:
            work.audit("analyseEcgLive", patient_id=by.patient_id)
        receiving = asyncio.create_task(self._receive_all(signal))
        telling = asyncio.create_task(self._tell(signal))
        try:
            await asyncio.wait({receiving, telling}, timeout=seconds_left, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
            if not receiving.done():
                raise Close(TOKEN_EXPIRED, "The token has expired, or the socket was open for long enough.")
            receiving.result()
            # What is being analysed is told before the end.
            self._is_over = True
            self._more.set()
            await telling
        finally:
            for task in (receiving, telling):
                task.cancel()
            await asyncio.gather(receiving, telling, return_exceptions=True)
        await self._finish(signal)

    async def _sign_in(self) -> tuple[Actor, float]:
        message = await self._receive(self._limits.init_seconds)
        payload = message.get("payload")
        header = payload.get("Authorization", payload.get("authorization")) if isinstance(payload, dict) else None
        scheme, _, token = header.partition(" ") if isinstance(header, str) else ("", "", "")
        if message["type"] != "connection_init" or scheme.lower() != "bearer":
            raise Close(UNAUTHORIZED, "Unauthorized")
        try:
            caller, expires_at = await sign_in_any(self._runtime, self._socket.state.verifier, token.strip())
        except Unauthenticated:
            raise Close(UNAUTHORIZED, "Unauthorized") from None
        if isinstance(caller, Newcomer) or caller.role not in messages.RECORDERS:
            raise Close(UNAUTHORIZED, "Your role may not have strips analysed.")
        left = (expires_at - self._runtime.now()).total_seconds() if expires_at else self._limits.session_seconds
        return caller, min(left, self._limits.session_seconds)

    async def _start(self) -> _Signal:
        message = await self._receive(self._limits.idle_seconds)
        rate, unit = message.get("sampleRateHertz"), message.get("unit")
        if message["type"] != "start" or isinstance(rate, bool) or not isinstance(rate, int | float):
            raise Close(BAD_MESSAGE, "First say start with sampleRateHertz and unit.")
        if not LOWEST_RATE_HERTZ <= rate <= HIGHEST_RATE_HERTZ:
            raise Close(BAD_MESSAGE, f"sampleRateHertz: {LOWEST_RATE_HERTZ:.0f} to {HIGHEST_RATE_HERTZ:.0f}.")
        microvolts = microvolts_of(unit) if isinstance(unit, str) else None
        if microvolts is None:
            raise Close(BAD_MESSAGE, "unit: uV, mV or V.")
        return _Signal(float(rate), microvolts)

    async def _receive_all(self, signal: _Signal) -> None:
        while True:
            message = await self._receive(self._limits.idle_seconds)
            match message["type"]:
                case "samples":
                    signal.add(message.get("values"))
                    self._more.set()
                case "end":
                    return
                case "ping":
                    await self._send({"type": "pong"})
                case _:
                    raise Close(BAD_MESSAGE, "This type of message is not known.")

    async def _tell(self, signal: _Signal) -> None:
        """One update after the other: whoever sends or reads faster or slower only changes how far they are apart."""
        told, told_beats = 0.0, 0.0
        with contextlib.suppress(Unavailable, Refused):
            # A process that has loaded what it needs by the time the first second is there.
            await analyse(read_samples, np.zeros(round(signal.rate_hertz)), signal.rate_hertz)
        while not self._is_over:
            await self._more.wait()
            self._more.clear()
            now = signal.seconds
            if now < SHORTEST_SECONDS or now - told < EVERY_SECONDS:
                continue
            began, samples = signal.last(WINDOW_SECONDS)
            try:
                _, found = await analyse(read_samples, samples, signal.rate_hertz)
            except Unavailable:
                continue  # others are served first; the next samples ask again
            except Refused as refused:
                raise Close(BAD_MESSAGE, refused.message) from None
            settled = now - SETTLED_SECONDS
            whole = analysis_json(found)
            beats = [
                (round(began + second, 4), kind)
                for second, kind in zip(found.beat_seconds, found.beat_kinds, strict=True)
                if told_beats < began + second <= settled
            ]
            told, told_beats = now, max(settled, told_beats)
            await self._send(
                {
                    "type": "update",
                    "seconds": round(now, 3),
                    "beats": {"seconds": [second for second, _ in beats], "kinds": [kind for _, kind in beats]},
                    **{name: whole[name] for name in ("heartRate", "quality", "rhythm")},
                }
            )

    async def _finish(self, signal: _Signal) -> None:
        if not signal.count:
            raise Close(BAD_MESSAGE, "No samples came.")
        _, samples = signal.last(LONGEST_SECONDS)
        try:
            _, found = await analyse(read_samples, samples, signal.rate_hertz)
        except Refused as refused:
            raise Close(BAD_MESSAGE, refused.message) from None
        await self._send({"type": "result", **analysis_json(found)})
        raise Close(DONE, "")

    def _count_message(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._second_began >= 1:
            self._second_began, self._messages_of_second = now, 0
        self._messages_of_second += 1
        if self._messages_of_second > self._limits.messages_a_second:
            raise Close(FLOODING, "Too many messages in a second.")

    async def _receive(self, patience_seconds: float) -> dict[str, Any]:
        # A message that waits already is taken without a pause, so a flood of them would let nobody else in.
        self._count_message()
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(patience_seconds):
                text = await self._socket.receive_text()
        except TimeoutError:
            raise Close(INIT_TIMEOUT, "Nothing came for too long.") from None
        except KeyError:
            raise Close(BAD_MESSAGE, "Send text, not bytes.") from None
        try:
            message = strict_json(text.encode("utf-8", "surrogatepass"), self._json)
        except Refused:
            raise Close(BAD_MESSAGE, "Send JSON objects.") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Close(BAD_MESSAGE, "Send JSON objects with a type.")
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._socket.send_text(orjson.dumps(message).decode())
        except TimeoutError:
            raise Close(TRY_AGAIN, "The messages are not read fast enough.") from None


live = LiveDoor()
