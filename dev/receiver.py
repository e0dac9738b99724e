"""What takes pushes and webhooks on loopback, for tests and benches."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dev.supervisor import ServiceFailed


@dataclass(frozen=True)
class Taken:
    """One request as it came; `topic` is a push's and `message_id` a webhook's."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """By what the same message is known again."""
        return self.headers.get("topic") or self.headers["webhook-id"]


class Receiver:
    """Takes every POST with 201, unless `answers` has statuses for its path: these are given one after the other.

    `answers_after_seconds` lies between taking a request and saying so.
    """

    def __init__(self, port: int, *, answers_after_seconds: float = 0.0) -> None:
        self.taken: list[Taken] = []
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._answers_after_seconds = answers_after_seconds
        app = Starlette(routes=[Route("/{name:path}", self._take, methods=["POST"])])
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="critical", lifespan="off", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        waiting = self.answers.get(request.url.path)
        if waiting:
            status, headers = waiting.pop(0)
            return Response(status_code=status, headers=headers)
        self.taken.append(Taken(request.url.path, dict(request.headers), body))
        await asyncio.sleep(self._answers_after_seconds)
        return Response(status_code=201)

    def start(self) -> None:
        """Start, and wait until it answers.

        Raises:
            ServiceFailed: its port is taken.
        """
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise ServiceFailed(f"The receiver did not start; port {self._port} is probably taken.")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop, and wait."""
        self._server.should_exit = True
        self._thread.join(5)

    def _run(self) -> None:
        # Uvicorn leaves a thread by SystemExit when it cannot bind; `start` tells it in a sentence.
        with contextlib.suppress(SystemExit):
            self._server.run()
