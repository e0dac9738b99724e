"""A real server on loopback and a client that speaks graphql-transport-ws, word for word."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dev.services import free_port

PATIENCE_SECONDS = 20


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The ws:// address of an app that a real server answers."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="critical"))
    # `serve` would take over the signals of the test run.
    serving = asyncio.create_task(server._serve())
    while not server.started:
        assert not serving.done()
        await asyncio.sleep(0.01)
    try:
        yield f"ws://127.0.0.1:{port}/graphql"
    finally:
        server.should_exit = True
        await serving


class Phone:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        await self.socket.send(orjson.dumps(message).decode())

    async def receive(self) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return orjson.loads(await self.socket.recv())

    async def sign_in(self, token: str) -> None:
        await self.send(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, this: str, query: str, **variables: Any) -> None:
        await self.send(type="subscribe", id=this, payload={"query": query, "variables": variables})

    async def refusal(self, this: str) -> tuple[str, str]:
        """The code and the sentence with which an operation ends."""
        answer = await self.receive()
        assert (answer["type"], answer["id"], len(answer["payload"])) == ("error", this, 1)
        error = answer["payload"][0]
        return error["extensions"]["code"], error["message"]

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server ends the socket."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    await self.socket.recv()
        code, reason = self.socket.close_code, self.socket.close_reason
        assert code is not None
        assert reason is not None
        return code, reason


@asynccontextmanager
async def phone(address: str, *, protocol: str = "graphql-transport-ws", **options: Any) -> AsyncIterator[Phone]:
    """A fresh socket."""
    async with connect(address, subprotocols=[Subprotocol(protocol)], **options) as socket:
        yield Phone(socket)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)
