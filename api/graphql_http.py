"""GraphQL over HTTP: sign-in, limits, negotiation, one operation."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.types.graphql import OperationType

from api.query_budget import QueryTooComplex, check_budget, parse_query

MOST_BODY_BYTES = 256 * 1024
DEADLINE_SECONDS = 5
BODY_SECONDS = 10
MODERN = "application/graphql-response+json"
LEGACY = "application/json"


class Refused(Exception):
    """An answer without execution."""

    def __init__(self, status: int, code: str, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.body = {"errors": [{"message": sentence, "extensions": {"code": code}}]}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class GraphQLEndpoint:
    """An ASGI app that answers POSTed operations of one schema."""

    def __init__(
        self,
        *,
        schema: strawberry.Schema,
        authenticate: Callable[[Request], Awaitable[object]],
        open_context: Callable[[Request, object], AbstractAsyncContextManager[object]],
        unauthenticated: type[Exception],
    ) -> None:
        self._schema = schema
        self._authenticate = authenticate
        self._open_context = open_context
        self._unauthenticated = unauthenticated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        accepted = request.headers.get("accept", "*/*")
        media = MODERN if MODERN in accepted or ("*/*" in accepted and LEGACY not in accepted) else LEGACY
        headers: dict[str, str] = {}
        try:
            status, body = await self._answer(request, media)
        except Refused as refused:
            status, body, headers = refused.status, refused.body, refused.headers
        response = Response(orjson.dumps(body), status, headers, media_type=f"{media}; charset=utf-8")
        await response(scope, receive, send)

    async def _answer(self, request: Request, media: str) -> tuple[int, dict[str, Any]]:
        try:
            actor = await self._authenticate(request)
        except self._unauthenticated:
            # Flat, and before anything is parsed: an anonymous caller learns nothing of the schema.
            sentence = "Sign in to use this endpoint."
            raise Refused(401, "UNAUTHENTICATED", sentence, WWW_Authenticate="Bearer") from None
        if request.method != "POST":
            raise Refused(405, "BAD_USER_INPUT", "Send operations by POST.", Allow="POST")
        query, variables, operation_name = _operation(await _body(request))
        try:
            check_budget(parse_query(query), variables)
        except QueryTooComplex as over:
            raise Refused(400, "QUERY_TOO_COMPLEX", str(over)) from None
        except GraphQLError as wrong:
            raise Refused(400 if media == MODERN else 200, "BAD_USER_INPUT", wrong.message) from None
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._open_context(request, actor) as context:
                result = await self._schema.execute(
                    query,
                    variable_values=variables,
                    operation_name=operation_name,
                    context_value=context,
                    allowed_operation_types=(OperationType.QUERY, OperationType.MUTATION),
                )
        except TimeoutError:
            raise Refused(503, "UNAVAILABLE", "The operation took too long.", Retry_After="1") from None
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [error.formatted for error in result.errors]
        if result.data is not None or not result.errors or any(error.path for error in result.errors):
            body["data"] = result.data
        return (400 if "data" not in body and media == MODERN else 200), body


async def _body(request: Request) -> Any:
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != LEGACY:
        raise Refused(415, "BAD_USER_INPUT", "Send application/json.")
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MOST_BODY_BYTES:
                    raise Refused(413, "BAD_USER_INPUT", f"A request may have {MOST_BODY_BYTES} bytes.")
        return orjson.loads(bytes(data))
    except TimeoutError:
        raise Refused(408, "BAD_USER_INPUT", "The request came too slowly.") from None
    except (orjson.JSONDecodeError, ClientDisconnect):
        raise Refused(400, "BAD_USER_INPUT", "The request is not JSON.") from None


def _operation(body: Any) -> tuple[str, dict[str, Any], str | None]:
    if not isinstance(body, dict):
        raise Refused(400, "BAD_USER_INPUT", "Send one operation as a JSON object.")
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str):
        raise Refused(400, "BAD_USER_INPUT", "query: send a text.")
    if variables is not None and not isinstance(variables, dict):
        raise Refused(400, "BAD_USER_INPUT", "variables: send an object.")
    if name is not None and not isinstance(name, str):
        raise Refused(400, "BAD_USER_INPUT", "operationName: send a text.")
    if body.get("extensions") is not None and not isinstance(body["extensions"], dict):
        raise Refused(400, "BAD_USER_INPUT", "extensions: send an object.")
    return query, variables or {}, name
