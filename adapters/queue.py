"""arq behind one small port: ids of outbox items, JSON, nothing personal."""

import time
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

import orjson
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms
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

    async def nudge(self, items: Sequence[tuple[UUID, int]], *, announce: bool = False) -> None:
        """Queue the items in one round trip, which also tells of new events if there are any."""
        # The attempt in the job's id keeps one nudge an attempt in the queue.
        jobs = {f"ob:{item_id}:{attempts}": str(item_id) for item_id, attempts in items}
        taken = await self._enqueue(jobs, announce=announce)
        # A worker took these nudges and has not claimed the items. It may be dead, and its mark would hide the nudge
        # for a minute; if it lives, its claim makes this one do nothing.
        if taken:
            await self._enqueue({f"{job}:{uuid4().hex}": jobs[job] for job in taken})

    async def announce(self) -> None:
        """Tell every web process that there are new events to read."""
        await self._enqueue({}, announce=True)

    async def _enqueue(self, jobs: Mapping[str, str], *, announce: bool = False) -> Sequence[str]:
        """Write jobs as arq's `enqueue_job` does, which takes five round trips for each; those that a worker has."""
        if time.monotonic() < self._paused_until:
            return ()
        now = timestamp_ms()
        pipe = self._client.pipeline(transaction=False)
        for job, item_id in jobs.items():
            pipe.exists(in_progress_key_prefix + job)
            content = serialize_job(FUNCTION, (item_id,), {}, None, now, serializer=self._client.job_serializer)
            # A job must be there before the queue names it.
            pipe.set(job_key_prefix + job, content, nx=True, px=self._client.expires_extra_ms)
            pipe.zadd(self._client.default_queue_name, {job: now}, nx=True)
        if announce:
            pipe.publish(EVENTS_CHANNEL, b"")
        try:
            answers = await pipe.execute()
        except (RedisError, OSError):
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            return ()
        return [job for job, is_taken in zip(jobs, answers[::3], strict=False) if is_taken]
