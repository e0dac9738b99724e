"""Reminders go out: handed over when due, sent by many at once, each try recorded before and after.

It asks PostgreSQL alone: neither a flushed queue nor a queue that is away keeps a reminder back.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence

import asyncpg

from adapters.runtime import Runtime
from domain import reminder_sends
from domain.errors import Unavailable
from domain.kinds import TryOutcome
from domain.notices import PutOff, Refused
from domain.reminder_sends import TRY_SECONDS, Claimed, Ended
from domain.unit_of_work import lone_connection
from workers.ending import end

log = logging.getLogger("cuore.reminders")
EVERY_SECONDS = 0.5
AT_ONCE = 48
HANDED_OVER_AT_ONCE = 1000
# What is being sent when the process is asked to end may come to its end.
GRACE_SECONDS = 5.0


async def hand_over(runtime: Runtime, has_handed_over: asyncio.Event) -> None:
    """Run for ever: what is due is given to contact points."""
    while True:
        count = 0
        with _database_awaited():
            async with lone_connection(runtime.pool) as connection:
                count = await reminder_sends.hand_over(
                    connection, runtime.now(), [*runtime.messengers], HANDED_OVER_AT_ONCE
                )
        if count:
            has_handed_over.set()
        if count < HANDED_OVER_AT_ONCE:
            await asyncio.sleep(EVERY_SECONDS)


class Sender:
    """Claims, sends and records; what ends while a record is being written is in the next one."""

    def __init__(self, runtime: Runtime) -> None:
        self.has_work = asyncio.Event()
        self._runtime = runtime
        self._under_way: dict[asyncio.Task[None], Claimed] = {}
        self._ended: list[Ended] = []
        self._has_ended = asyncio.Event()

    async def run(self) -> None:
        """Send for ever; asked to end, finish what is under way and record it."""
        aside = [asyncio.create_task(one) for one in (self._record_all(), self._keep_all())]
        try:
            await self._claim_all()
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=GRACE_SECONDS)
            await end(*self._under_way, *aside)
            # To write the same twice changes nothing.
            await self._record()

    async def _claim_all(self) -> None:
        while True:
            self.has_work.clear()
            claimed: Sequence[Claimed] = []
            with _database_awaited():
                async with lone_connection(self._runtime.pool) as connection:
                    free = AT_ONCE - len(self._under_way)
                    claimed = await reminder_sends.claim(connection, self._runtime.now(), free)
            for one in claimed:
                task = asyncio.create_task(self._send(one))
                self._under_way[task] = one
                task.add_done_callback(self._under_way.pop)
            # So that the next claim takes many at once.
            while len(self._under_way) > AT_ONCE // 2:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_SECONDS):
                        await self.has_work.wait()

    async def _keep_all(self) -> None:
        while True:
            await asyncio.sleep(reminder_sends.HEARTBEAT_SECONDS)
            with _database_awaited():
                async with lone_connection(self._runtime.pool) as connection:
                    await reminder_sends.keep(connection, self._runtime.now(), [*self._under_way.values()])

    async def _send(self, one: Claimed) -> None:
        self._ended.append(await self._tried(one))
        self._has_ended.set()

    async def _tried(self, one: Claimed) -> Ended:
        """Send it, and say how that ended."""
        try:
            async with asyncio.timeout(TRY_SECONDS):
                await self._runtime.messengers[one.channel].send(one.notice(), one.to)
        except Refused as refused:
            return Ended(one.send_id, one.attempt, TryOutcome.REFUSED, refused.code, is_gone=refused.is_gone)
        except PutOff as put_off:
            after = reminder_sends.delay_seconds(one.attempt, put_off.after_seconds)
            return Ended(one.send_id, one.attempt, TryOutcome.PUT_OFF, put_off.code, after)
        except TimeoutError:
            after = reminder_sends.delay_seconds(one.attempt, None)
            return Ended(one.send_id, one.attempt, TryOutcome.PUT_OFF, "timeout", after)
        except Exception as failure:  # noqa: BLE001 - one that cannot be sent must not hold up the others
            # The type alone: a message may quote an address.
            log.error("send %s: %s", one.send_id, type(failure).__name__, extra={"failure": failure})  # noqa: TRY400 - as above
            return Ended(one.send_id, one.attempt, TryOutcome.REFUSED, type(failure).__name__)
        return Ended(one.send_id, one.attempt, TryOutcome.SENT)

    async def _record_all(self) -> None:
        while True:
            await self._has_ended.wait()
            self._has_ended.clear()
            if not await self._record():
                self._has_ended.set()
                await asyncio.sleep(EVERY_SECONDS)

    async def _record(self) -> bool:
        """Write down what has ended so far; whether the database took it."""
        batch = [*self._ended]
        try:
            async with lone_connection(self._runtime.pool) as connection:
                await reminder_sends.record(connection, self._runtime.now(), batch)
        except (Unavailable, asyncpg.PostgresError) as away:
            log.warning("reminders wait: %s", type(away).__name__)
            return False
        del self._ended[: len(batch)]
        return True


@contextlib.contextmanager
def _database_awaited() -> Iterator[None]:
    try:
        yield
    except (Unavailable, asyncpg.PostgresError) as away:
        log.warning("reminders wait: %s", type(away).__name__)


async def remind(runtime: Runtime) -> None:
    """Hand over and send for ever."""
    sender = Sender(runtime)
    handing = asyncio.create_task(hand_over(runtime, sender.has_work))
    sending = asyncio.create_task(sender.run())
    try:
        await asyncio.wait([handing, sending], return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(handing)
        await end(sending)
    for task in (handing, sending):
        if not task.cancelled():
            task.result()
