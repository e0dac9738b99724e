"""arq behind one small port: ids of outbox items, JSON, nothing personal."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from arq.connections import ArqRedis, RedisSettings
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

EVENTS_CHANNEL = "cuore:events"
FUNCTION = "do_item"


def redis_settings(valkey_url: str) -> RedisSettings:
    """Arq's connection settings for a redis:// or rediss:// URL."""
    settings = RedisSettings.from_dsn(valkey_url)
    settings.conn_retries = 1
    settings.conn_timeout = 2
    return settings


def open_queue_client(valkey_url: str) -> ArqRedis:
    """A client that connects when it is first used."""
    pool = ConnectionPool.from_url(valkey_url, socket_connect_timeout=2, socket_timeout=5)
    return ArqRedis(pool, job_serializer=orjson.dumps, job_deserializer=orjson.loads)


class ArqQueue:
    """`domain.ports.Queue`: a nudge that gets lost is made up by the relay."""

    def __init__(self, client: ArqRedis) -> None:
        self._client = client

    async def nudge(self, items: Sequence[tuple[UUID, int]]) -> None:
        """Queue the items; the attempt in the job's id keeps one nudge an attempt in the queue."""
        try:
            for item_id, attempts in items:
                await self._client.enqueue_job(FUNCTION, str(item_id), _job_id=f"ob:{item_id}:{attempts}")
        except (RedisError, OSError):
            return

    async def announce(self) -> None:
        """Tell every web process that there are new events to read."""
        try:
            await self._client.publish(EVENTS_CHANNEL, b"")
        except (RedisError, OSError):
            return
