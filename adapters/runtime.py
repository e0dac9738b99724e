"""`open_runtime` is the only place that builds things; web, worker, dev and tests all use it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from adapters.channels.opened import Messengers, make_messengers
from adapters.chart_store import StoredCharts
from adapters.database import close_database, open_database
from adapters.event_bell import listen
from adapters.event_hub import EventHub
from adapters.object_store import S3ObjectStore
from adapters.queue import ArqQueue, open_queue_client
from adapters.settings import Settings
from adapters.strip_signals import StoredSignals
from adapters.video_jitsi import JitsiRooms, jitsi_rooms
from domain.access import Actor
from domain.unit_of_work import UnitOfWork, reading, unit_of_work


@dataclass(frozen=True)
class Runtime:
    """What a process works with."""

    settings: Settings
    pool: asyncpg.Pool
    store: S3ObjectStore
    queue: ArqQueue
    charts: StoredCharts
    signals: StoredSignals
    messengers: Messengers
    video: JitsiRooms | None
    events: EventHub

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def unit_of_work(self, by: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]:
        """A transaction by `by`, now."""
        return unit_of_work(self.pool, at=self.now(), by=by, queue=self.queue)

    def reading(self, by: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]:
        """Reads by `by`, now."""
        return reading(self.pool, at=self.now(), by=by)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open every connection, and close them all at the end."""
    client = await open_database(settings.database_url)
    redis = open_queue_client(settings.valkey_url)
    store = S3ObjectStore(settings.s3_endpoint, settings.s3_access_key, settings.s3_secret_key, settings.s3_bucket)
    messengers = make_messengers(settings)
    try:
        pool = client._pool  # noqa: SLF001 - Tortoise lends its pool; it has no public name for it
        assert pool is not None
        yield Runtime(
            settings,
            pool,
            store,
            ArqQueue(redis),
            StoredCharts(store),
            StoredSignals(store),
            messengers,
            jitsi_rooms(settings),
            EventHub(pool, lambda: datetime.now(UTC), lambda ring: listen(settings.valkey_url, ring)),
        )
    finally:
        await messengers.close()
        store.close()
        await redis.aclose(close_connection_pool=True)
        await close_database()
