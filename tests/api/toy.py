"""A toy schema behind the real endpoint; `python -m tests.api.toy PORT TOKEN` serves it on loopback."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import strawberry
import uvicorn
from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from api.documents import Documents
from api.feeds import FeedLimits, Feeds, SignedIn
from api.graphql_http import GraphQLEndpoint
from api.json_body import RequestLimits
from api.subscriptions import Subscriptions

TOKEN = "toy-token"


class NobodyKnown(Exception):
    """No token, or another one."""


class Calls:
    """Which resolvers ran."""

    def __init__(self) -> None:
        self.names: list[str] = []


calls = Calls()


@strawberry.type
class Person:
    name: str = "Ada"

    @strawberry.field
    def friends(self, first: int = 10) -> list["Person"]:
        calls.names.append("friends")
        return [Person() for _ in range(min(first, 2))]


@strawberry.type
class Query:
    @strawberry.field
    def person(self, name: str = "Ada") -> Person:
        calls.names.append("person")
        return Person(name=name)

    @strawberry.field
    async def slow(self) -> bool:
        calls.names.append("slow")
        await asyncio.sleep(3600)
        return True

    @strawberry.field
    def broken(self) -> str | None:
        calls.names.append("broken")
        raise ValueError("broken")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> str:
        calls.names.append("rename")
        return name


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        calls.names.append("count")
        for number in range(to):
            yield number

    @strawberry.subscription
    async def silence(self) -> AsyncIterator[int]:
        calls.names.append("silence")
        try:
            await asyncio.sleep(3600)
            yield 0
        finally:
            calls.names.append("silence ended")

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[str]:
        while True:
            yield "x" * 100_000


@contextlib.asynccontextmanager
async def open_context(_: HTTPConnection, caller: object) -> AsyncIterator[object]:
    yield {"caller": caller}


def documents() -> Documents:
    return Documents(strawberry.Schema(Query, Mutation, Subscription))


def make_feeds(seconds_left: float = 3600, limits: FeedLimits | None = None) -> Feeds:
    async def sign_in(_: WebSocket, token: str) -> SignedIn:
        if token != TOKEN:
            raise NobodyKnown
        return SignedIn("ada", seconds_left)

    return Feeds(
        subscriptions=Subscriptions(documents()),
        sign_in=sign_in,
        open_context=open_context,
        unauthenticated=NobodyKnown,
        limits=limits,
    )


def make_endpoint(token: str = TOKEN, limits: RequestLimits | None = None) -> GraphQLEndpoint:
    async def authenticate(request: Request) -> object:
        if request.headers.get("authorization") != f"Bearer {token}":
            raise NobodyKnown
        return "ada"

    return GraphQLEndpoint(
        documents=documents(),
        authenticate=authenticate,
        open_context=open_context,
        unauthenticated=NobodyKnown,
        request_limits=limits,
    )


if __name__ == "__main__":
    uvicorn.run(make_endpoint(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
