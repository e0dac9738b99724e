"""The query budget: one linear pass over the parsed document, before validation and before any resolver.

Every fragment is measured once and remembered, so a chain of fragments that doubles at each link costs as much
as it has links.
"""

from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    parse,
    visit,
)
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

# The argument that says how long a page is.
PAGE = "first"
# The fields of introspection that answer with a list.
INTROSPECTION_LISTS = frozenset(
    {"types", "directives", "fields", "inputFields", "interfaces", "possibleTypes", "enumValues", "args"}
)
COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType)
FAR_OVER = 10**9
SUMS = ("aliases", "directives", "fields", "cost", "root_fields", "introspection_fields")


class QueryTooComplex(Exception):
    """A document over one of the limits; the sentence says which."""


@dataclass(frozen=True)
class QueryLimits:
    """The figures; docs/limits.md explains them."""

    tokens: int = 1_000
    characters: int = 32_768
    depth: int = 12
    aliases: int = 15
    root_fields: int = 10
    directives: int = 10
    fragments: int = 20
    fields: int = 400
    cost: int = 20_000
    page: int = 100
    unpaged_list: int = 10
    introspection_depth: int = 16
    introspection_fields: int = 400
    introspection_lists: int = 3


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
    introspection_depth: int = 0
    introspection_fields: int = 0
    introspection_lists: int = 0


def parse_query(text: str, limits: QueryLimits = LIMITS) -> DocumentNode:
    """The parsed document.

    Raises:
        QueryTooComplex: more characters or tokens than allowed, or nested too deeply to parse.
        GraphQLError: not GraphQL.
    """
    if len(text) > limits.characters:
        raise QueryTooComplex(f"A document may have {limits.characters} characters.")
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


class _Counted(Visitor):
    """Finds the variables that say how long a page is."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value == PAGE and isinstance(node.value, VariableNode):
            self.names.add(node.value.name.value)


def counted_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables on which the cost of a document depends."""
    found = _Counted()
    visit(document, found)
    return tuple(sorted(found.names))


def check_budget(
    document: DocumentNode,
    variables: dict[str, Any],
    limits: QueryLimits = LIMITS,
    schema: GraphQLSchema | None = None,
) -> None:
    """Refuse a document that any limit forbids; with a `schema`, lists that have no `first` count as well.

    Raises:
        QueryTooComplex: which limit, in one sentence.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    if len(fragments) > limits.fragments:
        raise QueryTooComplex(f"A document may have {limits.fragments} fragments.")
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            # A variable that is left out has its default, which may differ between operations.
            given = {
                definition.variable.name.value: int(definition.default_value.value)
                for definition in node.variable_definitions or ()
                if isinstance(definition.default_value, IntValueNode)
            }
            meter = _Meter(fragments, {**given, **variables}, limits, schema)
            root = schema.get_root_type(node.operation) if schema else None
            meter.check(meter.measure(node.selection_set, root, inside=False), len(node.directives or ()))


class _Meter:
    """Measures selection sets, each fragment once."""

    def __init__(
        self,
        fragments: dict[str, FragmentDefinitionNode],
        variables: dict[str, Any],
        limits: QueryLimits,
        schema: GraphQLSchema | None,
    ) -> None:
        self._fragments = fragments
        self._variables = variables
        self._limits = limits
        self._schema = schema
        self._known: dict[str, Measure] = {}
        self._under_way: set[str] = set()

    def check(self, total: Measure, directives: int) -> None:
        """Compare with every limit."""
        introspection = ("introspection_depth", "introspection_fields", "introspection_lists")
        for name in ("depth", "aliases", "fields", "cost", "root_fields", *introspection):
            if getattr(total, name) > getattr(self._limits, name):
                raise QueryTooComplex(f"The limit of {name.replace('_', ' ')} is {getattr(self._limits, name)}.")
        if total.directives + directives > self._limits.directives:
            raise QueryTooComplex(f"The limit of directives is {self._limits.directives}.")

    def measure(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None, *, inside: bool) -> Measure:
        """The measure of a selection set; numbers stop growing once far over every limit."""
        total = Measure()
        for node in selections.selections if selections else ():
            part = self._of_node(node, parent, inside=inside)
            total = Measure(
                depth=max(total.depth, part.depth),
                introspection_depth=max(total.introspection_depth, part.introspection_depth),
                introspection_lists=max(total.introspection_lists, part.introspection_lists),
                **{name: min(getattr(total, name) + getattr(part, name), FAR_OVER) for name in SUMS},
            )
        return total

    def _of_node(self, node: Any, parent: GraphQLNamedType | None, *, inside: bool) -> Measure:
        own = len(node.directives or ())
        if isinstance(node, FieldNode):
            part = self._of_field(node, parent, inside=inside)
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else None
            part = self.measure(node.selection_set, self._named(condition) if condition else parent, inside=inside)
        else:
            assert isinstance(node, FragmentSpreadNode)
            part = self._of_fragment(node.name.value)
        return replace(part, directives=part.directives + own)

    def _of_field(self, node: FieldNode, parent: GraphQLNamedType | None, *, inside: bool) -> Measure:
        name = node.name.value
        alias = node.alias is not None
        if inside or name in {"__schema", "__type"}:
            inner = self.measure(node.selection_set, None, inside=True)
            return replace(
                inner,
                aliases=inner.aliases + alias,
                root_fields=1,
                introspection_depth=inner.introspection_depth + 1,
                introspection_fields=inner.introspection_fields + 1,
                introspection_lists=inner.introspection_lists + (name in INTROSPECTION_LISTS),
            )
        definition = parent.fields.get(name) if isinstance(parent, COMPOSITE) else None
        inner = self.measure(node.selection_set, get_named_type(definition.type) if definition else None, inside=False)
        factor = self._page(node)
        if factor is None:
            factor = self._limits.unpaged_list if self._is_unpaged_list(definition, parent) else 1
        return replace(
            inner,
            depth=inner.depth + 1,
            aliases=inner.aliases + alias,
            fields=inner.fields + 1,
            cost=min(1 + factor * inner.cost, FAR_OVER),
            root_fields=1,
        )

    def _of_fragment(self, name: str) -> Measure:
        if name in self._under_way:
            raise QueryTooComplex("A fragment contains itself.")
        if name not in self._known:
            fragment = self._fragments.get(name)
            if fragment is None:
                return Measure()
            condition = fragment.type_condition.name.value
            self._under_way.add(name)
            part = self.measure(fragment.selection_set, self._named(condition), inside=condition.startswith("__"))
            self._known[name] = replace(part, directives=part.directives + len(fragment.directives or ()))
            self._under_way.discard(name)
        return self._known[name]

    def _named(self, name: str) -> GraphQLNamedType | None:
        return self._schema.get_type(name) if self._schema else None

    def _is_unpaged_list(self, definition: GraphQLField | None, parent: GraphQLNamedType | None) -> bool:
        """Whether a field answers with objects whose number nobody asked for; a page's `edges` are counted above."""
        if definition is None or (isinstance(parent, COMPOSITE) and "pageInfo" in parent.fields):
            return False
        kind = get_nullable_type(definition.type)
        return is_list_type(kind) and is_composite_type(get_named_type(kind))

    def _page(self, node: FieldNode) -> int | None:
        """How many times what is inside may be repeated, where `first` says so."""
        for argument in node.arguments or ():
            if argument.name.value != PAGE:
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
        return None
