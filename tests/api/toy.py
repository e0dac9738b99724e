"""A toy schema behind the real endpoint; `python -m tests.api.toy PORT TOKEN` serves it on loopback."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import strawberry
import uvicorn
from starlette.requests import Request

from api.graphql_http import GraphQLEndpoint
from api.graphql_request import RequestLimits

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


@contextlib.asynccontextmanager
async def open_context(_: Request, caller: object) -> AsyncIterator[object]:
    yield {"caller": caller}


def make_endpoint(token: str = TOKEN, limits: RequestLimits | None = None) -> GraphQLEndpoint:
    async def authenticate(request: Request) -> object:
        if request.headers.get("authorization") != f"Bearer {token}":
            raise NobodyKnown
        return "ada"

    return GraphQLEndpoint(
        schema=strawberry.Schema(Query, Mutation),
        authenticate=authenticate,
        open_context=open_context,
        unauthenticated=NobodyKnown,
        request_limits=limits,
    )


if __name__ == "__main__":
    uvicorn.run(make_endpoint(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
