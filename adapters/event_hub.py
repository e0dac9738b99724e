"""What happens is read once in each process and handed to everybody there who follows it.

One loop reads new events from PostgreSQL, rung by Valkey or else twice a second, asks who may see them, writes their
audit entries and puts them before the followers. A follower who comes back with a cursor, or reads so slowly that its
buffer is full, reads what it missed from PostgreSQL by itself and joins the others where it has caught up.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from domain import feeds
from domain.access import Actor
from domain.errors import Forbidden, NotFound, RateLimited, Unavailable
from domain.feeds import Batch, Cursor, Delivery, Told, Topic
from domain.kinds import Role
from domain.ports import Connection
from domain.unit_of_work import lone_connection

# How often it looks when nothing rings …
LOOK_SECONDS = 0.5
# … and at first while a transaction that still runs holds events back; the pauses double up to the above.
HELD_BACK_SECONDS = 0.005
# How often it asks whether all who follow still may.
CHECK_SECONDS = 0.5
# What waits for a follower at most; beyond it the follower reads from PostgreSQL instead.
BUFFERED_EVENTS = 500
FEEDS_OF_ACCOUNT = 50


class _Follower:
    """One feed of one account, and what waits for it."""

    def __init__(self, by: Actor, topic: Topic) -> None:
        self.by = by
        self.topic = topic
        self.has_missed = True
        self._waiting: deque[Delivery] = deque()
        self._count = 0
        self._refusal: Exception | None = None
        self._woken: asyncio.Future[None] | None = None

    def put(self, delivery: Delivery) -> None:
        """Hand it over, unless there is too much already."""
        if self.has_missed:
            return
        self._count += len(delivery.events)
        if self._count > BUFFERED_EVENTS:
            self.miss()
        else:
            self._waiting.append(delivery)
            self._wake()

    def miss(self) -> None:
        """It has to read what comes from PostgreSQL."""
        self.has_missed = True
        self._waiting.clear()
        self._count = 0
        self._wake()

    def refuse(self, refusal: Exception) -> None:
        """It ends with this."""
        self._refusal = self._refusal or refusal
        self._wake()

    def check(self) -> None:
        """Raise what it was refused with."""
        if self._refusal is not None:
            raise self._refusal

    async def next(self) -> Delivery | None:
        """What waits next; None where it has missed something."""
        while True:
            self.check()
            if self.has_missed:
                return None
            if self._waiting:
                delivery = self._waiting.popleft()
                self._count -= len(delivery.events)
                return delivery
            self._woken = asyncio.get_running_loop().create_future()
            await self._woken

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


class EventHub:
    """`domain.ports.Events`; it works only while somebody follows."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        now: Callable[[], datetime],
        listen: Callable[[Callable[[], None]], Coroutine[Any, Any, None]],
    ) -> None:
        self._pool = pool
        self._now = now
        self._listen = listen
        self._followers: set[_Follower] = set()
        self._task: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()
        # Up to here everything is handed over; known once the loop has begun.
        self._cursor: Cursor = (0, 0)
        self._has_begun = asyncio.Event()
        self._checked_at = 0.0

    async def follow(self, by: Actor, topic: Topic, after: Cursor | None) -> AsyncGenerator[Delivery]:
        """What happens behind `after`, or from now on: each event once, in order, audited before it is given.

        Raises:
            NotFound: the patient of the topic does not exist for `by`, or no longer.
            Forbidden: the account has ended.
            RateLimited: it follows too much already.
            Unavailable: PostgreSQL is away while it reads what it missed.
        """
        follower = _Follower(by, topic)
        self._enter(follower)
        try:
            async with lone_connection(self._pool) as connection:
                await self._check(connection, [follower])
                cursor = after or await feeds.end(connection)
            await self._has_begun.wait()
            while True:
                while follower.has_missed:
                    until, missed = await self._missed(follower, cursor)
                    cursor = missed[-1].cursor if missed else max(cursor, until)
                    if missed:
                        yield Delivery(Batch(missed), missed)
                delivery = await follower.next()
                fresh = [event for event in delivery.events if event.cursor > cursor] if delivery else ()
                if delivery and fresh:
                    cursor = fresh[-1].cursor
                    yield Delivery(delivery.batch, fresh)
        finally:
            await self._leave(follower)

    async def _missed(self, follower: _Follower, cursor: Cursor) -> tuple[Cursor, Sequence[Told]]:
        """The next events between the cursor and what is handed over; after the last of them it has missed none."""
        follower.check()
        async with lone_connection(self._pool) as connection:
            # Both at one moment: what lies behind `until` is put before the follower from now on.
            until, follower.has_missed = self._cursor, False
            at = self._now()
            missed = await feeds.missed(connection, follower.by, follower.topic, at=at, after=cursor, until=until)
            if missed:
                await feeds.note(connection, at, {_entry(follower, event) for event in missed})
        if len(missed) == feeds.MOST_EVENTS:
            follower.miss()
        return until, missed

    def _enter(self, follower: _Follower) -> None:
        mine = sum(one.by.account_id == follower.by.account_id for one in self._followers)
        if mine >= FEEDS_OF_ACCOUNT:
            raise RateLimited(f"An account may follow {FEEDS_OF_ACCOUNT} feeds at a time.")
        self._followers.add(follower)
        if self._task is None or self._task.done():
            self._has_begun.clear()
            self._task = asyncio.create_task(self._work())

    async def _leave(self, follower: _Follower) -> None:
        self._followers.discard(follower)
        if not self._followers and self._task is not None:
            ending, self._task = self._task, None
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)

    async def _work(self) -> None:
        hearing = asyncio.create_task(self._listen(self._bell.set))
        try:
            while True:
                with contextlib.suppress(Unavailable):
                    await self._go_on()
                await asyncio.sleep(LOOK_SECONDS)
        except Exception as failure:  # noqa: BLE001 - a bug: everybody who follows ends with it and tells it
            for follower in self._followers:
                follower.refuse(failure)
            self._has_begun.set()
        finally:
            # redis-py loses a cancellation now and then, so it is told again.
            while not hearing.done():
                hearing.cancel()
                await asyncio.wait({hearing}, timeout=0.1)

    async def _go_on(self) -> None:
        """Hand over what happens, until PostgreSQL is away."""
        pause = HELD_BACK_SECONDS
        while True:
            self._bell.clear()
            async with lone_connection(self._pool) as connection:
                if not self._has_begun.is_set():
                    self._cursor = await feeds.end(connection)
                    self._has_begun.set()
                is_held_back = await self._read(connection)
                if time.monotonic() >= self._checked_at + CHECK_SECONDS:
                    await self._check_all(connection)
            pause = min(2 * pause, LOOK_SECONDS) if is_held_back else HELD_BACK_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause if is_held_back else LOOK_SECONDS):
                    await self._bell.wait()

    async def _read(self, connection: Connection) -> bool:
        """Hand over all that nothing can get behind any more; whether more waits for that."""
        while True:
            events, is_held_back = await feeds.settled(connection, self._cursor)
            if events:
                await self._hand_over(connection, events)
            if len(events) < feeds.MOST_EVENTS:
                return is_held_back

    async def _hand_over(self, connection: Connection, events: Sequence[Told]) -> None:
        batch, at = Batch(events), self._now()
        wanted = _wanted([one for one in self._followers if not one.has_missed], events)
        pairs = {(one.by.account_id, event.patient_id) for one, some in wanted.items() for event in some}
        seen: dict[_Follower, Sequence[Told]] = {}
        if pairs:
            admitted = await feeds.admitted(connection, at, pairs)
            for one, some in wanted.items():
                seen[one] = [event for event in some if (one.by.account_id, event.patient_id) in admitted]
                if len(seen[one]) < len(some) and one.topic.patient_id:
                    one.refuse(_refusal(one))
            entries = {_entry(one, event) for one, some in seen.items() for event in some}
            if entries:
                await feeds.note(connection, at, entries)
        # Nothing is awaited from here on: who follows has either this batch or a cursor before it.
        for one in self._followers:
            if one not in wanted:
                one.miss()
            elif seen.get(one):
                one.put(Delivery(batch, seen[one]))
        self._cursor = events[-1].cursor

    async def _check_all(self, connection: Connection) -> None:
        try:
            await self._check(connection, list(self._followers))
        finally:
            self._checked_at = time.monotonic()

    async def _check(self, connection: Connection, followers: Sequence[_Follower]) -> None:
        """Refuse those who may not follow."""
        pairs = {(one.by.account_id, one.topic.patient_id) for one in followers}
        admitted = await feeds.admitted(connection, self._now(), pairs)
        for one in followers:
            if (one.by.account_id, one.topic.patient_id) not in admitted:
                one.refuse(_refusal(one))


def _wanted(followers: Sequence[_Follower], events: Sequence[Told]) -> dict[_Follower, Sequence[Told]]:
    """What each of them would follow if they may."""
    of_patients: dict[UUID, list[Told]] = {}
    for event in events:
        of_patients.setdefault(event.patient_id, []).append(event)
    alerts = [event for event in events if Topic().has(event)]
    return {one: of_patients.get(one.topic.patient_id, ()) if one.topic.patient_id else alerts for one in followers}


def _entry(follower: _Follower, event: Told) -> tuple[UUID, Role, str, UUID, UUID]:
    by = follower.by
    return by.account_id, by.role, follower.topic.action, event.patient_id, event.subject_id


def _refusal(follower: _Follower) -> Exception:
    if follower.topic.patient_id:
        return NotFound("There is no such patient.")
    return Forbidden("This account has ended.")
