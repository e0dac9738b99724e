"""From an operation to its plan: which fields each type needs, where their values are, what becomes of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_leaf_type,
)
from graphql.type.definition import GraphQLLeafType

from schema.execution.leaves import QuickColumn, quick_column, wire_column

# Under this name a field's metadata have what loads it for many objects at once.
LOADED = "loaded"
# Under this one, whether that is the same for everybody of one role who may see the object.
FOR_ALL = "for all"
# The truth of each variable that `@skip` and `@include` ask for.
Switches = Mapping[str, bool]


class NotPlanned(Exception):
    """The operation has something that no plan covers; graphql-core executes it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or an enum, and how a column of it is finished: for everybody, and for an answer that orjson writes."""

    kind: GraphQLLeafType
    quick: QuickColumn
    wire: QuickColumn
    nullable: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of something."""

    item: "Completion"
    nullable: bool


@dataclass(frozen=True, slots=True)
class Objects:
    """An object of one type, or of one of several, known by the class of the value."""

    kind: GraphQLObjectType | GraphQLAbstractType
    # Of an object type the only one; of an abstract type one for each class.
    selection: "Selection | None"
    by_class: "Mapping[type, Selection]"
    nullable: bool


Completion = Leaf | Listed | Objects


@dataclass(frozen=True, slots=True)
class Resolver:
    """The function behind a field, and which of its parameters are no arguments of the field.

    One that `takes_many` gets all objects of a level at once and gives one value for each.
    """

    call: Callable[..., Any]
    takes_self: bool
    takes_many: bool
    info_name: str | None


@dataclass(slots=True)
class FieldPlan:
    """One field of one object type."""

    response_name: str
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: list[FieldNode]
    completion: Completion
    # Exactly one of these says where the value is; none for a field of an event, which is the value itself.
    attribute: str | None
    resolver: Resolver | None
    # The Python names of all fields that are asked for anywhere below this one.
    asked: frozenset[str]

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.nodes[0].name.value


