"""Operations: planned once, run as often as they are sent."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import strawberry
from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_operation_ast,
    is_non_null_type,
    type_from_ast,
    value_from_ast_untyped,
    visit,
)
from graphql.execution.values import VariableValues

from schema.execution.arguments import (
    ArgumentPlan,
    Converter,
    KnownArguments,
    OrdinaryArguments,
    argument_plan,
    argument_plans,
)
from schema.execution.feeds import Feed, is_for_all
from schema.execution.plans import NotPlanned, Planner, Selection, TypeName, resolver_of
from schema.execution.running import Arguments, ResolverInfo, Run
from schema.execution.variables import ABSENT, Read, Readers, Unusual

REMEMBERED_OPERATIONS = 256
# Settings of `@skip` and `@include` of one operation that are remembered.
REMEMBERED_PLANS = 4


Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an operation, what reads its value and what it is without one."""

    name: str
    read: Read
    is_required: bool
    fallback: Any


class Operation:
    """One operation of a valid document.

    Each method raises NotPlanned where graphql-core has to execute it.
    """

    def __init__(
        self, core: GraphQLSchema, converter: Converter, node: OperationDefinitionNode, fragments: Fragments
    ) -> None:
        self._core = core
        self._converter = converter
        self._node = node
        self._fragments = fragments
        self._switch_names = _switch_names([node, *fragments.values()])
        self._selections: dict[tuple[bool, ...], Selection] = {}
        self._argument_plans: dict[int, tuple[ArgumentPlan, ...]] = {}
        self._variables: tuple[Variable, ...] | None = None

    def known(self, readers: Readers, sent: Mapping[str, Any]) -> tuple[Selection, KnownArguments]:
        """What to run with variables as they were sent.

        Raises:
            Unusual: graphql-core has to read them.
        """
        return self._known(self._values(readers, sent))

    def followed(self, readers: Readers, sent: Mapping[str, Any], context: Any) -> Feed:
        """What to follow with variables as they were sent; nothing of it has begun.

        Raises:
            Unusual: graphql-core has to read them.
        """
        values = self._values(readers, sent)
        selection, arguments = self._known(values)
        (field,) = selection.fields
        if isinstance(field, TypeName):
            raise NotPlanned
        source = replace(field, resolver=resolver_of(field.definition.extensions.get("strawberry-definition")))
        if source.resolver is None or source.resolver.info_name is None:
            raise NotPlanned
        given = {**argument_plan(source, self._converter).filled(values)}
        given[source.resolver.info_name] = ResolverInfo(context, field.asked)
        events = source.resolver.call(None, **given)
        return Feed(events, selection, arguments, context, is_for_all(selection))

    def _values(self, readers: Readers, sent: Mapping[str, Any]) -> dict[str, Any]:
        if self._variables is None:
            self._variables = tuple(self._read_definitions(readers))
        values: dict[str, Any] = {}
        for variable in self._variables:
            value = sent.get(variable.name, ABSENT)
            if value is not ABSENT:
                values[variable.name] = variable.read(value)
            elif variable.fallback is not ABSENT:
                values[variable.name] = variable.fallback
            elif variable.is_required:
                raise Unusual
        return values

    def _known(self, values: Mapping[str, Any]) -> tuple[Selection, KnownArguments]:
        selection = self._selection(values)
        plans = self._argument_plans.get(id(selection))
        if plans is None:
            plans = self._argument_plans[id(selection)] = tuple(argument_plans(selection, self._converter))
        return selection, KnownArguments({id(plan.field): plan.filled(values) for plan in plans})

    def ordinary(self, values: VariableValues) -> tuple[Selection, OrdinaryArguments]:
        """What to run with variables that graphql-core has coerced."""
        return self._selection(values.coerced), OrdinaryArguments(self._converter, values)

    def _read_definitions(self, readers: Readers) -> Iterator[Variable]:
        for definition in self._node.variable_definitions or ():
            kind: Any = type_from_ast(self._core, definition.type)
            read, default = readers.reader(kind), definition.default_value
            fallback = ABSENT if default is None else read(value_from_ast_untyped(default))
            yield Variable(definition.variable.name.value, read, is_non_null_type(kind) and default is None, fallback)

    def _selection(self, values: Mapping[str, Any]) -> Selection:
        switches = {name: values[name] for name in self._switch_names if isinstance(values.get(name), bool)}
        if len(switches) < len(self._switch_names):
            raise NotPlanned
        key = tuple(switches.values())
        if key not in self._selections:
            root = self._core.get_root_type(self._node.operation)
            if root is None or self._node.directives or len(self._selections) >= REMEMBERED_PLANS:
                raise NotPlanned
            is_event = self._node.operation is OperationType.SUBSCRIPTION
            planner = Planner(self._core, self._fragments, switches)
            self._selections[key] = planner.selection(root, [self._node.selection_set], is_event=is_event)
        return self._selections[key]


class _Switches(Visitor):
    """Finds the variables that `@skip` and `@include` ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in {"skip", "include"}:
            self.names.update(
                one.value.name.value for one in node.arguments or () if isinstance(one.value, VariableNode)
            )


def _switch_names(nodes: Iterable[Node]) -> tuple[str, ...]:
    found = _Switches()
    for node in nodes:
        visit(node, found)
    return tuple(sorted(found.names))


class Operations:
    """The operations of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._core: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry offers no public way to the core schema
        self._converter = Converter(schema)
        self._readers = Readers()
        self._remembered: OrderedDict[int, Operation] = OrderedDict()

    async def execute(
        self, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any], context: Any
    ) -> ExecutionResult | None:
        """The answer of a query or mutation of a valid document, for orjson to write.

        None where it has to go the ordinary way.
        """
        node = get_operation_ast(document, operation_name)
        if node is None:
            return None
        try:
            selection, arguments = self.operation(node, document).known(self._readers, variables)
        except (NotPlanned, Unusual):
            return None
        serially = node.operation is OperationType.MUTATION
        return await run(selection, arguments, context, None, for_orjson=True, serially=serially)

    def follow(
        self, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any], context: Any
    ) -> Feed | None:
        """How a subscription of a valid document is followed; None where it has to go the ordinary way."""
        node = get_operation_ast(document, operation_name)
        if node is None:
            return None
        try:
            return self.operation(node, document).followed(self._readers, variables, context)
        except (NotPlanned, Unusual):
            return None

    def operation(self, node: OperationDefinitionNode, definitions: DocumentNode | Fragments) -> Operation:
        """The operation of this node, with the fragments of its document."""
        operation = self._remembered.get(id(node))
        if operation is None:
            if isinstance(definitions, DocumentNode):
                found = (one for one in definitions.definitions if isinstance(one, FragmentDefinitionNode))
                definitions = {one.name.value: one for one in found}
            # It keeps the node, so that this identity stays its own.
            operation = self._remembered[id(node)] = Operation(self._core, self._converter, node, definitions)
            if len(self._remembered) > REMEMBERED_OPERATIONS:
                self._remembered.popitem(last=False)
        else:
            self._remembered.move_to_end(id(node))
        return operation


async def run(
    selection: Selection, arguments: Arguments, context: Any, source: Any, *, for_orjson: bool, serially: bool
) -> ExecutionResult:
    """The answer of a plan."""
    this = Run(arguments, context, for_orjson=for_orjson, serially=serially)
    data = await this.data(selection, source)
    return ExecutionResult(data, this.errors or None)
