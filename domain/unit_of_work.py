"""One transaction: the change, its audit entries, its events and the work it causes, all or nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

from domain.access import Actor
from domain.errors import Unavailable
from domain.kinds import EventKind, WorkKind
from domain.ports import Connection, Queue

# What asyncpg raises when PostgreSQL is away, starting, ending or cut off.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    # Too many connections, a full disk, no memory left.
    asyncpg.InsufficientResourcesError,
)
# For the use of a connection that broke before, asyncpg has words but no type of its own.
_BROKEN = ("connection is closed", "released back to the pool")


@contextmanager
def database_weather() -> Iterator[None]:
    """Tell a database that is away as what it is: weather, after which trying again helps.

    Raises:
        Unavailable: PostgreSQL is away; whether what was under way had been committed is not known.
    """
    sentence = "The database is away for a moment; please try again."
    try:
        yield
    except _AWAY as away:
        raise Unavailable(sentence) from away
    except asyncpg.InterfaceError as wrong:
        if not any(words in str(wrong) for words in _BROKEN):
            raise
        raise Unavailable(sentence) from wrong


def new_id() -> UUID:
    """A UUIDv7: unguessable enough to be opaque, ordered enough to index well."""
    return uuid7()


class SerialConnection:
    """A connection that resolvers running side by side may share: one statement at a time, in the order asked.

    It is taken by the first statement, and again by the first one after a `rest`.
    """

    def __init__(self, take: Callable[[], AbstractAsyncContextManager[Connection]]) -> None:
        self._take = take
        self._taken = AsyncExitStack()
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()
        self._has_ended = False

    async def _had(self) -> Connection:
        assert not self._has_ended, "a statement came after the end"
        self._connection = await self._taken.enter_async_context(self._take())
        return self._connection

    async def rest(self) -> None:
        """Give the connection back until the next statement."""
        async with self._lock:
            self._connection = None
            await self._taken.aclose()

    async def end(self) -> None:
        """Give the connection back for good."""
        self._has_ended = True
        await self.rest()

    async def fetch(self, query: str, *args: Any) -> Sequence[Mapping[str, Any]]:
        async with self._lock:
            with database_weather():
                return await (self._connection or await self._had()).fetch(query, *args)

    async def fetchrow(self, query: str, *args: Any) -> Mapping[str, Any] | None:
        async with self._lock:
            with database_weather():
                return await (self._connection or await self._had()).fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        async with self._lock:
            with database_weather():
                return await (self._connection or await self._had()).fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> str:
        async with self._lock:
            with database_weather():
                return await (self._connection or await self._had()).execute(query, *args)

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[Any]], columns: Sequence[str]
    ) -> str:
        async with self._lock:
            with database_weather():
                connection = self._connection or await self._had()
                return await connection.copy_records_to_table(table_name, records=records, columns=columns)


@dataclass
class UnitOfWork:
    """What a verb records beside its change; written just before the commit."""

    connection: SerialConnection
    at: datetime
    by: Actor | None
    # A dict for its order; each entry once.
    audited: dict[tuple[str, UUID | None, UUID | None], None] = field(default_factory=dict)
    event_rows: list[tuple[EventKind, UUID, UUID]] = field(default_factory=list)
    work_rows: list[tuple[WorkKind, UUID]] = field(default_factory=list)
    nudges: list[tuple[UUID, int]] = field(default_factory=list)

    def audit(self, action: str, *, patient_id: UUID | None = None, subject_id: UUID | None = None) -> None:
        """Remember that the actor did or read something; once per action and subject."""
        self.audited[action, patient_id, subject_id] = None

    def tell(self, kind: EventKind, *, patient_id: UUID, subject_id: UUID) -> None:
        """Tell the feeds of this patient."""
        self.event_rows.append((kind, patient_id, subject_id))

    def ask(self, kind: WorkKind, subject_id: UUID) -> None:
        """Ask a worker to do `kind` for `subject_id` after the commit."""
        if (kind, subject_id) not in self.work_rows:
            self.work_rows.append((kind, subject_id))

    async def write_records(self) -> None:
        """Insert audit entries, events and work, in one statement."""
        if not (self.audited or self.event_rows or self.work_rows):
            return
        audit = (
            self.at,
            self.by.account_id if self.by else None,
            self.by.role if self.by else None,
            # One text costs the driver half of what three arrays cost, and a page of patients has a hundred entries.
            orjson.dumps([*self.audited], default=str).decode(),
        )
        if not (self.event_rows or self.work_rows):
            await self.connection.execute(_AUDIT, *audit)
            return
        asked = ([new_id() for _ in self.work_rows], *_columns(self.work_rows, 2))
        rows = await self.connection.fetch(_RECORDS, *audit, *_columns(self.event_rows, 3), *asked)
        self.nudges.extend((row["id"], 0) for row in rows)


def _columns(rows: Collection[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(count)]


_AUDIT = (
    "INSERT INTO audit_entry (id, at, actor_id, role, action, patient_id, subject_id)"
    " SELECT uuidv7(), $1, $2, $3, entry ->> 0, (entry ->> 1)::uuid, (entry ->> 2)::uuid"
    " FROM json_array_elements($4::text::json) AS entry"
)
# The update on conflict locks the waiting item, so a worker cannot start it before this transaction's data are
# committed and visible to it.
_RECORDS = (
    f"WITH audited AS ({_AUDIT}), told AS (INSERT INTO event (at, kind, patient_id, subject_id)"  # noqa: S608 - no value in it
    " SELECT $1, kind, patient_id, subject_id"
    " FROM unnest($5::text[], $6::uuid[], $7::uuid[]) AS told (kind, patient_id, subject_id))"
    " INSERT INTO outbox_item (id, kind, subject_id, created_at, due_at, attempts)"
    " SELECT id, kind, subject_id, $1, $1, 0"
    " FROM unnest($8::uuid[], $9::text[], $10::uuid[]) AS asked (id, kind, subject_id)"
    " ON CONFLICT (kind, subject_id) WHERE attempts = 0 AND done_at IS NULL AND dead_at IS NULL"
    " DO UPDATE SET due_at = least(outbox_item.due_at, excluded.due_at)"
    " RETURNING id"
)


@asynccontextmanager
async def lone_connection(pool: asyncpg.Pool) -> AsyncIterator[Connection]:
    """A connection of `pool` for statements that each stand alone.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    with database_weather():
        async with pool.acquire() as connection:
            yield connection


