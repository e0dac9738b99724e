"""The arguments of the fields of a plan: what can be known is made once, the rest comes from the variables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_argument_values,
    is_required_argument,
)
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments

from schema.execution.plans import FieldPlan, NotPlanned, Selection, TypeName, below
from schema.execution.variables import ABSENT, Unusual


class Converter:
    """Arguments by graphql-core and Strawberry: slow, and right for everything."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._config = schema.config
        self._registry = schema.schema_converter.scalar_registry

    def python_names(self, field: FieldPlan) -> dict[str, str]:
        """The parameter of the resolver for each argument of a field."""
        name_of = self._config.name_converter.from_argument
        return {name_of(one): str(one.python_name) for one in _strawberrys(field).arguments}

    def arguments(self, field: FieldPlan, values: VariableValues) -> dict[str, Any]:
        """All arguments of a field as its resolver takes them.

        Raises:
            GraphQLError: one of them does not fit.
        """
        return self._converted(field, get_argument_values(field.definition, field.nodes[0], values))

    def constants(self, field: FieldPlan, names: Iterable[str]) -> dict[str, Any]:
        """Those of `names` that are literals or defaults."""
        node = field.nodes[0]
        some = GraphQLField(field.definition.type, {name: field.definition.args[name] for name in names})
        literals = tuple(one for one in node.arguments or () if not isinstance(one.value, VariableNode))
        return self._converted(field, get_argument_values(some, FieldNode(name=node.name, arguments=literals)))

    def _converted(self, field: FieldPlan, given: dict[str, Any]) -> dict[str, Any]:
        return convert_arguments(given, _strawberrys(field).arguments, self._registry, self._config)


def _strawberrys(field: FieldPlan) -> Any:
    return field.definition.extensions["strawberry-definition"]


class OrdinaryArguments:
    """Arguments from variables that graphql-core has coerced."""

    def __init__(self, converter: Converter, values: VariableValues) -> None:
        self._converter = converter
        self._values = values

    def of(self, field: FieldPlan) -> Mapping[str, Any]:
        """The arguments of a field."""
        return self._converter.arguments(field, self._values)


class KnownArguments:
    """Arguments that are all known before the first resolver runs."""

    def __init__(self, known: Mapping[int, Mapping[str, Any]]) -> None:
        self._known = known

    def of(self, field: FieldPlan) -> Mapping[str, Any]:
        """The arguments of a field."""
        return self._known[id(field)]


@dataclass(frozen=True, slots=True)
class Bound:
    """An argument that is a variable; `fallback` is what it is without one."""

    python_name: str
    variable: str
    may_be_null: bool
    fallback: Any


@dataclass(frozen=True, slots=True)
class ArgumentPlan:
    """The arguments of one field: the constant ones and those that are variables."""

    field: FieldPlan
    constants: Mapping[str, Any]
    bound: tuple[Bound, ...]

    def filled(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """All of them, with the variables that have a value.

        Raises:
            Unusual: one is missing where it may not be.
        """
        if not self.bound:
            return self.constants
        arguments = {**self.constants}
        for argument in self.bound:
            value = values.get(argument.variable, argument.fallback)
            if value is None and not argument.may_be_null:
                raise Unusual
            if value is not ABSENT:
                arguments[argument.python_name] = value
        return arguments


def argument_plans(root: Selection, converter: Converter) -> Iterator[ArgumentPlan]:
    """One for every field of a plan that has a resolver.

    Raises:
        NotPlanned: a variable is a part of a literal.
    """
    for field in _fields(root):
        if field.resolver is not None:
            yield argument_plan(field, converter)


def argument_plan(field: FieldPlan, converter: Converter) -> ArgumentPlan:
    """That of one field.

    Raises:
        NotPlanned: a variable is a part of a literal.
    """
    node, all_arguments = field.nodes[0], field.definition.args
    variables = {
        one.name.value: one.value.name.value for one in node.arguments or () if isinstance(one.value, VariableNode)
    }
    if any(_has_variable(one.value) for one in node.arguments or () if not isinstance(one.value, VariableNode)):
        raise NotPlanned
    python_names = converter.python_names(field)
    bound = []
    for name, variable in variables.items():
        argument = all_arguments[name]
        default = {} if is_required_argument(argument) else converter.constants(field, [name])
        python_name = python_names[name]
        may_be_null = not isinstance(argument.type, GraphQLNonNull)
        bound.append(Bound(python_name, variable, may_be_null, default.get(python_name, ABSENT)))
    constants = converter.constants(field, all_arguments.keys() - variables.keys())
    return ArgumentPlan(field, constants, tuple(bound))


def _has_variable(node: ValueNode) -> bool:
    match node:
        case VariableNode():
            return True
        case ListValueNode():
            return any(map(_has_variable, node.values))
        case ObjectValueNode():
            return any(_has_variable(one.value) for one in node.fields)
        case _:
            return False


def _fields(selection: Selection) -> Iterator[FieldPlan]:
    for field in selection.fields:
        if isinstance(field, TypeName):
            continue
        yield field
        for one in below(field.completion):
            yield from _fields(one)
