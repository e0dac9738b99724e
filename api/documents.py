"""Documents of one schema: parsed within the budget, validated once, remembered."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, specified_rules
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from api.query_budget import LIMITS, QueryLimits, check_budget, parse_query

# A text longer than this is parsed anew each time, so that the memory stays small.
REMEMBERED_CHARACTERS = 16_384
REMEMBERED_DOCUMENTS = 512


@dataclass
class Prepared:
    """A parsed document and, once known, what validation says of it."""

    document: DocumentNode
    errors: list[GraphQLError] | None = None


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

    def __init__(self, schema: strawberry.Schema, limits: QueryLimits = LIMITS) -> None:
        self.schema = schema
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
            prepared = Prepared(parse_query(text, self._limits))
        # Lists grow with the variables, so this is asked anew each time; it comes before validation,
        # whose rule about overlapping fields is quadratic.
        check_budget(prepared.document, variables, self._limits, self._core)
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


def formatted(error: GraphQLError) -> dict[str, Any]:
    """The error as the caller sees it; one about the document is the caller's own."""
    shown: dict[str, Any] = dict(error.formatted)
    if error.path is None:
        code = "BAD_USER_INPUT" if error.nodes or error.source else "INTERNAL"
        shown["extensions"] = {"code": code, **(error.extensions or {})}
    return shown