@asynccontextmanager
async def unit_of_work(
    pool: asyncpg.Pool, *, at: datetime, by: Actor | None, queue: Queue | None = None
) -> AsyncIterator[UnitOfWork]:
    """A transaction on a connection of `pool`; the queue is nudged only after the commit.

    asyncpg's own context managers give the connection back whatever happens, also when BEGIN is cancelled.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    with database_weather():
        async with pool.acquire() as connection, connection.transaction():
            work = UnitOfWork(SerialConnection(lambda: nullcontext(connection)), at, by)
            yield work
            await work.write_records()
    if queue is not None:
        if work.nudges:
            await queue.nudge(work.nudges, announce=bool(work.event_rows))
        elif work.event_rows:
            await queue.announce()


@asynccontextmanager
async def reading(pool: asyncpg.Pool, *, at: datetime, by: Actor | None) -> AsyncIterator[UnitOfWork]:
    """Reads on one connection of `pool`, with their audit entries written when the block ends well.

    Each statement stands alone: READ COMMITTED would give each its own snapshot anyway, and the two statements that
    frame a transaction cost more than many a read. So a read that goes on with something slow lets its connection
    `rest` meanwhile.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    with database_weather():
        work = UnitOfWork(SerialConnection(pool.acquire), at, by)
        try:
            yield work
            assert not work.event_rows + work.work_rows, "a read changes nothing"
            await work.write_records()
        finally:
            await work.connection.end()


__all__ = ["UnitOfWork", "database_weather", "lone_connection", "new_id", "reading", "unit_of_work"]
