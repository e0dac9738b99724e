"""One outbox item from claim to effect."""

import asyncio
import contextlib
import logging
from uuid import UUID

from adapters.runtime import Runtime
from domain import outbox
from domain.errors import Unavailable
from domain.kinds import WorkKind
from domain.unit_of_work import lone_connection
from workers import reanalyses, strips, vitals
from workers.effects import Effect
from workers.ending import end

log = logging.getLogger("cuore.workers")

HANDLERS = {
    WorkKind.ANALYSE_VITALS: vitals.analyse,
    WorkKind.ANALYSE_STRIP: strips.analyse,
    WorkKind.FORGET_STRIP_ORIGINAL: strips.forget_original,
    WorkKind.REANALYSE_VITALS: reanalyses.reanalyse,
}


async def do_item(runtime: Runtime, item_id: UUID) -> None:
    """Claim the item, prepare its effect outside any transaction, then write effect and end in one.

    A claim that the database does not take is lost like a nudge: the relay makes up for it.
    """
    try:
        async with lone_connection(runtime.pool) as connection:
            held = await outbox.claim(connection, item_id, runtime.now())
    except Unavailable:
        return
    if held is None:
        return
    heartbeat = asyncio.create_task(_keep(runtime, held))
    try:
        effect: Effect = await HANDLERS[held.kind](runtime, held.subject_id)
        async with runtime.unit_of_work() as work:
            if await outbox.finish(work.connection, held, work.at):
                await effect(work)
    except asyncio.CancelledError as ended:
        await _give_back(runtime, held, ended)
        raise
    except Exception as failure:  # noqa: BLE001 - any failure gives the item back
        await _give_back(runtime, held, failure)
    finally:
        await end(heartbeat)


async def _give_back(runtime: Runtime, held: outbox.Claim, failure: BaseException) -> None:
    """Let another attempt follow; where the database is away, the lease's end does it."""
    # The type alone: a message may quote a row.
    name = type(failure).__name__
    weather = isinstance(failure, Unavailable | asyncio.CancelledError)
    level = logging.WARNING if weather else logging.ERROR
    log.log(level, "item %s attempt %s: %s", held.item_id, held.attempt, name, extra={"failure": failure})
    with contextlib.suppress(Unavailable):
        async with lone_connection(runtime.pool) as connection:
            await outbox.give_back(connection, held, runtime.now(), name, weather=weather)


async def _keep(runtime: Runtime, held: outbox.Claim) -> None:
    while True:
        await asyncio.sleep(outbox.HEARTBEAT.total_seconds())
        # The next beat makes up for one that the database does not take.
        with contextlib.suppress(Unavailable):
            async with lone_connection(runtime.pool) as connection:
                await outbox.keep(connection, held, runtime.now())
