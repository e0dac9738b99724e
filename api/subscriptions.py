"""Subscriptions, whatever carries them: read and checked once, then one answer for each event."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType, get_operation_ast

from api.documents import Documents, Prepared, formatted
from api.graphql_request import Asked, asked_of
from api.json_body import Refused
from api.query_budget import QueryTooComplex
from schema.execution.feeds import EventForAll, Feed


@dataclass(frozen=True, slots=True)
class Subscription:
    """One that may be followed."""

    asked: Asked
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Answer:
    """What one event comes to, as JSON; `cursor` is the event's, where it has one."""

    text: str
    cursor: str | None = None


class NotFollowed(Exception):
    """The subscription is refused, or ended with a failure; `errors` are what a client is told."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


def refusal(sentence: str, code: str = "BAD_USER_INPUT") -> NotFollowed:
    """One that is not about a place of the document."""
    return NotFollowed([{"message": sentence, "extensions": {"code": code}}])


async def _nothing(_: Any) -> None:
    """What a context without reads has to settle."""


class Subscriptions:
    """The subscriptions of one schema; `settle` writes down what a context has read before that leaves."""

    def __init__(self, documents: Documents, settle: Callable[[Any], Awaitable[None]] = _nothing) -> None:
        self._documents = documents
        self._settle = settle

    def read(self, sent: Any) -> Subscription:
        """The subscription in the payload of a request.

        Raises:
            NotFollowed: it is none, is not valid or asks for too much.
        """
        try:
            asked = asked_of(sent)
            prepared = self._documents.prepare(asked.query, asked.variables)
        except Refused as refused:
            raise refusal(refused.message, refused.code) from None
        except QueryTooComplex as over:
            raise refusal(str(over), "QUERY_TOO_COMPLEX") from None
        except GraphQLError as unreadable:
            raise NotFollowed([formatted(unreadable)]) from None
        if errors := self._documents.validate(prepared):
            raise NotFollowed([formatted(error) for error in errors])
        operation = get_operation_ast(prepared.document, asked.operation_name)
        if operation is None:
            raise refusal("operationName must name one operation of the document.")
        if operation.operation is not OperationType.SUBSCRIPTION:
            raise refusal("Send queries and mutations by POST as JSON; this way is for subscriptions.")
        return Subscription(asked, prepared)

    async def follow(self, subscription: Subscription, context: Any) -> AsyncGenerator[Answer]:
        """An answer for each event, until there are no more.

        Raises:
            NotFollowed: with what the subscription was refused, or ended.
        """
        asked, prepared = subscription.asked, subscription.prepared
        feed = self._documents.operations.follow(prepared.document, asked.operation_name, asked.variables, context)
        if feed is None:
            async with aclosing(self._follow_by_strawberry(subscription, context)) as answers:
                async for answer in answers:
                    yield answer
            return
        async with aclosing(feed.events) as events:
            while True:
                try:
                    event = await anext(events)
                except StopAsyncIteration:
                    return
                except Exception as failure:  # noqa: BLE001 - whatever it is, the subscription ends with its code
                    error = GraphQLError(str(failure), original_error=failure)
                    raise NotFollowed([formatted(self._documents.coded(error))]) from None
                yield Answer(await self._text(feed, event), getattr(event, "cursor", None))

    async def _text(self, feed: Feed, event: Any) -> str:
        if feed.is_for_all and isinstance(event, EventForAll):
            text = await event.text(feed.selection, lambda: self._made(feed, event))
            if text is not None:
                return text
        return self._written(await self._answered(feed, event))

    async def _made(self, feed: Feed, event: Any) -> str | None:
        answer = await self._answered(feed, event)
        return None if answer.errors else self._written(answer)

    async def _answered(self, feed: Feed, event: Any) -> ExecutionResult:
        answer = await feed.answer(event)
        await self._settle(feed.context)
        return answer

    def _written(self, answer: ExecutionResult) -> str:
        return _written(answer.data, [self._documents.coded(error) for error in answer.errors or ()])

    async def _follow_by_strawberry(self, subscription: Subscription, context: Any) -> AsyncGenerator[Answer]:
        asked = subscription.asked
        results: Any = await self._documents.schema.subscribe(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions={"prepared": subscription.prepared},
        )
        async with aclosing(results):
            async for result in results:
                errors = result.errors or ()
                if result.data is None and errors and all(error.path is None for error in errors):
                    # The stream itself was refused or broke, rather than one of its events.
                    raise NotFollowed([formatted(error) for error in errors])
                yield Answer(_written(result.data, errors))


def _written(data: Any, errors: Sequence[GraphQLError]) -> str:
    payload = {"data": data} | ({"errors": [formatted(error) for error in errors]} if errors else {})
    return orjson.dumps(payload, option=orjson.OPT_SERIALIZE_NUMPY).decode()
