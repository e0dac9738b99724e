"""Documents of one schema: parsed within the budget, validated once, remembered."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types import ExecutionResult

from api.query_budget import LIMITS, QueryLimits, check_budget, counted_variables, parse_query
from schema.execution.operations import Operations

# A text longer than this is parsed anew each time, so that the memory stays small.
REMEMBERED_CHARACTERS = 16_384
# The largest that the budget allows takes a third of a megabyte with its plan.
REMEMBERED_DOCUMENTS = 256
REMEMBERED_BUDGETS = 64


@dataclass
class Prepared:
    """A parsed document and, once known, what validation says of it."""

    document: DocumentNode
    errors: list[GraphQLError] | None = None
    # The variables on which its cost depends, and the values of them that were within the budget.
    counted: tuple[str, ...] = ()
    afforded: set[tuple[object, ...]] = field(default_factory=set)


class UsePrepared(SchemaExtension):
    """Hands Strawberry the document that is parsed and valid already, so that neither happens twice."""

    def on_operation(self) -> Iterator[None]:
        prepared = (self.execution_context.operation_extensions or {}).get("prepared")
        # Only the door can put a `Prepared` there; what a client sends is never one.
        if isinstance(prepared, Prepared):
            self.execution_context.graphql_document = prepared.document
            self.execution_context.validation_rules = ()
        yield


class Documents:
    """Turns texts into documents that are known to be harmless and valid; the same for requests and sockets."""

    def __init__(
        self,
        schema: strawberry.Schema,
        limits: QueryLimits = LIMITS,
        *,
        coded: Callable[[GraphQLError], GraphQLError] = lambda error: error,
    ) -> None:
        self.schema = schema
        self.coded = coded
        self.operations = Operations(schema)
        self._core = schema._schema  # noqa: SLF001 - Strawberry offers no public way to the core schema
        self._limits = limits
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        if UsePrepared not in schema.extensions:
            schema.extensions = (*schema.extensions, UsePrepared)

    def prepare(self, text: str, variables: dict[str, Any]) -> Prepared:
        """The document of a text.

        Raises:
            QueryTooComplex: over one of the limits, with these variables.
            GraphQLError: not GraphQL.
        """
        prepared = self._known.get(text)
        if prepared is None:
            document = parse_query(text, self._limits)
            prepared = Prepared(document, counted=counted_variables(document))
        # Lists grow with the variables, so this is asked for each of their values; it comes before validation,
        # whose rule about overlapping fields is quadratic.
        values = tuple(_as_counted(variables.get(name, ...)) for name in prepared.counted)
        if values not in prepared.afforded:
            check_budget(prepared.document, variables, self._limits, self._core)
            if len(prepared.afforded) < REMEMBERED_BUDGETS:
                prepared.afforded.add(values)
        if len(text) <= REMEMBERED_CHARACTERS:
            self._known[text] = prepared
            self._known.move_to_end(text)
            if len(self._known) > REMEMBERED_DOCUMENTS:
                self._known.popitem(last=False)
        return prepared

    def validate(self, prepared: Prepared) -> list[GraphQLError]:
        """What is wrong with a document that was prepared; nothing, mostly."""
        if prepared.errors is None:
            prepared.errors = validate_document(self._core, prepared.document, tuple(specified_rules))
        return prepared.errors

    async def execute(
        self,
        prepared: Prepared,
        text: str,
        operation_name: str | None,
        variables: Mapping[str, Any],
        context: object,
    ) -> ExecutionResult:
        """The answer of a query or mutation that is valid."""
        answer = await self.operations.execute(prepared.document, operation_name, variables, context)
        if answer is None:
            return await self.schema.execute(
                text,
                variable_values=dict(variables),
                context_value=context,
                operation_name=operation_name,
                operation_extensions={"prepared": prepared},
            )
        return ExecutionResult(answer.data, [self.coded(error) for error in answer.errors or ()] or None)


def _as_counted(value: object) -> object:
    """What the budget looks at: whole numbers, and whether the variable is there at all."""
    return value if type(value) is int else type(value)


def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as the caller sees it; one about the document is the caller's own."""
    shown: dict[str, Any] = dict(error.formatted)
    if error.path is None:
        code = "BAD_USER_INPUT" if error.nodes or error.source else "INTERNAL"
        shown["extensions"] = {"code": code, **(error.extensions or {})}
    return shown