@dataclass(slots=True)
class TypeName:
    """`__typename`."""

    response_name: str
    parent: GraphQLObjectType


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields of one object type by their place in the answer; `row` makes one object of their values.

    Leaves that are attributes are at hand. It `may_wait` where several of its fields have resolvers: while one draws
    or fits, the others can go on.
    """

    parent: GraphQLObjectType
    at_hand: Mapping[int, FieldPlan | TypeName]
    waited_for: Mapping[int, FieldPlan]
    row: Callable[..., dict[str, Any]]
    may_wait: bool

    @property
    def fields(self) -> tuple[FieldPlan | TypeName, ...]:
        """All of them."""
        return (*self.at_hand.values(), *self.waited_for.values())


def row_maker(names: Sequence[str]) -> Callable[..., dict[str, Any]]:
    """A function that puts values under `names`; a literal made for them takes a third of `dict(zip(…))`."""
    values = [f"value{number}" for number in range(len(names))]
    pairs = ", ".join(f"{name!r}: {value}" for name, value in zip(names, values, strict=True))
    # The names are GraphQL's: letters, digits and underscores, checked by its parser.
    assert all(name.isidentifier() for name in names)
    maker: Callable[..., dict[str, Any]] = eval(f"lambda {', '.join(values)}: {{{pairs}}}", {})  # noqa: S307 - as above
    return maker


def resolver_of(definition: Any) -> Resolver | None:
    """The function behind a Strawberry field, or None where it is an attribute.

    Raises:
        NotPlanned: it has extensions or parameters that a plan does not know.
    """
    if definition is None or definition.extensions:
        raise NotPlanned
    behind = definition.base_resolver
    if behind is None:
        return None
    if behind.root_parameter is not None or behind.parent_parameter is not None:
        raise NotPlanned
    loaded = definition.metadata.get(LOADED)
    if loaded is not None:
        return Resolver(loaded, takes_self=True, takes_many=True, info_name="info")
    takes_self, info = behind.self_parameter is not None, behind.info_parameter
    return Resolver(behind.wrapped_func, takes_self, takes_many=False, info_name=info.name if info else None)


class Planner:
    """Plans the selection sets of one operation under one setting of its switches."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], switches: Switches
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._switches = switches

    def selection(
        self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode], *, is_event: bool = False
    ) -> Selection:
        """The plan of everything that `sets` ask of `parent`.

        Raises:
            NotPlanned: some field cannot be planned.
        """
        collected: dict[str, list[FieldNode]] = {}
        for one in sets:
            self._collect(parent, one.selections, collected, set())
        at_hand: dict[int, FieldPlan | TypeName] = {}
        waited_for: dict[int, FieldPlan] = {}
        for number, (response_name, nodes) in enumerate(collected.items()):
            if nodes[0].name.value == "__typename":
                at_hand[number] = TypeName(response_name, parent)
                continue
            field = self._field(parent, response_name, nodes, is_event=is_event)
            if field.attribute is not None and isinstance(field.completion, Leaf):
                at_hand[number] = field
            else:
                waited_for[number] = field
        resolved = sum(field.resolver is not None for field in waited_for.values())
        return Selection(parent, at_hand, waited_for, row_maker([*collected]), resolved > 1)

    def _collect(
        self,
        parent: GraphQLObjectType,
        nodes: Sequence[SelectionNode],
        collected: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in nodes:
            if not self._is_wanted(node):
                continue
            if isinstance(node, FieldNode):
                name = node.alias.value if node.alias else node.name.value
                collected.setdefault(name, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else None
                if condition is None or self._applies(condition, parent):
                    self._collect(parent, node.selection_set.selections, collected, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, parent):
                    self._collect(parent, fragment.selection_set.selections, collected, visited)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        if condition == parent.name:
            return True
        wider = self._schema.get_type(condition)
        if not isinstance(wider, GraphQLInterfaceType | GraphQLUnionType):
            return False
        return self._schema.is_sub_type(wider, parent)

    def _is_wanted(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                raise NotPlanned
            value: Any = directive.arguments[0].value if directive.arguments else None
            is_true = self._switches[value.name.value] if isinstance(value, VariableNode) else value.value
            if is_true is (name == "skip"):
                return False
        return True

    def _field(
        self, parent: GraphQLObjectType, response_name: str, nodes: list[FieldNode], *, is_event: bool
    ) -> FieldPlan:
        definition = parent.fields.get(nodes[0].name.value)
        if definition is None:
            raise NotPlanned
        strawberrys = definition.extensions.get("strawberry-definition")
        resolver = None if is_event else resolver_of(strawberrys)
        is_attribute = resolver is None and not is_event
        completion = self._completion(definition.type, nodes)
        return FieldPlan(
            response_name,
            parent,
            definition,
            nodes,
            completion,
            strawberrys.python_name if is_attribute and strawberrys is not None else None,
            resolver,
            frozenset(_asked_below(completion)),
        )

    def _completion(self, kind: GraphQLOutputType, nodes: list[FieldNode]) -> Completion:
        nullable = not isinstance(kind, GraphQLNonNull)
        inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(inner, GraphQLList):
            return Listed(self._completion(inner.of_type, nodes), nullable)
        if is_leaf_type(inner):
            return Leaf(inner, quick_column(inner, nullable=nullable), wire_column(inner, nullable=nullable), nullable)
        assert isinstance(inner, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        sets = [node.selection_set for node in nodes if node.selection_set is not None]
        if isinstance(inner, GraphQLObjectType):
            return Objects(inner, self.selection(inner, sets), {}, nullable)
        possible = self._schema.get_possible_types(inner)
        by_class = {_class_of(one): self.selection(one, sets) for one in possible}
        if len(by_class) < len(possible):
            raise NotPlanned
        return Objects(inner, None, by_class, nullable)


def below(completion: Completion) -> tuple[Selection, ...]:
    """The selections of the objects that a field comes to; none for leaves."""
    while isinstance(completion, Listed):
        completion = completion.item
    if isinstance(completion, Leaf):
        return ()
    return (completion.selection,) if completion.selection else (*completion.by_class.values(),)


def _asked_below(completion: Completion) -> Iterator[str]:
    for selection in below(completion):
        for field in selection.fields:
            if isinstance(field, FieldPlan):
                yield field.definition.extensions["strawberry-definition"].python_name
                yield from field.asked


def _class_of(kind: GraphQLObjectType) -> type:
    definition = kind.extensions.get("strawberry-definition")
    if definition is None:
        raise NotPlanned
    origin: type = definition.origin
    return origin
