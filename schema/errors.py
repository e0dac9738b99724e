"""Refusals become codes; everything else is masked and logged once with a reference."""

import logging
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

from graphql import ExecutionResult as CoreExecutionResult
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from domain.errors import DomainError

log = logging.getLogger("cuore.errors")


def coded(error: GraphQLError) -> GraphQLError:
    """The error as a client may see it."""
    original = error.original_error
    if isinstance(original, DomainError):
        details = {name: value for name, value in original.details.items() if value is not None}
        return GraphQLError(
            original.sentence,
            path=error.path,
            nodes=error.nodes,
            extensions={"code": original.code, **details},
        )
    if original is None or isinstance(original, GraphQLError):
        extensions: dict[str, Any] = {"code": "BAD_USER_INPUT", **(error.extensions or {})}
        return GraphQLError(error.message, path=error.path, nodes=error.nodes, extensions=extensions)
    reference = token_hex(8)
    frame = original.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "?"
    # Type and place only: the message may quote a patient's data.
    told = {"reference": reference, "failure": original}
    log.error("internal error %s: %s at %s", reference, type(original).__name__, where, extra=told)
    return GraphQLError(
        "Something went wrong on our side.",
        path=error.path,
        nodes=error.nodes,
        extensions={"code": "INTERNAL", "reference": reference},
    )


class CodedErrors(SchemaExtension):
    """Applies `coded` to every error of an operation, and of each event of a feed."""

    def on_operation(self) -> Iterator[None]:
        yield
        _code(self.execution_context.result)

    def on_stream_result(self, result: object) -> Iterator[None]:
        _code(result)
        yield


def _code(result: object) -> None:
    # Strawberry hands over its own result or graphql-core's.
    if isinstance(result, ExecutionResult | CoreExecutionResult) and result.errors:
        result.errors = [coded(error) for error in result.errors]
