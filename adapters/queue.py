"""arq behind one small port: ids of outbox items, JSON, nothing personal."""

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID, uuid4

import orjson
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

EVENTS_CHANNEL = "cuore:events"
FUNCTION = "do_item"
# Who nudges has committed already, and the relay makes up for what is lost: so nobody waits long for Valkey …
PATIENCE_SECONDS = 0.3
# … and after one failure nobody waits at all for a while.
PAUSE_SECONDS = 2.0


def open_queue_client(valkey_url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> ArqRedis:
    """A client for a redis:// or rediss:// URL that connects when it is first used; it waits so long for an answer."""
    pool = ConnectionPool.from_url(valkey_url, socket_connect_timeout=patience_seconds, socket_timeout=patience_seconds)
    return ArqRedis(pool, job_serializer=orjson.dumps, job_deserializer=orjson.loads)


class ArqQueue:
    """`domain.ports.Queue`: a nudge that gets lost is made up by the relay."""

    def __init__(self, client: ArqRedis) -> None:
        self._client = client
        self._paused_until = 0.0

    async def nudge(self, items: Sequence[tuple[UUID, int]]) -> None:
        """Queue the items, up to the first that does not get through."""
        for item_id, attempts in items:
            if not await self._sent(partial(self._enqueue, item_id, attempts)):
                return

    async def announce(self) -> None:
        """Tell every web process that there are new events to read."""
        await self._sent(partial(self._client.publish, EVENTS_CHANNEL, b""))

    async def _enqueue(self, item_id: UUID, attempts: int) -> None:
        # The attempt in the job's id keeps one nudge an attempt in the queue.
        job_id = f"ob:{item_id}:{attempts}"
        if await self._client.exists(in_progress_key_prefix + job_id):
            # A worker took this nudge and has not claimed the item. It may be dead, and its mark would hide the
            # nudge for a minute; if it lives, its claim makes this one do nothing.
            job_id += f":{uuid4().hex}"
        await self._client.enqueue_job(FUNCTION, str(item_id), _job_id=job_id)

    async def _sent(self, send: Callable[[], Awaitable[object]]) -> bool:
        """Whether Valkey took it."""
        if time.monotonic() < self._paused_until:
            return False
        try:
            await send()
        except (RedisError, OSError):
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            return False
        return True
