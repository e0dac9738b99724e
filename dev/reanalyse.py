"""`cuore reanalyse`: all patients analysed anew by the workers, with how far they are."""

import asyncio
from collections.abc import Callable

from adapters.runtime import Runtime
from domain import reanalyses
from domain.unit_of_work import lone_connection

LOOKS_EVERY_SECONDS = 0.5


async def run(runtime: Runtime, lanes: int, tell: Callable[[int, int], None]) -> str:
    """Begin, or go on, and wait for the end; whoever ends the waiting stops it."""
    async with runtime.unit_of_work() as work:
        await reanalyses.go_on(work, lanes)
    try:
        while True:
            async with lone_connection(runtime.pool) as connection:
                now = await reanalyses.progress(connection)
            assert now is not None
            tell(now.done, now.parts)
            if now.done == now.parts:
                took = (runtime.now() - now.begun_at).total_seconds()
                return (
                    f"{now.readings} readings of {now.series} series: {now.findings} findings; begun {took:.0f} s ago."
                )
            if now.is_stopped:
                return f"Stopped after {now.done} of {now.parts} parts; the same command goes on."
            await asyncio.sleep(LOOKS_EVERY_SECONDS)
    except asyncio.CancelledError:
        async with runtime.unit_of_work() as work:
            await reanalyses.stop(work)
        raise
