"""The relay: nudges what is due, or whose nudge or worker was lost."""

import asyncio
import logging

import asyncpg

from adapters.runtime import Runtime
from domain import outbox

log = logging.getLogger("cuore.relay")
EVERY_SECONDS = 1.0


async def relay(runtime: Runtime) -> None:
    """Run for ever; a database that is away is waited for."""
    while True:
        try:
            async with runtime.pool.acquire() as connection, connection.transaction():
                items = await outbox.due(connection, runtime.now())
            if items:
                await runtime.queue.nudge(items)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
            log.warning("the relay waits: %s", type(away).__name__)
        await asyncio.sleep(EVERY_SECONDS)
