"""The relay: nudges what is due, or whose nudge or worker was lost."""

import asyncio
import logging

import asyncpg

from adapters.runtime import Runtime
from domain import outbox
from domain.errors import Unavailable
from domain.unit_of_work import lone_connection

log = logging.getLogger("cuore.relay")
EVERY_SECONDS = 1.0


async def relay(runtime: Runtime) -> None:
    """Run for ever; a database that is away is waited for."""
    while True:
        try:
            async with lone_connection(runtime.pool) as connection:
                items = await outbox.due(connection, runtime.now())
        except (Unavailable, asyncpg.PostgresError) as away:
            log.warning("the relay waits: %s", type(away).__name__)
        else:
            await runtime.queue.nudge(items)
        await asyncio.sleep(EVERY_SECONDS)
