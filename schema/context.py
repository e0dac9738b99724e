"""What a resolver gets: who asks, and one connection to read on for the whole request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.extensions import SchemaExtension

from domain.access import Actor, Newcomer
from domain.errors import Forbidden
from domain.ports import Charts, Events, Messengers, ObjectStore, VideoRooms
from domain.strip_signals import Signals
from domain.unit_of_work import UnitOfWork


class Backend(Protocol):
    """The part of the runtime that resolvers need."""

    @property
    def store(self) -> ObjectStore: ...

    @property
    def charts(self) -> Charts: ...

    @property
    def signals(self) -> Signals: ...

    @property
    def messengers(self) -> Messengers: ...

    @property
    def video(self) -> VideoRooms | None: ...

    @property
    def events(self) -> Events: ...

    def now(self) -> datetime: ...

    def unit_of_work(self, by: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]: ...

    def reading(self, by: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]: ...


@dataclass
class Context:
    """One request: its reads share one connection; their audit entries are written before the answer leaves.

    `resume_after` is the cursor behind which a feed goes on, if the transport itself tells it.
    """

    backend: Backend
    caller: Actor | Newcomer
    stack: AsyncExitStack
    resume_after: str | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    open_reads: UnitOfWork | None = None
    loaders: dict[str, DataLoader[UUID, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """The account that asks.

        Raises:
            Forbidden: a newcomer has none.
        """
        if isinstance(self.caller, Newcomer):
            raise Forbidden("Activate your account first.")
        return self.caller

    @actor.setter
    def actor(self, actor: Actor) -> None:
        self.caller = actor

    async def reads(self) -> UnitOfWork:
        """The request's reads, opened when first needed and ended before the answer leaves."""
        if self.open_reads is not None:
            return self.open_reads
        async with self.lock:
            if self.open_reads is None:
                self.open_reads = await self.stack.enter_async_context(self.backend.reading(self.actor))
            return self.open_reads

    async def end_reads(self) -> None:
        """Write the audit entries of what was read so far; what is read next belongs to another moment."""
        self.open_reads = None
        self.loaders.clear()
        await self.stack.aclose()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[UnitOfWork]:
        """The transaction of one mutation; what was loaded before it is forgotten.

        What was read is ended first: a request that held two connections could wait for itself when the pool is empty.
        """
        await self.end_reads()
        async with self.backend.unit_of_work(self.actor) as work:
            yield work


@asynccontextmanager
async def open_context(
    backend: Backend, caller: Actor | Newcomer, resume_after: str | None = None
) -> AsyncIterator[Context]:
    """A context whose reads leave their audit entries when the block ends well."""
    async with AsyncExitStack() as stack:
        yield Context(backend, caller, stack, resume_after)


class SettledReads(SchemaExtension):
    """Writes the audit entries of what the selection of a feed's event read, before the event leaves."""

    async def on_stream_result(self, result: object) -> AsyncIterator[None]:
        del result
        await self.execution_context.context.end_reads()
        yield


Info = strawberry.Info[Context, None]


def is_any_asked(info: Info, names: frozenset[str]) -> bool:
    """Whether one of these fields is asked for below the resolver's own; where that is not known, yes."""
    asked: frozenset[str] | None = getattr(info, "asked", None)
    return asked is None or not asked.isdisjoint(names)
