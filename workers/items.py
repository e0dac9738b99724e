"""One outbox item from claim to effect."""

import asyncio
import contextlib
import logging
from uuid import UUID

from adapters.runtime import Runtime
from domain import outbox
from domain.errors import Unavailable
from domain.kinds import WorkKind
from workers import strips, vitals
from workers.effects import Effect

log = logging.getLogger("cuore.workers")

HANDLERS = {WorkKind.ANALYSE_VITALS: vitals.analyse, WorkKind.ANALYSE_STRIP: strips.analyse}


async def do_item(runtime: Runtime, item_id: UUID) -> None:
    """Claim the item, prepare its effect outside any transaction, then write effect and end in one."""
    async with runtime.pool.acquire() as connection:
        held = await outbox.claim(connection, item_id, runtime.now())
    if held is None:
        return
    heartbeat = asyncio.create_task(_keep(runtime, held))
    try:
        effect: Effect = await HANDLERS[held.kind](runtime, held.subject_id)
        async with runtime.unit_of_work() as work:
            if await outbox.finish(work.connection, held, work.at):
                await effect(work)
    except Exception as failure:  # noqa: BLE001 - any failure gives the item back
        weather = isinstance(failure, Unavailable)
        async with runtime.pool.acquire() as connection:
            await outbox.give_back(connection, held, runtime.now(), type(failure).__name__, weather=weather)
        # The type alone: a message may quote a row.
        log.warning("item %s attempt %s: %s", item_id, held.attempt, type(failure).__name__)
    finally:
        heartbeat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await heartbeat


async def _keep(runtime: Runtime, held: outbox.Claim) -> None:
    while True:
        await asyncio.sleep(outbox.HEARTBEAT.total_seconds())
        async with runtime.pool.acquire() as connection:
            await outbox.keep(connection, held, runtime.now())
