"""GraphQL over HTTP: sign-in, limits, negotiation, one operation."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, OperationType, get_operation_ast
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types import ExecutionResult

from api.documents import Documents, Prepared, formatted
from api.graphql_request import GRAPHQL_JSON, Asked, answer_type, read_get, read_post
from api.json_body import PLAIN_JSON, Refused, RequestLimits
from api.query_budget import QueryTooComplex
from domain.errors import Unavailable

logger = logging.getLogger("cuore.door")


class GraphQLEndpoint:
    """An ASGI app that answers operations of one schema: queries and mutations by POST, queries by GET.

    `authenticate` turns a request into a caller or raises `unauthenticated`; `open_context` holds what one
    operation needs, and is left with the cancellation when the deadline passes.
    """

    def __init__(
        self,
        *,
        documents: Documents,
        authenticate: Callable[[Request], Awaitable[object]],
        open_context: Callable[[Request, object], AbstractAsyncContextManager[object]],
        unauthenticated: type[Exception],
        request_limits: RequestLimits | None = None,
    ) -> None:
        self._documents = documents
        self._authenticate = authenticate
        self._open_context = open_context
        self._unauthenticated = unauthenticated
        self._limits = request_limits or RequestLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        media = answer_type(request.headers.get("accept"))
        response: ASGIApp = await or_refusal(self._answer(request, media), media or PLAIN_JSON)
        await response(scope, receive, send)

    async def _answer(self, request: Request, media: str | None) -> Response:
        if request.method not in {"GET", "POST"}:
            raise Refused(405, "Use GET or POST.", headers={"Allow": "GET, POST"})
        try:
            caller = await self._authenticate(request)
        except self._unauthenticated:
            raise stranger() from None
        if media is None:
            raise Refused(406, f"Accept {GRAPHQL_JSON} or {PLAIN_JSON}.")
        is_post = request.method == "POST"
        asked = await read_post(request, self._limits) if is_post else read_get(request, self._limits)
        # The older media type answers 200 to a document that is wrong; the newer one says so in the status.
        wrong_document = 400 if media == GRAPHQL_JSON else 200
        try:
            prepared = self._documents.prepare(asked.query, asked.variables)
        except QueryTooComplex as over:
            raise Refused(400, str(over), "QUERY_TOO_COMPLEX") from None
        except GraphQLError as unreadable:
            return _json(media, wrong_document, {"errors": [formatted(unreadable)]})
        errors = self._documents.validate(prepared)
        if errors:
            return _json(media, wrong_document, {"errors": [formatted(error) for error in errors]})
        _check_operation(prepared.document, asked, is_post=is_post)
        result = await self._run(request, caller, asked, prepared)
        answered: dict[str, Any] = {"data": result.data}
        if result.errors:
            answered = {"errors": [formatted(error) for error in result.errors], **answered}
            if result.data is None and all(error.path is None for error in result.errors):
                # No field was reached: the variables did not fit, or something failed before the first resolver.
                del answered["data"]
                is_ours = any(error["extensions"]["code"] == "INTERNAL" for error in answered["errors"])
                return _json(media, 500 if is_ours else wrong_document, answered)
        if result.extensions:
            answered["extensions"] = result.extensions
        return _json(media, 200, answered)

    async def _run(self, request: Request, caller: object, asked: Asked, prepared: Prepared) -> ExecutionResult:
        try:
            async with (
                asyncio.timeout(self._limits.operation_seconds) as deadline,
                self._open_context(request, caller) as context,
            ):
                return await self._documents.execute(
                    prepared, asked.query, asked.operation_name, asked.variables, context
                )
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Refused(503, "The operation took too long.", "UNAVAILABLE", {"Retry-After": "1"}) from None


def _check_operation(document: DocumentNode, asked: Asked, *, is_post: bool) -> None:
    operation = get_operation_ast(document, asked.operation_name)
    if operation is None:
        raise Refused(400, "operationName must name one operation of the document.")
    if not is_post and operation.operation is not OperationType.QUERY:
        raise Refused(405, "GET is for queries.", headers={"Allow": "POST"})
    if operation.operation is OperationType.SUBSCRIPTION:
        raise Refused(400, "Subscribe over a WebSocket, or accept text/event-stream and nothing else.")


def stranger() -> Refused:
    """Flat, and before anything is parsed: an anonymous caller learns nothing of the schema."""
    return Refused(401, "Sign in to use this endpoint.", "UNAUTHENTICATED", {"WWW-Authenticate": "Bearer"})


async def or_refusal(answering: Awaitable[ASGIApp], media: str) -> ASGIApp:
    """The response of a request, or that of what kept it from running."""
    try:
        return await answering
    except Refused as refused:
        body = {"errors": [{"message": refused.message, "extensions": {"code": refused.code}}]}
        return _json(media, refused.status, body, refused.headers)
    except Unavailable as away:
        body = {"errors": [{"message": away.sentence, "extensions": {"code": away.code}}]}
        return _json(media, 503, body, {"Retry-After": "2"})
    except Exception as failure:  # noqa: BLE001 - the door is where every bug must become an answer
        # The type alone: a message may quote a patient's data.
        logger.error(  # noqa: TRY400 - as above
            "a request failed outside its operation: %s", type(failure).__name__, extra={"failure": failure}
        )
        body = {"errors": [{"message": "Something went wrong.", "extensions": {"code": "INTERNAL"}}]}
        return _json(media, 500, body)


def _json(media: str, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    always = {"Cache-Control": "no-store"}
    text = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(text, status, always | (headers or {}), media_type=f"{media}; charset=utf-8")
