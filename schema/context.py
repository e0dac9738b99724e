"""What a resolver gets: who asks, and one read transaction for the whole request."""

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
from domain.ports import Charts, ObjectStore
from domain.unit_of_work import UnitOfWork


class Backend(Protocol):
    """The part of the runtime that resolvers need."""

    @property
    def store(self) -> ObjectStore: ...

    @property
    def charts(self) -> Charts: ...

    def now(self) -> datetime: ...

    def unit_of_work(self, by: Actor | None = None) -> AbstractAsyncContextManager[UnitOfWork]: ...


@dataclass
class Context:
    """One request: reads share one transaction, which also holds their audit entries."""

    backend: Backend
    caller: Actor | Newcomer
    stack: AsyncExitStack
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    reading: UnitOfWork | None = None
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
        """The request's read transaction, opened when first needed and committed before the answer leaves."""
        async with self.lock:
            if self.reading is None:
                self.reading = await self.stack.enter_async_context(self.backend.unit_of_work(self.actor))
            return self.reading

    async def end_reads(self) -> None:
        """Commit what was read so far, with its audit entries; what is read next belongs to another moment."""
        await self.stack.aclose()
        self.reading = None
        self.loaders.clear()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[UnitOfWork]:
        """The transaction of one mutation; what was loaded before it is forgotten."""
        async with self.backend.unit_of_work(self.actor) as work:
            yield work
        self.loaders.clear()


@asynccontextmanager
async def open_context(backend: Backend, caller: Actor | Newcomer) -> AsyncIterator[Context]:
    """A context whose reads are committed, with their audit entries, when the block ends well."""
    async with AsyncExitStack() as stack:
        yield Context(backend, caller, stack)


class SettledReads(SchemaExtension):
    """Commits what the selection of a feed's event read, with its audit entries, before the event leaves."""

    async def on_stream_result(self, result: object) -> AsyncIterator[None]:
        del result
        await self.execution_context.context.end_reads()
        yield


Info = strawberry.Info[Context, None]
