"""The query budget: one linear pass over the parsed document, before validation and before any resolver.

Every fragment is measured once and remembered, so a chain of fragments that doubles at each link costs as much
as it has links.
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    parse,
)


class QueryTooComplex(Exception):
    """A document over one of the limits; the sentence says which."""


@dataclass(frozen=True)
class QueryLimits:
    """The figures; docs/limits.md explains them."""

    tokens: int = 1_000
    depth: int = 12
    aliases: int = 15
    root_fields: int = 10
    directives: int = 10
    fragments: int = 20
    fields: int = 400
    cost: int = 20_000
    page: int = 100


LIMITS = QueryLimits()


@dataclass(frozen=True)
class Measure:
    """What one selection set comes to with its fragments filled in."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    cost: int = 0
    root_fields: int = 0


def parse_query(text: str, limits: QueryLimits = LIMITS) -> DocumentNode:
    """The parsed document.

    Raises:
        QueryTooComplex: more tokens than allowed, or nested too deeply to parse.
        GraphQLError: not GraphQL.
    """
    try:
        return parse(text, no_location=False, max_tokens=limits.tokens)
    except RecursionError:
        raise QueryTooComplex("The document is nested too deeply.") from None
    except GraphQLError as wrong:
        if "nested too deeply" in wrong.message:
            raise QueryTooComplex("The document is nested too deeply.") from None
        if f"more than {limits.tokens} tokens" in wrong.message:
            raise QueryTooComplex(f"A document may have {limits.tokens} tokens.") from None
        raise


def check_budget(document: DocumentNode, variables: dict[str, Any], limits: QueryLimits = LIMITS) -> None:
    """Refuse a document that any limit forbids.

    Raises:
        QueryTooComplex: which limit, in one sentence.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    if len(fragments) > limits.fragments:
        raise QueryTooComplex(f"A document may have {limits.fragments} fragments.")
    meter = _Meter(fragments, variables, limits)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            meter.check(meter.measure(node.selection_set), len(node.directives or ()))


class _Meter:
    """Measures selection sets, each fragment once."""

    def __init__(
        self, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any], limits: QueryLimits
    ) -> None:
        self._fragments = fragments
        self._variables = variables
        self._limits = limits
        self._known: dict[str, Measure] = {}
        self._under_way: set[str] = set()

    def check(self, total: Measure, directives: int) -> None:
        """Compare with every limit."""
        for name in ("depth", "aliases", "fields", "cost", "root_fields"):
            if getattr(total, name) > getattr(self._limits, name):
                raise QueryTooComplex(f"The limit of {name.replace('_', ' ')} is {getattr(self._limits, name)}.")
        if total.directives + directives > self._limits.directives:
            raise QueryTooComplex(f"The limit of directives is {self._limits.directives}.")

    def measure(self, selections: SelectionSetNode | None) -> Measure:
        """The measure of a selection set; numbers stop growing once far over every limit."""
        total = Measure()
        for node in selections.selections if selections else ():
            part = self._of_node(node)
            total = Measure(
                max(total.depth, part.depth),
                *(
                    min(getattr(total, name) + getattr(part, name), 10**9)
                    for name in ("aliases", "directives", "fields", "cost", "root_fields")
                ),
            )
        return total

    def _of_node(self, node: Any) -> Measure:
        own: tuple[DirectiveNode, ...] = tuple(node.directives or ())
        if isinstance(node, FieldNode):
            inner = self.measure(node.selection_set)
            factor = self._page(node)
            return Measure(
                inner.depth + 1,
                inner.aliases + (node.alias is not None),
                inner.directives + len(own),
                inner.fields + 1,
                min(1 + factor * inner.cost, 10**9),
                1,
            )
        if isinstance(node, InlineFragmentNode):
            inner = self.measure(node.selection_set)
        else:
            assert isinstance(node, FragmentSpreadNode)
            inner = self._of_fragment(node.name.value)
        return Measure(
            inner.depth, inner.aliases, inner.directives + len(own), inner.fields, inner.cost, inner.root_fields
        )

    def _of_fragment(self, name: str) -> Measure:
        if name in self._under_way:
            raise QueryTooComplex("A fragment contains itself.")
        if name not in self._known:
            fragment = self._fragments.get(name)
            self._under_way.add(name)
            self._known[name] = self.measure(fragment.selection_set) if fragment else Measure()
            self._under_way.discard(name)
        return self._known[name]

    def _page(self, node: FieldNode) -> int:
        """How many times what is inside may be repeated: `first`, and a guess for other lists."""
        for argument in node.arguments or ():
            if argument.name.value != "first":
                continue
            value: object = None
            if isinstance(argument.value, IntValueNode):
                value = int(argument.value.value)
            elif isinstance(argument.value, VariableNode):
                value = self._variables.get(argument.value.name.value)
            if isinstance(value, int) and not isinstance(value, bool):
                if not 0 <= value <= self._limits.page:
                    raise QueryTooComplex(f"first: ask for 1 to {self._limits.page}.")
                return max(value, 1)
        return 1
